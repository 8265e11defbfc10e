/* SPDX-License-Identifier: MIT */
/* Frames of WebSocket: to a page that echoes they mean what a plain reading of
 * the whole says, however they are cut; and to a client the same each time. */
#include "fuzz.h"

#include <flow/websocket.h>

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 300 };

static const char request[] =
    "GET / HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

struct bytes { char at[1 << 18]; size_t n; };

static void add(struct bytes *b, const void *from, size_t n)
{
    if (n > sizeof b->at - b->n)
        abort();
    memcpy(b->at + b->n, from, n);
    b->n += n;
}

/* ---- What should come ---------------------------------------------------- */
static struct bytes should, message;

static void answer(unsigned first, const void *payload, size_t n)
{
    unsigned char head[4] = {
        (unsigned char)first, (unsigned char)(n < 126 ? n : 126),
        (unsigned char)(n >> 8), (unsigned char)n
    };

    add(&should, head, n < 126 ? 2 : 4);
    add(&should, payload, n);
}

static void answer_close(unsigned code, const char *why)
{
    char payload[125] = { (char)(code >> 8), (char)code };

    memcpy(payload + 2, why, strlen(why));
    answer(0x88, payload, 2 + strlen(why));
}

static bool is_utf8(const unsigned char *s, size_t n)
{
    while (n > 0) {
        size_t size = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
        uint32_t c = size == 1 ? s[0] : s[0] & (0xffu >> (size + 1));

        if ((s[0] >= 0x80 && s[0] < 0xc0) || s[0] >= 0xf8 || size > n)
            return false;
        for (size_t i = 1; i < size; i++) {
            if ((s[i] & 0xc0) != 0x80)
                return false;
            c = c << 6 | (s[i] & 0x3f);
        }
        if ((size == 2 && c < 0x80) || (size == 3 && c < 0x800)
            || (size == 4 && c < 0x10000) || c > 0x10ffff
            || (c >= 0xd800 && c <= 0xdfff))
            return false;
        s += size;
        n -= size;
    }
    return true;
}

/* Whether some text begins so. */
static bool begins_utf8(const struct bytes *b)
{
    static unsigned char with[LONGEST + 3];

    memcpy(with, b->at, b->n);
    for (size_t more = 0; more < 4; more++) {
        memset(with + b->n, 0x80, more);
        if (is_utf8(with, b->n + more))
            return true;
        memset(with + b->n, 0xbf, more);
        if (is_utf8(with, b->n + more))
            return true;
    }
    return false;
}

static bool is_code(unsigned c)
{
    return (c >= 1000 && c < 1004) || (c >= 1007 && c < 1015)
        || (c >= 3000 && c < 5000);
}

static void reads_close(const unsigned char *p, size_t n)
{
    if (n == 0)
        answer(0x88, "", 0);
    else if (n == 1 || !is_code((unsigned)p[0] << 8 | p[1]))
        answer_close(1002, "there is no such code to close");
    else if (!is_utf8(p + 2, n - 2))
        answer_close(1007, "the reason to close is not UTF-8");
    else
        answer(0x88, p, 2);
}

static const char *wrong_in_first(unsigned c, unsigned begun)
{
    unsigned opcode = c & 15;

    if (c & 0x70)
        return "a reserved bit is set";
    if ((opcode > 2 && opcode < 8) || opcode > 10)
        return "there is no such opcode";
    if (opcode >= 8)
        return c & 0x80 ? NULL : "a control frame is fragmented";
    if (opcode == 0)
        return begun != 0 ? NULL : "there is nothing to be continued";
    return begun == 0 ? NULL : "a message begins within another";
}

/* The size of the payload; *head, of what is before it. -1: something is wrong
 * and was answered; -2: there is no more. */
static int64_t reads_head(const unsigned char *s, size_t n, unsigned begun,
                          size_t *head)
{
    const char *why = n > 0 ? wrong_in_first(s[0], begun) : NULL;
    uint64_t size = n > 1 ? s[1] & 127 : 0;
    unsigned more = size < 126 ? 0 : size == 126 ? 2 : 8;

    if (why == NULL && n > 1 && (s[1] & 128) == 0)
        why = "a frame is not masked";
    else if (why == NULL && n > 1 && (s[0] & 8) && size > 125)
        why = "a control frame is too long";
    *head = 6 + more;
    if (why == NULL && n >= *head && more > 0) {
        size = 0;
        for (unsigned i = 0; i < more; i++)
            size = size << 8 | s[2 + i];
        if (size < (more == 2 ? 126 : 65536))
            why = "a length is longer than needed";
        else if (size >> 63)
            why = "a length is negative";
    }
    if (why != NULL) {
        answer_close(1002, why);
        return -1;
    }
    if (n < *head)
        return -2;
    if ((s[0] & 8) == 0 && size > LONGEST - message.n) {
        answer_close(1009, "the message is too long");
        return -1;
    }
    return (int64_t)size;
}

