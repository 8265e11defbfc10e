/* SPDX-License-Identifier: MIT */
/* Calls a function for what it does. Gives nothing but settled errors. */
#include "set.h"

struct for_each { flow_stage *source; flow_function *f; void *arg; };

static flow_value call(void *self, flow_value v)
{
    struct for_each *e = self;
    flow_value answer = e->f(v, e->arg);

    if (flow_is_failure(answer))
        return answer;
    flow_drop(answer);
    return flow_none();
}

static flow_status for_each_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct for_each *e = self;

    return flow__absorb_each(e->source, out, w, call, e);
}

static const flow_type for_each_type = {
    .name = "for_each", .size = sizeof(struct for_each),
    .fill = for_each_fill, .inputs = flow_first_input
};

flow_stage *(flow_for_each)(flow_stage *s, flow_function *f, void *arg)
{
    if (f == NULL)
        return flow__misused("for_each", s, "give it a function, not NULL");
    return flow_stage_new(&for_each_type, &(struct for_each){ s, f, arg });
}
