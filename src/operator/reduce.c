/* SPDX-License-Identifier: MIT */
/* Gives the last running value. While its source pauses it keeps the one so
 * far; settled errors go ahead of it. */
#include "fold.h"
#include "set.h"

static flow_value take_in(void *self, flow_value v)
{
    struct flow__fold *o = self;
    flow_value next = flow__fold_next(o, v);

    if (flow_is_failure(next))
        return next;
    o->so_far = next;
    return flow_none();
}

static flow_status reduce_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct flow__fold *o = self;
    flow_status st = flow__absorb_each(o->source, out, w, take_in, o);

    if (st == FLOW_DONE) {
        flow_give(out, o->so_far);
        o->so_far = flow_none();
    }
    return st;
}

static const flow_type reduce_type = {
    .name = "reduce", .size = sizeof(struct flow__fold), .fill = reduce_fill,
    .close = flow__fold_close, .inputs = flow_first_input
};

flow_stage *(flow_reduce)(flow_stage *s, flow_value start, flow_fold *f,
                          void *arg)
{
    return flow__fold_new(&reduce_type,
                          &(struct flow__fold){ s, start, f, arg });
}
