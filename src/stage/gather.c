/* SPDX-License-Identifier: MIT */
/* Several deferreds as one: all of them, or the first. */
#include "base/memory.h"
#include "base/value.h"
#include "deferred.h"

struct part {
    struct flow__waiter waiter;             /* first                        */
    struct group *group;
    flow_deferred *d;
};

struct group {
    flow_deferred all;                      /* first                        */
    bool first_of;
    size_t n, left;
    struct part parts[];
};

/* The parts that have not fired are given up, and all are let go. Giving one up
 * may fire another, which nobody waits for any more. */
static void let_go(struct group *g)
{
    size_t n = g->n;

    g->n = 0;
    for (size_t i = 0; i < n; i++)
        flow__waiter_remove(&g->parts[i].waiter);
    for (size_t i = 0; i < n; i++) {
        if (!flow_fired(g->parts[i].d))
            flow_cancel(g->parts[i].d);
        flow_outcome(g->parts[i].d);        /* its failure is not news      */
        flow_release(g->parts[i].d);
    }
}

static void undo(void *arg)
{
    let_go(arg);
}

static flow_value values_of(struct group *g)
{
    size_t size = g->n * sizeof(flow_value);
    flow_value *values = flow_alloc(size + 1);
    flow_value list;

    if (values == NULL)
        return flow__no_memory_error();
    for (size_t i = 0; i < g->n; i++)
        values[i] = flow__outcome_of(g->parts[i].d);
    list = flow_pack(values, g->n);
    flow_free(values, size + 1);
    return list;
}

static void finish(struct group *g, flow_value v)
{
    flow_hold(&g->all);
    g->all.undo = NULL;
    let_go(g);
    flow_fire(&g->all, v);
    flow_release(&g->all);
}

static void part_done(struct flow__waiter *w)
{
    struct part *p = (struct part *)w;
    struct group *g = p->group;
    flow_value v = flow__outcome_of(p->d);

    g->left--;
    if (g->first_of || flow_is_failure(v)) {
        finish(g, v);
        return;
    }
    flow_drop(v);
    if (g->left == 0)
        finish(g, values_of(g));
}

static void begin_waiting(struct group *g)
{
    flow_hold(&g->all);
    for (size_t i = 0; i < g->n; i++) {
        struct part *p = &g->parts[i];
        if (flow_outcome(p->d) != NULL)
            part_done(&p->waiter);          /* may finish: then n is 0      */
        else
            flow__waiter_add(&p->waiter, p->d);
    }
    flow_release(&g->all);
}

static flow_deferred *refuse_null(void)
{
    flow_deferred *d = flow_defer();

    flow_fire(d, flow_error(FLOW_EINVAL, 0, "deferreds were to be waited for "
                            "whose array is NULL"));
    return d;
}

static flow_deferred *group_of(flow_deferred *const *d, size_t n, bool first_of)
{
    if (d == NULL && n > 0)
        return refuse_null();

    struct group *g = (struct group *)(void *)
        flow__deferred_new(sizeof *g + n * sizeof *g->parts);

    if (g == NULL) {
        for (size_t i = 0; i < n; i++)
            flow_release(d[i]);
        return &flow__no_memory_deferred;
    }
    g->first_of = first_of;
    g->n = g->left = n;
    flow_on_cancel(&g->all, undo, g);
    for (size_t i = 0; i < n; i++)
        g->parts[i] = (struct part){ { .call = part_done }, g, d[i] };
    if (n > 0)
        begin_waiting(g);
    else if (first_of)
        finish(g, flow_error(FLOW_EINVAL, 0, "the first of no deferreds"));
    else
        finish(g, flow_pack(NULL, 0));
    return &g->all;
}

flow_deferred *flow_gather(flow_deferred *const *d, size_t n)
{
    return group_of(d, n, false);
}

flow_deferred *flow_first_of(flow_deferred *const *d, size_t n)
{
    return group_of(d, n, true);
}
