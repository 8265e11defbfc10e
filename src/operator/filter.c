/* SPDX-License-Identifier: MIT */
/* The values that pass a test, moved together where they lie. */
#include "set.h"

struct filter { flow_stage *source; flow_test *test; void *arg; };

static bool passes(void *self, const flow_value *v)
{
    struct filter *f = self;

    return f->test(v, f->arg);
}

static bool is_true(const flow_value *v, void *arg)
{
    (void)arg;
    return flow_true(v);
}

static flow_status filter_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct filter *f = self;

    return flow__choose_each(f->source, out, w, passes, f);
}

static const flow_type filter_type = {
    .name = "filter", .size = sizeof(struct filter), .fill = filter_fill,
    .inputs = flow_first_input
};

flow_stage *(flow_filter)(flow_stage *s, flow_test *test, void *arg)
{
    return flow_stage_new(&filter_type, &(struct filter){
        s, test != NULL ? test : is_true, arg
    });
}
