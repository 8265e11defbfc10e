/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- The input ----------------------------------------------------------- */
unsigned choose(struct input *in, unsigned n)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return (unsigned char)*in->at++ % n;
}

struct cuts some_cuts(struct input *in)
{
    static const unsigned most[] = { 0, 1, 2, 3, 8, 40, 200, 1000 };
    struct cuts c = { .most = most[choose(in, 8)] };

    c.chance = choose(in, 256);
    c.pauses = choose(in, 2);
    return c;
}

static unsigned chance(struct cuts *c, unsigned n)
{
    c->chance = c->chance * 1664525u + 1013904223u;
    return (c->chance >> 16) % n;
}

size_t next_cut(struct cuts *c, size_t left)
{
    size_t n = c->most == 0 ? left : chance(c, c->most + 1);

    return n < left ? n : left;
}

/* ---- Blocks -------------------------------------------------------------- */
struct feed { const char *at; size_t left; struct cuts cuts; bool paused; };

static flow_status feed_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct feed *f = self;

    f->paused = f->cuts.pauses && !f->paused;
    if (f->paused) {
        flow_wake(w);
        return FLOW_WAIT;
    }
    if (f->left == 0)
        return FLOW_DONE;

    size_t n = next_cut(&f->cuts, f->left);
    flow_value v = flow_bytes(f->at, n);

    if (n % 2 == 0)
        v.kind = FLOW_TEXT;
    f->at += n;
    f->left -= n;
    flow_give(out, v);
    return FLOW_READY;
}

flow_stage *blocks(const char *text, size_t len, struct cuts c)
{
    static const flow_type type = {
        .name = "blocks", .size = sizeof(struct feed), .fill = feed_fill
    };

    return flow_stage_new(&type, &(struct feed){ text, len, c, false });
}

/* ---- What should come ---------------------------------------------------- */
struct piece { const char *p; size_t len; };

static struct {
    struct piece *pieces;
    size_t n, room;
    const flow_error_class *failure;        /* NULL: the end                */
    char message[256];
} wanted;

void wants_nothing_yet(void)
{
    wanted.n = 0;
    wanted.failure = NULL;
}

void wants(const char *p, size_t len)
{
    if (wanted.n == wanted.room) {
        wanted.room = 2 * wanted.room + 64;
        wanted.pieces = realloc(wanted.pieces,
                                wanted.room * sizeof *wanted.pieces);
        if (wanted.pieces == NULL)
            abort();
    }
    wanted.pieces[wanted.n++] = (struct piece){ p, len };
}

void wants_failure(const flow_error_class *c, const char *format, ...)
{
    va_list args;

    wanted.failure = c;
    va_start(args, format);
    vsnprintf(wanted.message, sizeof wanted.message, format, args);
    va_end(args);
}

void wants_too_long(const char *what, size_t longest)
{
    wants_failure(FLOW_ELIMIT, "a %s is longer than the %zu bytes that are "
                  "allowed", what, longest);
}

void wants_cut_off(const char *what, size_t len)
{
    wants_failure(FLOW_EFORMAT, "the end came in the middle of a %s, after %zu "
                  "bytes of it", what, len);
}

/* ---- What comes ---------------------------------------------------------- */
static bool woken;

static void wake(flow_waker *w)
{
    (void)w;
    woken = true;
}

static void quit(const char *says, size_t n)
{
    fprintf(stderr, "%s, after %zu pieces of %zu\n", says, n, wanted.n);
    abort();
}

static void must_be(const flow_value *v, size_t n)
{
    size_t len;
    const char *p = flow_chars(v, &len);

    if (n == wanted.n)
        quit("one piece too many", n);
    if (p == NULL || len != wanted.pieces[n].len
        || memcmp(p, wanted.pieces[n].p, len) != 0)
        quit("another piece", n);
}

static void must_fail(const flow_value *error, size_t n)
{
    if (n == wanted.n && wanted.failure != NULL
        && flow_is(error, wanted.failure)
        && strcmp(flow_message(error), wanted.message) == 0)
        return;
    fprintf(stderr, "came:   %s\nwanted: %s\n", flow_message(error),
            wanted.failure != NULL ? wanted.message : "");
    quit("another failure", n);
}

static flow_status ask(flow_stage *s, flow_value *v)
{
    flow_waker w = { wake, flow_host_here() };
    flow_status st;

    while (woken = false, (st = flow_pull(s, &w, v)) == FLOW_WAIT)
        if (!woken)
            quit("waits for ever", 0);
    return st;
}

void must_give(flow_stage *s, size_t most)
{
    flow_status st = FLOW_READY;
    flow_value v;

    for (size_t n = 0; n < most && st == FLOW_READY; n++) {
        st = ask(s, &v);
        if (st == FLOW_READY)
            must_be(&v, n);
        else if (st == FLOW_FAILED)
            must_fail(&v, n);
        else if (n < wanted.n || wanted.failure != NULL)
            quit("ends too early", n);
        flow_drop(v);
    }
    flow_close(s);
}

/* ---- Filters ------------------------------------------------------------- */
static bool fits_value(const flow_value *v, void *filter)
{
    const struct filter *f = filter;
    size_t n;
    const char *p = flow_chars(v, &n);

    return f->fits(p, n);
}

static flow_stage *there_and_back(const struct filter *f, struct input rest,
                                  struct cuts cuts, size_t size)
{
    flow_stage *s = blocks(rest.at, rest.left, cuts);

    while (rest.left > 0) {
        size_t n = next_cut(&cuts, rest.left);

        if (f->fits(rest.at, n))
            wants(rest.at, n);
        rest.at += n;
        rest.left -= n;
    }
    s = f->add(flow_filter(s, fits_value, (void *)(uintptr_t)f));
    return f->cut(flow_chunk(s, size));
}

int fuzz_filter(const struct filter *f, const uint8_t *data, size_t size)
{
    struct input in = { (const char *)data, size };
    bool back = choose(&in, 4) == 0;

    f->choose_options(&in);

    size_t ahead = 1 + choose(&in, 8), most = choose(&in, 16);
    size_t again = 1 + choose(&in, 256);
    struct cuts cuts = some_cuts(&in);
    flow_stage *s;

    wants_nothing_yet();
    if (back) {
        s = there_and_back(f, in, cuts, again);
    } else {
        f->wants_pieces(in.at, in.left);
        s = f->cut(blocks(in.at, in.left, cuts));
    }
    must_give(flow_read_ahead(s, ahead), most > 0 ? most : SIZE_MAX);
    return 0;
}
