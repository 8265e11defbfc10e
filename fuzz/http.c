/* SPDX-License-Identifier: MIT */
/* A connection of HTTP: however its bytes are cut, it is answered the same, and
 * what it is answered can be read as HTTP, an answer for each line of the log;
 * and it may be closed at any time. */
#include "fuzz.h"
#include "http_pages.h"

#include "http/ranges.h"

#include <flow/websocket.h>

#include <stdlib.h>
#include <string.h>

enum { MOST = 4096 };           /* answers: no request is so short           */

static struct {
    char at[1 << 18];
    size_t n;
    bool is_head[MOST];
    size_t logged;
    bool failed;
} heard_first, heard_now;

static void quit(const char *why)
{
    fprintf(stderr, "%s:\n", why);
    fwrite(heard_now.at, 1, heard_now.n, stderr);
    abort();
}

/* ---- Pages, besides those of all tests ----------------------------------- */
static void converse(flow_gen *self, flow_request *r, void *arg)
{
    flow_stage *messages = flow_answer_websocket(r, NULL);

    (void)arg;
    for (flow_value m; flow_next(self, messages, &m);)
        flow_yield(self, m);
    flow_close(messages);
}

static void known(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    flow_answer_header(r, "ETag", "\"k\"");
    flow_answer_modified(r, 784111777);
    flow_yield(self, "known");
}

static void away(flow_gen *self, flow_request *r, void *arg)
{
    const char *to = flow_request_argument(r, "to");

    (void)arg;
    if (to != NULL)
        flow_answer_redirect(self, r, 303, to);
}

static void ranges(flow_gen *self, flow_request *r, void *arg)
{
    enum { SIZE = 100 };
    const char *header = flow_request_header(r, "Range");
    struct flow__ranges all = { 0 };

    (void)arg;
    if (header == NULL
        || flow__ranges_read(header, SIZE, &all) != FLOW__PARTS)
        return;
    if (all.n == 0 || all.n > FLOW__MOST_RANGES)
        quit("no number of ranges");
    for (size_t i = 0; i < all.n; i++) {
        struct flow__range p = all.part[i];

        if (p.size == 0 || p.from >= SIZE || p.size > SIZE - p.from)
            quit("a range of what there is not");
        flow_yield(self, flow_textf("%d+%d ", (int)p.from, (int)p.size));
    }
}

static flow_site *all_pages(void)
{
    flow_site *site = pages();

    flow_site_add(site, "/converse", converse, NULL);
    flow_site_add(site, "/known", known, NULL);
    flow_site_add(site, "/away", away, NULL);
    flow_site_add(site, "/ranges", ranges, NULL);
    return site;
}

/* ---- Serving ------------------------------------------------------------- */
static void be_silent(const flow_value *error, const flow_request *r, void *arg)
{
    (void)error;
    (void)r;
    (void)arg;
}

static void log_method(const char *line, void *arg)
{
    const char *request = strstr(line, "] \"");

    (void)arg;
    if (strchr(line, '\n') != NULL || request == NULL)
        quit("no line of a log");
    if (heard_now.logged == MOST)
        quit("too many answers");
    heard_now.is_head[heard_now.logged++] = strncmp(request + 3, "HEAD ", 5)
                                         == 0;
}

static void choose_options(struct input *in)
{
    unsigned size = choose(in, 8);

    options = (flow_site_options){ .failed = be_silent, .log = log_method };
    if (size == 0)
        return;
    options.longest_target = 8 * size;
    options.longest_head = 32 * size;
    options.most_headers = size;
    options.longest_body = 8 * size;
}

static void hear_piece(flow_value v)
{
    size_t n;
    const char *chars = flow_chars(&v, &n);

    if (n > sizeof heard_now.at - heard_now.n)
        quit("too much for so little");
    memcpy(heard_now.at + heard_now.n, chars, n);
    heard_now.n += n;
}

static void hear(flow_stage *s)
{
    heard_now.n = heard_now.logged = 0;
    for (flow_value v; flow_block(s, &v); flow_drop(v))
        hear_piece(v);
    heard_now.failed = flow_failure(s) != NULL;
    flow_close(s);
}

/* ---- Reading what was answered ------------------------------------------- */
struct reader { char *at, *end; };

/* A line without its end; NULL: it is not whole. */
static char *next_line(struct reader *r)
{
    char *line = r->at;
    char *end = memmem(line, (size_t)(r->end - line), "\r\n", 2);

    if (end == NULL)
        return NULL;
    for (char *c = line; c < end; c++)
        if ((unsigned char)*c < ' ' && *c != '\t')
            quit("a line that someone reads as two");
    *end = '\0';
    r->at = end + 2;
    return line;
}

static bool skip(struct reader *r, size_t n)
{
    if (n > (size_t)(r->end - r->at))
        return false;
    r->at += n;
    return true;
}

