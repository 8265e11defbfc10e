/* SPDX-License-Identifier: MIT */
/* Cutting text and bytes that come in blocks of any size into pieces.
 *
 *      held                      block
 *     | what earlier blocks had | ... already cut | what is left |
 *     |     of this piece       |                 ^ at           ^ end
 *
 * The piece being cut begins in `held`, or at `at` when nothing is held. A
 * piece that lies in one block is a slice of it and shares it; only one that is
 * cut in two by the end of a block is copied. What one block had of a piece is
 * held where it lies, what several had is gathered: that memory grows
 * geometrically, and no byte is looked at twice because a block has come.
 * Whoever cuts says how much it may hold, by failing in time.
 *
 * Pieces are lent as a row set: all that a block has, up to a number. */
#ifndef FLOW_OPERATOR_BYTES_H
#define FLOW_OPERATOR_BYTES_H

#include <flow/flow.h>

/* Of a set: as many as hide what a fill costs, and that reading a value which
 * was written just before is slow. A kibibyte. */
enum { FLOW__PIECES = 64 };

struct flow__bytes {
    flow_stage *source;             /* first: flow_first_input              */
    flow_value block;               /* NONE: none came yet                  */
    const char *start, *at, *end;   /* of the block                         */
    bool near;                      /* its slices can be made at once       */
    const char *held;
    size_t held_len;
    flow_value early;               /* the block it lies in; NONE: gathered */
    char *gathered;
    size_t gathered_size;
    bool held_bytes;                /* some of it was not text              */
    bool dry;                       /* nothing can be cut without more      */
    bool over;                      /* and more will not come               */
    size_t n;
    flow_value pieces[FLOW__PIECES];
};

/* Cuts one piece and gives it, by flow__bytes_give: FLOW_READY. FLOW_WAIT: it
 * needs more; not asked again until there is, or b->over. `self` begins with
 * the bytes. */
typedef flow_status flow__cutter(void *self, flow_stage *out);

/* Gets the next block, or learns that it is over; then b is not dry any more. A
 * settled error goes by. */
flow_status flow__bytes_more(struct flow__bytes *b, flow_stage *out,
                             flow_waker *w);

/* The first len bytes of what there is, when some of it is held; then nothing
 * is any more. */
flow_value flow__bytes_early(struct flow__bytes *b, size_t len);

/* The close of a type whose self begins with the bytes. */
void flow__bytes_close(void *self);

/* The failures: a piece too long (what: "line"), an end in the midst of one. */
flow_status flow__bytes_too_long(flow_stage *out, const char *what,
                                 size_t longest);
flow_status flow__bytes_cut_off(struct flow__bytes *b, flow_stage *out,
                                const char *what);

/* v, if it is text or bytes; otherwise drops it, and gives the error of the
 * operator `name`, without flow_, that says so. */
flow_value flow__as_bytes(const char *name, flow_value v);

/* How many bytes there are to cut. */
static inline size_t flow__bytes_count(const struct flow__bytes *b)
{
    return b->held_len + (size_t)(b->end - b->at);
}

/* Gives the first len bytes of what there is, and leaves out `skip` more; with
 * them all that is held. */
static inline flow_status flow__bytes_give(struct flow__bytes *b, size_t len,
                                           size_t skip, flow_stage *out)
{
    size_t held = b->held_len, from = (size_t)(b->at - b->start);
    flow_value v;

    if (held > 0)
        v = flow__bytes_early(b, len);
    else if (b->near)
        v = flow__slice_near(b->block, from, len);
    else
        v = flow_slice(&b->block, from, len);
    if (flow_is_failure(v))
        return flow_raise_in(out, v);
    b->at += len + skip - held;
    b->pieces[b->n++] = v;
    return FLOW_READY;
}

/* The fill of all that cut. With pieces at hand it asks for more only if there
 * is room for more. */
static inline flow_status flow__bytes_fill(struct flow__bytes *b,
                                           flow_stage *out, flow_waker *w,
                                           flow__cutter *cut)
{
    size_t room = flow_room(out);
    flow_status st = FLOW_READY;

    b->n = 0;
    while (b->n < FLOW__PIECES && st == FLOW_READY)
        if (!b->dry) {
            st = cut(b, out);
            b->dry = st == FLOW_WAIT;
            st = b->dry ? FLOW_READY : st;
        } else if (b->n < room) {
            st = flow__bytes_more(b, out, w);
        } else {
            break;
        }
    flow_lend(out, b->pieces, b->n);
    return st;
}

#endif
