/* SPDX-License-Identifier: MIT */
/* See websockets.h. */
#include "websockets.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- Pages --------------------------------------------------------------- */
static void hand_on(flow_gen *self, flow_stage *messages)
{
    for (flow_value m; flow_next(self, messages, &m);)
        flow_yield(self, m);
    flow_close(messages);
}

static void echo(flow_gen *self, flow_request *r, void *arg)
{
    hand_on(self, flow_answer_websocket(r, arg));
}

static void early(flow_gen *self, flow_request *r, void *arg)
{
    flow_stage *messages = flow_answer_websocket(r, arg);

    flow_yield(self, "hello");
    hand_on(self, messages);
}

static void whole(flow_gen *self, flow_request *r, void *arg)
{
    (void)self;
    flow_close(flow_answer_websocket(r, arg));
}

static void fails(flow_gen *self, flow_request *r, void *arg)
{
    flow_stage *messages = flow_answer_websocket(r, arg);
    flow_value m;

    if (flow_next(self, messages, &m)) {
        flow_drop(m);
        flow_fail(self, FLOW_EFORMAT, 0, "a secret");
    }
    flow_close(messages);
}

static void tells(flow_gen *self, flow_request *r, void *arg)
{
    flow_stage *messages = flow_answer_websocket(r, arg);
    flow_value m;

    if (flow_next(self, messages, &m)) {
        flow_drop(m);
        flow_fail(self, FLOW_EWEBSOCKET, 4001, "enough");
    }
    flow_close(messages);
}

static void deaf(flow_gen *self, flow_request *r, void *arg)
{
    flow_close(flow_answer_websocket(r, arg));
    while (flow_yield(self, "tick") && flow_cooperate(self, 1))
        ;
}

static void waits(flow_gen *self, flow_request *r, void *arg)
{
    flow_stage *messages = flow_answer_websocket(r, arg);

    flow_cooperate(self, 86400);
    flow_close(messages);
}

int done;

static void works(flow_gen *self, flow_request *r, void *arg)
{
    flow_stage *messages = flow_answer_websocket(r, arg);

    for (flow_value m; flow_next(self, messages, &m); flow_drop(m))
        if (flow_cooperate(self, 1))
            done++;
    flow_close(messages);
}

static void spoken(flow_gen *self, flow_request *r, void *arg)
{
    flow_stage *messages = flow_answer_websocket(r, arg);
    const char *p = flow_websocket_protocol(messages);

    flow_yield(self, flow_textf("<%s>", p));
    flow_close(messages);
}

static void guarded(flow_gen *self, flow_request *r, void *arg)
{
    if (flow_request_cookie(r, "key") == NULL) {
        flow_fail(self, FLOW_EHTTP, 401, "who are you?");
        return;
    }
    flow_answer_header(r, "Set-Cookie", "seen=1");
    hand_on(self, flow_answer_websocket(r, arg));
}

static void thinks(flow_gen *self, flow_request *r, void *arg)
{
    flow_cooperate(self, 1);
    hand_on(self, flow_answer_websocket(r, arg));
}

flow_site *conversing_pages(void)
{
    static const flow_websocket_options
        tall = { .longest = 64 << 20 }, small = { .longest = 10 },
        both = { .protocols = "one two" },
        friend = { .origins = "https://other https://friend" },
        anyone = { .origins = "*" };
    flow_site *site = flow_site_new(NULL);

    flow_site_add(site, "/echo", echo, NULL);
    flow_site_add(site, "/early", early, NULL);
    flow_site_add(site, "/whole", whole, NULL);
    flow_site_add(site, "/fails", fails, NULL);
    flow_site_add(site, "/tells", tells, NULL);
    flow_site_add(site, "/deaf", deaf, NULL);
    flow_site_add(site, "/waits", waits, NULL);
    flow_site_add(site, "/works", works, NULL);
    flow_site_add(site, "/tall", echo, (void *)&tall);
    flow_site_add(site, "/short", echo, (void *)&small);
    flow_site_add(site, "/spoken", spoken, (void *)&both);
    flow_site_add(site, "/friend", echo, (void *)&friend);
    flow_site_add(site, "/anyone", echo, (void *)&anyone);
    flow_site_add(site, "/guarded", guarded, NULL);
    flow_site_add(site, "/thinks", thinks, NULL);
    flow_site_add(site, "POST /posted", echo, NULL);
    return site;
}

/* ---- Saying -------------------------------------------------------------- */
struct bytes { char *at; size_t n, room; };

static void add(struct bytes *b, const void *from, size_t n)
{
    if (b->n + n + 1 > b->room) {
        b->room = 2 * (b->n + n + 1);
        b->at = realloc(b->at, b->room);
        if (b->at == NULL)
            abort();
    }
    memcpy(b->at + b->n, from, n);
    b->n += n;
    b->at[b->n] = '\0';
}

static void add_size(struct bytes *b, uint64_t size, bool masked, bool wide)
{
    unsigned char head[9];
    unsigned n = wide || size > 65535 ? 8 : size > 125 ? 2 : 0;

    head[0] = (unsigned char)((masked ? 0x80 : 0)
                              | (n == 0 ? size : n == 2 ? 126 : 127));
    for (unsigned i = 0; i < n; i++)
        head[1 + i] = (unsigned char)(size >> (8 * (n - 1 - i)));
    add(b, head, n + 1);
}

static const char mask[4] = { 0x11, (char)0x99, 0x5a, (char)0xc3 };