static bool skip_chunks(struct reader *r)
{
    for (char *line, *end; (line = next_line(r)) != NULL;) {
        size_t n = strtoul(line, &end, 16);

        if (end == line || *end != '\0')
            quit("no size of a chunk");
        if (!skip(r, n))
            return false;
        line = next_line(r);
        if (line == NULL || *line != '\0' || n == 0)
            return line != NULL && *line == '\0';
    }
    return false;
}

enum framing { BY_LENGTH, BY_CHUNKS, BY_END };
struct head { int status; enum framing framing; size_t length; bool closes; };

static const char *value_of(const char *line, const char *name)
{
    size_t n = strlen(name);

    return strncmp(line, name, n) == 0 ? line + n : NULL;
}

/* Dates are forgotten: the next run may be in another second. */
static void read_header(char *line, struct head *h)
{
    const char *length = value_of(line, "Content-Length: ");

    if (value_of(line, "Date: ") != NULL) {
        memset(line, ' ', strlen(line));
    } else if (length != NULL) {
        h->framing = BY_LENGTH;
        h->length = strtoul(length, NULL, 10);
    } else if (value_of(line, "Transfer-Encoding: chunked") != NULL) {
        h->framing = BY_CHUNKS;
    } else if (value_of(line, "Connection: close") != NULL) {
        h->closes = true;
    }
}

static bool read_head(struct reader *r, struct head *h)
{
    const char *line = next_line(r);
    char *header;

    *h = (struct head){ .framing = BY_END };
    if (line == NULL)
        return false;
    if (value_of(line, "HTTP/1.1 ") == NULL)
        quit("no begin of an answer");
    h->status = atoi(line + 9);
    while ((header = next_line(r)) != NULL && *header != '\0')
        read_header(header, h);
    return header != NULL;
}

static bool skip_body(struct reader *r, const struct head *h, bool is_head)
{
    if (is_head || h->status == 100 || h->status == 204 || h->status == 304)
        return true;
    if (h->status == 101)
        return skip(r, (size_t)(r->end - r->at));
    switch (h->framing) {
    case BY_LENGTH:
        return skip(r, h->length);
    case BY_CHUNKS:
        return skip_chunks(r);
    case BY_END:
        if (!h->closes)
            quit("an answer without an end");
        r->at = r->end;
    }
    return true;
}

/* Only the last of a connection that fails may be cut off, and that fails in
 * time to be logged. */
static void must_be_answers(void)
{
    struct reader r = { heard_now.at, heard_now.at + heard_now.n };
    struct head h = { 0 };
    bool whole = true;
    size_t n = 0;

    while (whole && r.at < r.end) {
        if (h.closes)
            quit("more behind the last answer");
        whole = read_head(&r, &h) && skip_body(&r, &h, heard_now.is_head[n]);
        n += whole && h.status != 100;
        if (n > heard_now.logged)
            quit("an answer that is not logged");
    }
    if (!heard_now.failed && (!whole || n != heard_now.logged))
        quit("not as many answers as the log has");
}

/* ---- Fuzzing ------------------------------------------------------------- */
/* A page that yields before it reads is answered by what has come until then;
 * one that is late is left when its client is seen to go, which is in the first
 * piece behind its request. */
static bool depends_on_cuts(const struct input *in)
{
    return memmem(in->at, in->left, "hasty", 5) != NULL
        || memmem(in->at, in->left, "slow", 4) != NULL;
}

static void must_be_the_same(void)
{
    if (heard_now.n != heard_first.n || heard_now.failed != heard_first.failed
        || memcmp(heard_now.at, heard_first.at, heard_now.n) != 0) {
        fwrite(heard_first.at, 1, heard_first.n, stderr);
        fprintf(stderr, "\nthen ");
        quit("another answer");
    }
}

static void wake(flow_waker *w)
{
    (void)w;
}

/* After so many pieces, and once more asked. */
static void break_off(flow_stage *s, unsigned pieces)
{
    flow_waker w = { wake, flow_host_here() };
    bool goes_on = true;
    flow_value v;

    heard_now.logged = 0;
    while (pieces-- > 0 && (goes_on = flow_block(s, &v)))
        flow_drop(v);
    if (goes_on && flow_pull(s, &w, &v) != FLOW_WAIT)
        flow_drop(v);
    flow_close(s);
}

static void report_nothing(void *ctx, const char *text)
{
    (void)ctx;
    (void)text;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    flow_configure(&(flow_config){ .report = report_nothing });
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = { (const char *)data, size };
    struct cuts none = { 0 }, c = some_cuts(&in);
    unsigned most = choose(&in, 16);
    flow_site *site;

    choose_options(&in);
    flow_host_use(flow_virtual_host());
    site = all_pages();
    hear(flow_http(blocks(in.at, in.left, c), site));
    must_be_answers();
    if (!depends_on_cuts(&in)) {
        heard_first = heard_now;
        hear(flow_http(blocks(in.at, in.left, none), site));
        must_be_answers();
        must_be_the_same();
    }
    break_off(flow_http(blocks(in.at, in.left, c), site), most);
    flow_site_release(site);
    return 0;
}
