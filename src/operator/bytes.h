/* SPDX-License-Identifier: MIT */
/* Cutting text and bytes that come in blocks of any size into pieces.
 *
 *      held                      block
 *     | what earlier blocks had | ... already cut | what is left |
 *     |     of this piece       |                 ^ at           ^ end
 *
 * The piece being cut begins in `held`, or at `at` when nothing is held. A
 * piece that lies in the block is a slice of it and shares it; only one that is
 * cut in two by the end of a block is copied. `held` grows geometrically, and
 * no byte is looked at twice because a block has come: whoever cuts says how
 * much it may hold, by failing in time. */
#ifndef FLOW_OPERATOR_BYTES_H
#define FLOW_OPERATOR_BYTES_H

#include <flow/flow.h>

struct flow__bytes {
    flow_stage *source;             /* first: flow_first_input              */
    flow_value block;               /* NONE: none came yet                  */
    const char *start, *at, *end;   /* of the block                         */
    char *held;
    size_t held_len, held_size;
    bool held_bytes;                /* some of it was not text              */
    bool dry;                       /* nothing can be cut without more      */
    bool over;                      /* and more will not come               */
};

/* Cuts one piece and gives it: FLOW_READY. FLOW_WAIT: it needs more; not asked
 * again until there is, or b->over. `self` begins with the bytes. */
typedef flow_status flow__cutter(void *self, flow_stage *out);

/* Gets the next block, or learns that it is over; then b is not dry any more. A
 * settled error goes by. */
flow_status flow__bytes_more(struct flow__bytes *b, flow_stage *out,
                             flow_waker *w);

/* The first len bytes of what there is, out of what is held and the block. */
flow_value flow__bytes_joined(struct flow__bytes *b, size_t len);

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
    size_t from = (size_t)(b->at - b->start);
    flow_value v;

    if (b->held_len > 0)
        v = flow__bytes_joined(b, len);
    else
        v = flow_slice(&b->block, from, len);
    if (flow_is_failure(v))
        return flow_raise_in(out, v);
    b->at += len + skip - b->held_len;
    b->held_len = 0;
    flow_give(out, v);
    return FLOW_READY;
}

/* The fill of all that cut. */
static inline flow_status flow__bytes_fill(struct flow__bytes *b,
                                           flow_stage *out, flow_waker *w,
                                           flow__cutter *cut)
{
    while (flow_room(out) > 0) {
        flow_status st = b->dry ? FLOW_WAIT : cut(b, out);

        if (st == FLOW_WAIT) {
            b->dry = true;
            st = flow__bytes_more(b, out, w);
        }
        if (st != FLOW_READY)
            return st;
    }
    return FLOW_READY;
}

#endif
