/* SPDX-License-Identifier: MIT */
/* Uploads in parts: however the bytes are cut, the page gets the same; and the
 * bodies it gets are what stands between the boundaries. */
#include "fuzz.h"
#include "http_pages.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 8192 };                       /* bytes of an input            */

/* ---- As the page gets them ----------------------------------------------- */
/* Each body as a line. */
struct bodies { size_t n, size; char text[4 * MOST]; };

static struct bodies *got;

static void begin_body(struct bodies *b)
{
    b->n++;
    b->text[b->size++] = '\n';
}

static void add(struct bodies *b, const char *s, size_t n)
{
    if (b->size + n + 1 > sizeof b->text)
        abort();
    memcpy(b->text + b->size, s, n);
    b->size += n;
}

static void take_parts(flow_gen *self, flow_request *r, void *arg)
{
    flow_part *part;

    (void)arg;
    while ((part = flow_request_next_part(self, r)) != NULL) {
        flow_stage *body = flow_part_body(part);

        if (flow_part_name(part) == NULL)
            abort();
        begin_body(got);
        for (flow_value v; flow_next(self, body, &v); flow_drop(v)) {
            size_t n;
            const char *s = flow_chars(&v, &n);

            if (n == 0)
                abort();
            add(got, s, n);
        }
        flow_close(body);
    }
}

static flow_stage *asked_for(const struct input *in, struct cuts c)
{
    static char whole[MOST + 256];
    int n = snprintf(whole, sizeof whole,
                     "POST / HTTP/1.0\r\nContent-Length: %zu\r\nContent-Type: "
                     "multipart/form-data; boundary=b-b\r\n\r\n", in->left);

    memcpy(whole + n, in->at, in->left);
    return blocks(whole, (size_t)n + in->left, c);
}

/* Whether the page was sent. */
static bool upload(struct bodies *b, const struct input *in, struct cuts c)
{
    flow_site *site = flow_site_new(NULL);
    bool sent;

    memset(b, 0, sizeof *b);
    got = b;
    flow_host_use(flow_virtual_host());
    flow_site_add(site, "POST /", take_parts, NULL);
    sent = strncmp(heard(flow_http(asked_for(in, c), site)), "HTTP/1.1 200", 12)
        == 0;
    flow_site_release(site);
    return sent;
}

/* ---- As they stand there ------------------------------------------------- */
static const char mark[] = "\r\n--b-b";

/* Of an upload that is well formed. */
static void read_plainly(struct bodies *b, const char *s, const char *end)
{
    s += strlen(mark) - 2;
    while (memcmp(s, "--", 2) != 0) {
        const char *body = memmem(s, (size_t)(end - s), "\r\n\r\n", 4);

        begin_body(b);
        if (body == NULL)
            abort();
        body += 4;
        s = memmem(body, (size_t)(end - body), mark, strlen(mark));
        if (s == NULL)
            abort();
        add(b, body, (size_t)(s - body));
        s += strlen(mark);
        if (end - s < 2)
            abort();
    }
}

static bool are_same(const struct bodies *a, const struct bodies *b)
{
    return a->n == b->n && a->size == b->size
        && memcmp(a->text, b->text, a->size) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bodies whole, cut, plain;
    struct input in = { (const char *)data, size };
    struct cuts none = { 0 }, c = some_cuts(&in);
    bool sent;

    if (in.left > MOST)
        return 0;
    sent = upload(&whole, &in, none);
    if (sent != upload(&cut, &in, c) || !are_same(&whole, &cut))
        abort();
    if (!sent)
        return 0;
    memset(&plain, 0, sizeof plain);
    read_plainly(&plain, in.at, in.at + in.left);
    if (!are_same(&whole, &plain))
        abort();
    return 0;
}
