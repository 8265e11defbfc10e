/* SPDX-License-Identifier: MIT */
/* Gives each running value as it is made. */
#include "fold.h"
#include "set.h"

static flow_value run_on(void *self, flow_value v)
{
    struct flow__fold *o = self;
    flow_value next = flow__fold_next(o, v);

    if (!flow_is_failure(next))
        o->so_far = flow_share(next);
    return next;
}

static flow_status scan_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct flow__fold *o = self;

    return flow__change_each(o->source, out, w, run_on, o);
}

static const flow_type scan_type = {
    .name = "scan", .size = sizeof(struct flow__fold), .fill = scan_fill,
    .close = flow__fold_close, .inputs = flow_first_input
};

flow_stage *(flow_scan)(flow_stage *s, flow_value start, flow_fold *f,
                        void *arg)
{
    return flow__fold_new(&scan_type, &(struct flow__fold){ s, start, f, arg });
}
