/* SPDX-License-Identifier: MIT */
/* See http_pages.h. */
#include "http_pages.h"

#include <stdlib.h>
#include <string.h>

flow_site_options options;

/* ---- Pages --------------------------------------------------------------- */
static void hello(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    flow_yield(self, (const char *)arg);
}

static void parts(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    if (flow_yield(self, "one") && flow_cooperate(self, 0.001)
        && flow_yield(self, "two") && flow_cooperate(self, 0))
        flow_yield(self, "three");
}

static void bytes(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    flow_yield(self, flow_bytes("\1\2", 2));
}

static void bits(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    for (int n = 0; n < 3; n++) {
        flow_yield(self, "");
        flow_yield(self, flow_textf("%d", n));
    }
    flow_yield(self, "");
}

static void fails(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    flow_fail(self, FLOW_EFORMAT, 0, "a secret");
}

static void breaks(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    flow_yield(self, "part");
    flow_cooperate(self, 0.001);
    flow_fail(self, FLOW_EFORMAT, 0, "a secret");
}

static void teapot(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    flow_fail(self, FLOW_EHTTP, 418, "short and stout");
}

static void say_much(flow_request *r)
{
    flow_answer_header(r, "Cache-Control", "max-age=60");
    flow_answer_header(r, "Content-Length", "4");
    flow_answer_header(r, "Content-Type", "text/much");
    flow_answer_header(r, "ETag", "\"much\"");
}

static void private(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    say_much(r);
    flow_answer_header(r, "WWW-Authenticate", "Basic realm=\"a\"");
    flow_answer_header(r, "Content-Range", "bytes 0-4/5");
    flow_answer_header(r, "Set-Cookie", "a=1");
    flow_fail(self, FLOW_EHTTP, 401, "who, me?");
}

static void range(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    say_much(r);
    flow_answer_header(r, "Content-Range", "bytes */9");
    flow_fail(self, FLOW_EHTTP, 416, "%s", "");
}

static void give_text(flow_gen *self, const char *text)
{
    flow_yield(self, flow_textf("<%s>", text != NULL ? text : "none"));
}

static void argument(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    give_text(self, flow_request_argument(r, "a"));
}

static void user(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    give_text(self, flow_request_rest(r));
}

static void form(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    if (flow_request_form(self, r))
        give_text(self, flow_request_argument(r, "a"));
}

static void count(flow_gen *self, flow_request *r, void *arg)
{
    flow_stage *body = flow_request_body(r);
    size_t n = 0;

    (void)arg;
    for (flow_value v; flow_next(self, body, &v); flow_drop(v))
        n += v.size;
    flow_close(body);
    flow_yield(self, flow_textf("%zu bytes", n));
}

static void hasty(flow_gen *self, flow_request *r, void *arg)
{
    flow_yield(self, "a");
    if (flow_request_argument(r, "wait") != NULL)
        flow_cooperate(self, 0.001);
    count(self, r, arg);
}

static void headers(flow_gen *self, flow_request *r, void *arg)
{
    const char *v = flow_request_argument(r, "v");
    const char *n = flow_request_argument(r, "n");

    (void)arg;
    flow_answer_header(r, n != NULL ? n : "X-Value", "%s", v != NULL ? v : "");
    flow_answer_header(r, "Set-Cookie", "a=1");
    flow_answer_header(r, "set-cookie", "b=2");
    flow_answer_header(r, "Content-Type", "text/one");
    flow_answer_header(r, "content-type", "text/two");
    give_text(self, flow_request_cookie(r, "c"));
}

static void empty(flow_gen *self, flow_request *r, void *arg)
{
    (void)self;
    (void)r;
    (void)arg;
}

static void none(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    flow_answer_status(r, 204);
    flow_yield(self, "not sent");
}

static void slow(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    flow_cooperate(self, 86400);
    flow_yield(self, "late");
}

static void length(flow_gen *self, flow_request *r, void *arg)
{
    const char *n = flow_request_argument(r, "n");

    (void)arg;
    flow_answer_header(r, "Content-Length", "%s", n != NULL ? n : "0");
    flow_yield(self, "123");
    flow_cooperate(self, 0.001);
    flow_yield(self, "45");
}

/* As name=body; or name(filename:type)=body; */
static void write_part(flow_gen *self, flow_part *p, FILE *to)
{
    const char *filename = flow_part_filename(p);
    const char *type = flow_part_header(p, "content-type");
    flow_stage *body = flow_part_body(p);

    fputs(flow_part_name(p), to);
    if (filename != NULL)
        fprintf(to, "(%s:%s)", filename, type != NULL ? type : "");
    fputs("=", to);
    for (flow_value v; flow_next(self, body, &v); flow_drop(v)) {
        size_t n;
        const char *s = flow_chars(&v, &n);

        fwrite(s, 1, n, to);
    }
    fputs(";", to);
    flow_close(body);
}