/* Whether it goes on after what there is of a payload. */
static bool reads_payload(unsigned first, unsigned kind, unsigned char *p,
                          size_t n, bool whole)
{
    if (first & 8) {
        if (whole && (first & 15) == 8)
            reads_close(p, n);
        else if (whole && (first & 15) == 9)
            answer(0x8a, p, n);
        return (first & 15) != 8 || !whole;
    }
    add(&message, p, n);
    if (kind == 1 && !begins_utf8(&message)) {
        answer_close(1007, "a text is not UTF-8");
        return false;
    }
    if (!whole || (first & 128) == 0)
        return true;
    if (kind == 1 && !is_utf8((unsigned char *)message.at, message.n)) {
        answer_close(1007, "a text ends within a character");
        return false;
    }
    answer(128 | kind, message.at, message.n);
    message.n = 0;
    return true;
}

static void unmask(unsigned char *p, size_t n)
{
    const unsigned char *key = p - 4;

    for (size_t i = 0; i < n; i++)
        p[i] ^= key[i % 4];
}

static void reads_all(const char *from, size_t n)
{
    static unsigned char all[1 << 16];
    unsigned char *s = all;
    unsigned begun = 0;
    size_t head;
    int64_t size;

    should.n = message.n = 0;
    memcpy(all, from, n);
    while ((size = reads_head(s, n, begun, &head)) >= 0) {
        bool data = (s[0] & 8) == 0, whole = (uint64_t)size <= n - head;
        size_t there = whole ? (size_t)size : n - head;

        if (data && begun == 0)
            begun = s[0] & 15;
        unmask(s + head, there);
        if (!reads_payload(s[0], begun, s + head, there, whole))
            return;
        if (!whole)
            break;
        if (data && (s[0] & 128))
            begun = 0;
        s += head + there;
        n -= head + there;
    }
    if (size != -1)
        answer_close(1000, "");             /* the connection is lost       */
}

/* ---- What comes ---------------------------------------------------------- */
static void echo(flow_gen *self, flow_request *r, void *arg)
{
    flow_stage *messages = flow_answer_websocket(r, arg);

    for (flow_value m; flow_next(self, messages, &m);)
        flow_yield(self, m);
    flow_close(messages);
}

static void listen(flow_gen *self, flow_request *r, void *arg)
{
    flow_stage *messages = flow_answer_websocket(r, arg);

    flow_next(self, messages, &(flow_value){ 0 });
    flow_close(messages);
}

static flow_site *site_of(flow_page *page)
{
    static flow_websocket_options o = { .longest = LONGEST };
    flow_site *site = flow_site_new(NULL);

    flow_site_add(site, "/", page, &o);
    return site;
}

static void gather(flow_stage *s, struct bytes *into)
{
    into->n = 0;
    for (flow_value v; flow_block(s, &v); flow_drop(v)) {
        size_t n;
        const char *chars = flow_chars(&v, &n);

        add(into, chars, n);
    }
}

static void quit(const char *says)
{
    fprintf(stderr, "%s\n", says);
    abort();
}

/* ---- A page -------------------------------------------------------------- */
static struct bytes came;

static void must_echo(struct input in, struct cuts c)
{
    flow_site *site = site_of(echo);
    flow_stage *s = flow_http(flow_concat(FLOW_STAGES(
        flow_once(flow_of(request)), blocks(in.at, in.left, c))), site);
    const char *frames;

    gather(s, &came);
    if (flow_failure(s) != NULL)
        quit("the page has failed");
    flow_close(s);
    flow_site_release(site);
    reads_all(in.at, in.left);
    frames = memmem(came.at, came.n, "\r\n\r\n", 4);
    if (frames == NULL)
        quit("no answer");
    frames += 4;
    if ((size_t)(came.at + came.n - frames) != should.n
        || memcmp(frames, should.at, should.n) != 0)
        quit("another answer than a plain reading gives");
}

/* ---- A client ------------------------------------------------------------ */
struct said { struct input rest; struct cuts cuts; flow_site *site; };

static flow_stage *dial(flow_stage *sent, void *arg)
{
    struct said *said = arg;

    return flow_concat(FLOW_STAGES(
        flow_take(flow_http(sent, said->site), 1),
        blocks(said->rest.at, said->rest.left, said->cuts)));
}

static const flow_error_class *hears(struct input in, struct cuts c,
                                     struct bytes *into)
{
    struct said said = { in, c, site_of(listen) };
    flow_stage *s = flow_websocket("ws://here/", NULL,
        &(flow_websocket_options){ .longest = LONGEST }, dial, &said);
    const flow_error_class *failed = NULL;

    gather(s, into);
    if (flow_failure(s) != NULL)
        failed = flow_class_of(flow_failure(s));
    flow_close(s);
    flow_site_release(said.site);
    return failed;
}

static void must_hear_the_same(struct input in, struct cuts c)
{
    static struct bytes whole;
    struct cuts none = { 0 };
    const flow_error_class *failed = hears(in, none, &whole);

    if (hears(in, c, &came) != failed || came.n != whole.n
        || memcmp(came.at, whole.at, whole.n) != 0)
        quit("cut otherwise, it is heard otherwise");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = { (const char *)data, size };
    bool client = choose(&in, 4) == 0;
    struct cuts c = some_cuts(&in);

    flow_host_use(flow_virtual_host());
    if (client)
        must_hear_the_same(in, c);
    else
        must_echo(in, c);
    return 0;
}
