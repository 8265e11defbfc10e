/* SPDX-License-Identifier: MIT */
/* A source that is a function called again and again with its state. */
#include <flow/flow.h>

struct iterate {
    flow_step *step;
    void *state;
};

static flow_status iterate_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct iterate *it = self;

    (void)w;
    return it->step(it->state, out);
}

flow_stage *(flow_iterate)(flow_step *step, void *state)
{
    static const flow_type type = {
        .name = "step", .size = sizeof(struct iterate), .fill = iterate_fill
    };
    struct iterate it = { step, state };

    return flow_stage_new(&type, &it);
}