static void upload(flow_gen *self, flow_request *r, void *arg)
{
    char text[4096] = "";
    FILE *to = fmemopen(text, sizeof text, "w");
    flow_part *part;

    (void)arg;
    while ((part = flow_request_next_part(self, r)) != NULL)
        write_part(self, part, to);
    fclose(to);
    flow_yield(self, flow_text(text, strlen(text)));
}

/* Not the ticks: on a machine with much to do some come as one. */
static flow_value event_of(flow_value tick, void *counter)
{
    flow_drop(tick);
    return flow_textf("%d", ++*(int *)counter);
}

static void events(flow_gen *self, flow_request *r, void *arg)
{
    int n = 0;

    (void)arg;
    flow_answer_events(self, r, flow_take(flow_map(flow_ticks(0.01), event_of,
                                                   &n), 3));
}

flow_site *pages(void)
{
    flow_site *site = flow_site_new(&options);

    flow_site_add(site, "/hello", hello, (void *)"hello");
    flow_site_add(site, "/parts", parts, NULL);
    flow_site_add(site, "/bytes", bytes, NULL);
    flow_site_add(site, "/bits", bits, NULL);
    flow_site_add(site, "/fails", fails, NULL);
    flow_site_add(site, "/breaks", breaks, NULL);
    flow_site_add(site, "/teapot", teapot, NULL);
    flow_site_add(site, "/private", private, NULL);
    flow_site_add(site, "/range", range, NULL);
    flow_site_add(site, "/echo", argument, NULL);
    flow_site_add(site, "/user/*", user, NULL);
    flow_site_add(site, "/user/me", hello, (void *)"me");
    flow_site_add(site, "POST /form", form, NULL);
    flow_site_add(site, "POST /count", count, NULL);
    flow_site_add(site, "POST /hasty", hasty, NULL);
    flow_site_add(site, "POST /lazy", hello, (void *)"lazy");
    flow_site_add(site, "POST /upload", upload, NULL);
    flow_site_add(site, "/events", events, NULL);
    flow_site_add(site, "/headers", headers, NULL);
    flow_site_add(site, "/empty", empty, NULL);
    flow_site_add(site, "/none", none, NULL);
    flow_site_add(site, "/slow", slow, NULL);
    flow_site_add(site, "/length", length, NULL);
    return site;
}

/* ---- Asking -------------------------------------------------------------- */
static flow_value as_bytes(flow_value v, void *arg)
{
    (void)arg;
    return v;
}

flow_stage *asking(const char *request, size_t size)
{
    flow_stage *s = flow_once(flow_literal(request));

    return size > 0 ? flow_chunk(s, size) : flow_map(s, as_bytes, NULL);
}

static char text[65536];

static void hear(const char *s, size_t n)
{
    size_t at = strlen(text);

    for (; n > 0 && at + 64 < sizeof text; n--, s++)
        if (*s != '\r')
            text[at++] = *s == '\n' ? '|' : *s;
    text[at] = '\0';
}

static void leave_out(const char *name)
{
    char *at;

    while ((at = strstr(text, name)) != NULL) {
        char *end = strchr(at, '|');

        memmove(at, end + 1, strlen(end + 1) + 1);
    }
}

const char *heard(flow_stage *s)
{
    text[0] = '\0';
    for (flow_value v; flow_block(s, &v); flow_drop(v)) {
        size_t n;
        const char *chars = flow_chars(&v, &n);

        hear(chars, n);
    }
    leave_out("Date: ");
    leave_out("Vary: Accept-Encoding");
    if (flow_failure(s) != NULL) {
        strcat(text, "!");
        strcat(text, flow_class_of(flow_failure(s))->name);
    }
    flow_close(s);
    return text;
}

static void check_answer(bool is_wanted, const char *wanted,
                         const char *request, const char *got)
{
    if (!is_wanted && !disturbed())
        fprintf(stderr, "asked:  %s\nwanted: %s\nheard:  %s\n", request, wanted,
                got);
    CHECK(is_wanted);
}

static void hears_in_pieces(flow_site *site, const char *wanted,
                            const char *request, size_t size)
{
    const char *got = heard(flow_http(asking(request, size), site));

    check_answer(strcmp(got, wanted) == 0, wanted, request, got);
    flow_site_release(site);
}

void answers_in_pieces(const char *wanted, const char *request, size_t size)
{
    hears_in_pieces(pages(), wanted, request, size);
}

void answers(const char *wanted, const char *request)
{
    hears_in_pieces(pages(), wanted, request, 0);
}

void answers_from(flow_site *site, const char *wanted, const char *request)
{
    hears_in_pieces(site, wanted, request, 0);
}

void answers_from_with(flow_site *site, const char *begin, const char *request)
{
    const char *got = heard(flow_http(asking(request, 0), site));

    check_answer(strncmp(got, begin, strlen(begin)) == 0, begin, request, got);
    flow_site_release(site);
}

void answers_with(const char *begin, const char *request)
{
    answers_from_with(pages(), begin, request);
}
