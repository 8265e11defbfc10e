/* SPDX-License-Identifier: MIT */
#include "rotation.h"

static flow_status merge_turn(void *self, struct flow__input *in,
                              flow_stage *out, flow_waker *w, flow_value *v)
{
    flow_status st = flow_pull(flow__fan_stage(in), flow__fan_waker(in, w), v);

    (void)self;
    if (st == FLOW_READY)
        flow_give(out, *v);
    return st;
}

static flow_status merge_fill(void *self, flow_stage *out, flow_waker *w)
{
    return flow__rotate(self, out, w, merge_turn, SIZE_MAX);
}

static const flow_type merge_type = {
    .name = "merge", .size = sizeof(struct flow__rotation),
    .fill = merge_fill, .close = flow__rotation_close,
    .inputs = flow__rotation_inputs
};

flow_stage *(flow_merge)(flow_stage *const *s, size_t n)
{
    flow_stage *refused;
    struct flow__rotation m = { .fan = flow__fan_of(s, n, "merge", &refused) };

    return m.fan == NULL ? refused : flow_stage_new(&merge_type, &m);
}
