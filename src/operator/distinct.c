/* SPDX-License-Identifier: MIT */
/* Leaves out what equals the value before; holds that one. */
#include "set.h"

struct distinct { flow_stage *source; flow_value before; bool begun; };

static bool same(const flow_value *a, const flow_value *b)
{
    if (a->kind == FLOW_INT && b->kind == FLOW_INT)
        return a->as.num == b->as.num;
    return flow_compare(a, b) == 0;
}

static bool differs(void *self, const flow_value *v)
{
    struct distinct *d = self;

    if (d->begun && same(&d->before, v))
        return false;
    flow_drop(d->before);
    d->before = flow_share(*v);
    d->begun = true;
    return true;
}

static flow_status distinct_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct distinct *d = self;

    return flow__choose_each(d->source, out, w, differs, d);
}

static void distinct_close(void *self)
{
    struct distinct *d = self;

    flow_drop(d->before);
}

static const flow_type distinct_type = {
    .name = "distinct", .size = sizeof(struct distinct),
    .fill = distinct_fill, .close = distinct_close,
    .inputs = flow_first_input
};

flow_stage *(flow_distinct)(flow_stage *s)
{
    return flow_stage_new(&distinct_type,
                          &(struct distinct){ s, flow_none(), false });
}
