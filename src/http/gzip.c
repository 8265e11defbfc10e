/* SPDX-License-Identifier: MIT */
/* See gzip.h. */
#define ZLIB_CONST
#include "gzip.h"

#include <stddef.h>
#include <zlib.h>

/* zlib takes 4 << WINDOW and 512 << MEMORY bytes, and 6 KiB. More of either
 * would make pages of text smaller by a few percent. */
enum {
    LEVEL = 5,
    WINDOW = 12,
    AS_GZIP = 16,               /* added to the window: with gzip's head     */
    MEMORY = 5,
    PIECE = 2048
};

struct flow__gzip {
    z_stream z;
    flow_value input, next;     /* NONE: there is none                      */
    unsigned char piece[PIECE];
};

/* ---- Memory: zlib does not say how much it gives back -------------------- */
union block { size_t size; max_align_t align; };

static void *take(void *none, unsigned n, unsigned size)
{
    size_t all = sizeof(union block) + (size_t)n * size;
    union block *b = flow_alloc(all);

    (void)none;
    if (b == NULL)
        return NULL;
    b->size = all;
    return b + 1;
}

static void give_back(void *none, void *p)
{
    union block *b = (union block *)p - 1;

    (void)none;
    flow_free(b, b->size);
}

struct flow__gzip *flow__gzip_new(void)
{
    struct flow__gzip *g = flow_alloc(sizeof *g);

    if (g == NULL)
        return NULL;
    g->z = (z_stream){
        .zalloc = take, .zfree = give_back, .next_out = g->piece,
        .avail_out = PIECE
    };
    g->input = g->next = flow_none();
    if (deflateInit2(&g->z, LEVEL, Z_DEFLATED, AS_GZIP + WINDOW, MEMORY,
                     Z_DEFAULT_STRATEGY) == Z_OK)
        return g;
    flow_free(g, sizeof *g);
    return NULL;
}

void flow__gzip_free(struct flow__gzip *g)
{
    if (g == NULL)
        return;
    deflateEnd(&g->z);
    flow_drop(g->input);
    flow_drop(g->next);
    flow_free(g, sizeof *g);
}

/* ---- What goes in -------------------------------------------------------- */
static void begin_input(struct flow__gzip *g, flow_value v)
{
    size_t n;

    g->input = v;
    g->z.next_in = (const unsigned char *)flow_chars(&g->input, &n);
    g->z.avail_in = (unsigned)n;
}

void flow__gzip_feed(struct flow__gzip *g, flow_value v)
{
    if (g->input.kind == FLOW_NONE)
        begin_input(g, v);
    else
        g->next = v;
}

/* Whether there is more, now that the last is used up. */
static bool goes_on(struct flow__gzip *g)
{
    flow_value next = g->next;

    flow_drop(g->input);
    g->next = flow_none();
    begin_input(g, next);
    return next.kind != FLOW_NONE;
}

/* ---- What comes out ------------------------------------------------------ */
static flow_value take_piece(struct flow__gzip *g)
{
    size_t n = PIECE - g->z.avail_out;

    g->z.next_out = g->piece;
    g->z.avail_out = PIECE;
    return n > 0 ? flow_bytes(g->piece, n) : flow_none();
}

/* As far as the input and the room for a piece go; then `how`. */
static flow_value work(struct flow__gzip *g, int how)
{
    while (g->z.avail_out > 0 && (g->z.avail_in > 0 || goes_on(g)))
        deflate(&g->z, Z_NO_FLUSH);
    if (g->z.avail_out > 0 && how != Z_NO_FLUSH)
        deflate(&g->z, how);
    else if (g->z.avail_out > 0)
        return flow_none();
    return take_piece(g);
}

flow_value flow__gzip_next(struct flow__gzip *g)
{
    return work(g, Z_NO_FLUSH);
}

flow_value flow__gzip_flush(struct flow__gzip *g)
{
    return work(g, Z_SYNC_FLUSH);
}

flow_value flow__gzip_end(struct flow__gzip *g)
{
    return work(g, Z_FINISH);
}
