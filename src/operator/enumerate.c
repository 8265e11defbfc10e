/* SPDX-License-Identifier: MIT */
/* Numbers the values; settled errors get no number. */
#include "set.h"

struct enumerate { flow_stage *source; uint64_t next; };

static flow_value number(void *self, flow_value v)
{
    struct enumerate *e = self;
    flow_value pair[] = { flow_int((int64_t)e->next++), v };

    return flow_tuple(pair, 2);
}

static flow_status enumerate_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct enumerate *e = self;

    return flow__change_each(e->source, out, w, number, e);
}

static const flow_type enumerate_type = {
    .name = "enumerate", .size = sizeof(struct enumerate),
    .fill = enumerate_fill, .inputs = flow_first_input
};

flow_stage *(flow_enumerate)(flow_stage *s, int64_t from)
{
    return flow_stage_new(&enumerate_type,
                          &(struct enumerate){ s, (uint64_t)from });
}
