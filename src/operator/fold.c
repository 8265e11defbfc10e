/* SPDX-License-Identifier: MIT */
/* What scan and reduce share: see fold.h. */
#include "fold.h"
#include "set.h"

flow_value flow__fold_next(struct flow__fold *o, flow_value v)
{
    flow_value so_far = o->so_far;

    o->so_far = flow_none();
    return o->f(so_far, v, o->arg);
}

flow_stage *flow__fold_new(const flow_type *t, const struct flow__fold *o)
{
    if (flow_is_failure(o->so_far))
        return flow__refused(t->name, o->source, o->so_far);
    if (o->f == NULL) {
        flow_drop(o->so_far);
        return flow__misused(t->name, o->source,
                             "give it a function, not NULL");
    }
    return flow_stage_new(t, o);
}

void flow__fold_close(void *self)
{
    struct flow__fold *o = self;

    flow_drop(o->so_far);
}
