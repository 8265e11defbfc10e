/* SPDX-License-Identifier: MIT */
/* From the first value that does not pass on; it is the last one tested. */
#include "set.h"

struct skip_while {
    flow_stage *source;
    flow_test *test;
    void *arg;
    bool over;
};

static bool begins(void *self, const flow_value *v)
{
    struct skip_while *s = self;

    return s->over || (s->over = !s->test(v, s->arg));
}

static flow_status skip_while_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct skip_while *s = self;

    if (s->over)
        return flow__pass_set(s->source, out, w);
    return flow__choose_each(s->source, out, w, begins, s);
}

static const flow_type skip_while_type = {
    .name = "skip_while", .size = sizeof(struct skip_while),
    .fill = skip_while_fill, .inputs = flow_first_input
};

flow_stage *(flow_skip_while)(flow_stage *s, flow_test *test, void *arg)
{
    if (test == NULL)
        return flow__misused("skip_while", s, "give it a test, not NULL");
    return flow_stage_new(&skip_while_type,
                          &(struct skip_while){ s, test, arg, false });
}
