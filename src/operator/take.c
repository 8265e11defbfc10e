/* SPDX-License-Identifier: MIT */
/* The first n values. The source is closed before the last of them is handed
 * over. What was lent lies in the source's memory, so of a set that holds more
 * than the last one, that one is kept back for the next ask. Settled errors
 * pass without being counted. */
#include "set.h"

struct take {
    flow_stage *source;
    size_t left;
    flow_value last;
    bool holds;                     /* last is still to be given            */
};

static flow_status give_last(struct take *t, flow_stage *out, flow_value v)
{
    flow_close(t->source);
    t->source = NULL;
    t->holds = false;
    t->left = 0;
    flow_give(out, v);
    return FLOW_DONE;
}

/* How much of the set is wanted: all, or up to the last value counted. */
static size_t wanted(struct take *t, const flow_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->v[i].kind != FLOW_ERROR && --t->left == 0)
            return i + 1;
    return set->n;
}

static flow_status take_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct take *t = self;
    flow_set set;

    if (t->holds)
        return give_last(t, out, t->last);
    if (t->left == 0) {
        flow_close(t->source);
        t->source = NULL;
        return FLOW_DONE;
    }

    flow_status st = flow_pull_set(t->source, w, &set);
    if (st != FLOW_READY)
        return flow_pass(out, st, set.error);

    size_t n = wanted(t, &set);
    if (t->left > 0) {
        flow_lend(out, set.v, n);
        return FLOW_READY;
    }
    flow__drop_all(set.v + n, set.n - n);
    if (n == 1)
        return give_last(t, out, set.v[0]);
    t->last = set.v[n - 1];
    t->holds = true;
    flow_lend(out, set.v, n - 1);
    return FLOW_READY;
}

static void take_close(void *self)
{
    struct take *t = self;

    if (t->holds)
        flow_drop(t->last);
}

static const flow_type take_type = {
    .name = "take", .size = sizeof(struct take), .fill = take_fill,
    .close = take_close, .inputs = flow_first_input
};

flow_stage *(flow_take)(flow_stage *s, size_t n)
{
    return flow_stage_new(&take_type,
                          &(struct take){ s, n, flow_none(), false });
}
