/* SPDX-License-Identifier: MIT */
/* Up to the first value that does not pass, which is dropped. The source is
 * closed when the results lent from it have been taken. */
#include "set.h"

struct take_while {
    flow_stage *source;
    flow_test *test;
    void *arg;
    bool over;
};

static flow_status end(struct take_while *t)
{
    flow_close(t->source);
    t->source = NULL;
    return FLOW_DONE;
}

static size_t passing(const struct take_while *t, const flow_set *set)
{
    size_t i = 0;

    while (i < set->n && (set->v[i].kind == FLOW_ERROR
                          || t->test(&set->v[i], t->arg)))
        i++;
    return i;
}

static flow_status take_while_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct take_while *t = self;
    flow_set set;

    if (t->over)
        return end(t);

    flow_status st = flow_pull_set(t->source, w, &set);
    if (st != FLOW_READY)
        return flow_pass(out, st, set.error);

    size_t n = passing(t, &set);
    t->over = n < set.n;
    flow__drop_all(set.v + n, set.n - n);
    if (n == 0)
        return end(t);
    flow_lend(out, set.v, n);
    return FLOW_READY;
}

static const flow_type take_while_type = {
    .name = "take_while", .size = sizeof(struct take_while),
    .fill = take_while_fill, .inputs = flow_first_input
};

flow_stage *(flow_take_while)(flow_stage *s, flow_test *test, void *arg)
{
    if (test == NULL)
        return flow__misused("take_while", s, "give it a test, not NULL");
    return flow_stage_new(&take_while_type,
                          &(struct take_while){ s, test, arg, false });
}