static void add_frame(struct bytes *b, unsigned first, const char *payload,
                      size_t n, uint64_t missing, bool masked, bool wide)
{
    unsigned char c = (unsigned char)first;

    add(b, &c, 1);
    add_size(b, n + missing, masked, wide);
    if (masked)
        add(b, mask, 4);
    add(b, payload, n);
    for (size_t i = 0; masked && i < n; i++)
        b->at[b->n - n + i] ^= mask[i % 4];
}

/* One frame of the notation; what is left of it. */
static const char *add_written(struct bytes *b, const char *s)
{
    struct bytes payload = { 0 };
    bool masked = true, wide = false;
    uint64_t missing = 0, times = 1;
    unsigned first = (unsigned)strtoul(s, (char **)&s, 16);

    add(&payload, "", 0);
    for (; *s != ':' && *s != '|' && *s != '\0'; )
        switch (*s++) {
        case '-':
            masked = false;
            break;
        case '+':
            wide = true;
            break;
        case '>':
            missing = strtoull(s, (char **)&s, 10);
            break;
        case '*':
            times = strtoull(s, (char **)&s, 10);
            break;
        case '=': {
            unsigned code = (unsigned)strtoul(s, (char **)&s, 10);

            add(&payload, (char[]){ (char)(code >> 8), (char)code }, 2);
            break;
        }
        default:
            abort();
        }
    if (*s == ':')
        s++;
    for (size_t n = strcspn(s, "|"); times > 0; times--)
        add(&payload, s, n);
    s += strcspn(s, "|");
    add_frame(b, first, payload.at, payload.n, missing, masked, wide);
    free(payload.at);
    return *s == '|' ? s + 1 : s;
}

flow_value said(const char *request, const char *frames)
{
    struct bytes b = { 0 };
    flow_value v;

    add(&b, request, strlen(request));
    add(&b, "\r\n", 2);
    while (*frames != '\0')
        frames = add_written(&b, frames);
    v = flow_bytes(b.at, b.n);
    free(b.at);
    return v;
}

/* ---- Hearing ------------------------------------------------------------- */
static struct bytes text;

static void write_payload(const char *p, size_t n)
{
    char times[32];
    size_t same = 1;

    while (same < n && p[same] == p[0])
        same++;
    if (n > 16 && same == n) {
        snprintf(times, sizeof times, "*%zu", n);
        add(&text, times, strlen(times));
        n = 1;
    }
    add(&text, ":", 1);
    add(&text, p, n);
}

static void write_close(const char *p, size_t n)
{
    char code[32];
    const unsigned char *c = (const unsigned char *)p;

    if (n < 2)
        return;
    snprintf(code, sizeof code, "=%u", (unsigned)c[0] << 8 | c[1]);
    add(&text, code, strlen(code));
    add(&text, ":", 1);
    add(&text, p + 2, n - 2);
}

/* One that is there whole: its size, or 0. */
static size_t write_frame(const char *s, size_t left)
{
    const unsigned char *c = (const unsigned char *)s;
    size_t size = left > 1 ? c[1] & 0x7f : 0, head = 2;
    char first[8];
    bool masked = left > 1 && (c[1] & 0x80) != 0;

    if (left > 1 && size > 125) {
        unsigned n = size == 126 ? 2 : 8;

        size = 0;
        for (head = 2; head < 2 + n && head < left; head++)
            size = size << 8 | c[head];
    }
    if (left < head || left - head < size)
        return 0;
    snprintf(first, sizeof first, "%02x%s", c[0], masked ? "m" : "");
    add(&text, first, strlen(first));
    if (c[0] == 0x88)
        write_close(s + head, size);
    else
        write_payload(s + head, size);
    add(&text, "|", 1);
    return head + size;
}

static void write_frames(const struct bytes *all)
{
    const char *s = strstr(all->at, "\r\n\r\n"), *end = all->at + all->n;
    size_t n = 1;

    if (strncmp(all->at, "HTTP/1.1 101 ", 13) != 0 || s == NULL) {
        add(&text, "HTTP ", 5);
        add(&text, all->at + 9, 3);
        return;
    }
    for (s += 4; s < end && n > 0; s += n)
        n = write_frame(s, (size_t)(end - s));
    if (s < end)
        add(&text, "...", 3);
}

const char *heard_frames(flow_stage *s)
{
    struct bytes all = { 0 };

    text.n = 0;
    add(&text, "", 0);
    add(&all, "", 0);
    for (flow_value v; flow_block(s, &v); flow_drop(v)) {
        size_t n;
        const char *chars = flow_chars(&v, &n);

        add(&all, chars, n);
    }
    if (all.n > 12)
        write_frames(&all);
    if (flow_failure(s) != NULL) {
        const char *name = flow_class_of(flow_failure(s))->name;

        add(&text, "!", 1);
        add(&text, name, strlen(name));
    }
    flow_close(s);
    free(all.at);
    return text.at;
}

static flow_value as_it_is(flow_value v, void *arg)
{
    (void)arg;
    return v;
}

const char *conversation(const char *path, const char *frames, size_t size)
{
    flow_site *site = conversing_pages();
    char request[512];
    flow_stage *s;
    const char *heard;

    snprintf(request, sizeof request, BEGINS("%s"), path);
    s = flow_once(said(request, frames));
    s = size > 0 ? flow_chunk(s, size) : flow_map(s, as_it_is, NULL);
    heard = heard_frames(flow_http(s, site));
    flow_site_release(site);
    return heard;
}

void is_heard(const char *wanted, const char *heard)
{
    bool holds = strcmp(heard, wanted) == 0;

    if (!holds && !disturbed())
        fprintf(stderr, "wanted: %.2000s\nheard:  %.2000s\n", wanted, heard);
    CHECK(holds);
}

void converses(const char *wanted, const char *path, const char *frames)
{
    is_heard(wanted, conversation(path, frames, 0));
}
