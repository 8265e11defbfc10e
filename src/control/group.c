/* SPDX-License-Identifier: MIT */
/* Groups: one owner of many deferreds, itself a deferred that fires when all
 * have ended, or with the first failure among them. */
#include "base/memory.h"
#include "base/value.h"
#include "stage/deferred.h"

struct member {
    struct flow__waiter waiter;             /* first                        */
    struct member *next, *prev;
    flow_group *group;
    flow_deferred *d;
};

struct flow_group {
    flow_deferred ended;                    /* first                        */
    struct member *members;
    bool closed;                            /* nobody adds from outside     */
};

static flow_group *lost(void)
{
    return (flow_group *)(void *)&flow__no_memory_deferred;
}

static void unlist(struct member *m)
{
    if (m->prev != NULL)
        m->prev->next = m->next;
    else
        m->group->members = m->next;
    if (m->next != NULL)
        m->next->prev = m->prev;
}

/* Gives up all that still run. One may end another meanwhile. */
static void close_members(flow_group *g)
{
    while (g->members != NULL) {
        struct member *m = g->members;
        flow_deferred *d = m->d;

        unlist(m);
        flow__waiter_remove(&m->waiter);
        flow_free(m, sizeof *m);
        flow_cancel(d);
        (void)flow_outcome(d);              /* its failure is not news      */
        flow_release(d);
    }
}

static void undo(void *arg)
{
    close_members(arg);
}

/* The rest is closed first: who hears of the failure finds them gone. */
static void fail(flow_group *g, flow_value error)
{
    flow_hold(&g->ended);
    close_members(g);
    g->ended.undo = NULL;
    flow_fire(&g->ended, error);
    flow_release(&g->ended);
}

static void end_if_empty(flow_group *g)
{
    if (!g->closed || g->members != NULL || flow_fired(&g->ended))
        return;
    g->ended.undo = NULL;
    flow_fire(&g->ended, flow_none());
}

static void member_ended(struct flow__waiter *w)
{
    struct member *m = (struct member *)(void *)w;
    flow_group *g = m->group;
    flow_value v = flow__outcome_of(m->d);

    unlist(m);
    flow_release(m->d);
    flow_free(m, sizeof *m);
    if (flow_is_failure(v)) {
        fail(g, v);
        return;
    }
    flow_drop(v);
    end_if_empty(g);
}

flow_group *flow_group_new(void)
{
    flow_group *g = (flow_group *)(void *)flow__deferred_new(sizeof *g);

    if (g == NULL)
        return lost();
    flow_on_cancel(&g->ended, undo, g);
    return g;
}

static void refuse(flow_deferred *d)
{
    flow_cancel(d);
    (void)flow_outcome(d);
    flow_release(d);
}

void flow_group_add(flow_group *g, flow_deferred *d)
{
    struct member *m;

    if (g == lost() || flow_fired(&g->ended)) {
        refuse(d);
        return;
    }
    m = flow_alloc(sizeof *m);
    if (m == NULL) {
        refuse(d);
        fail(g, flow__no_memory_error());
        return;
    }
    *m = (struct member){ .waiter.call = member_ended, .next = g->members,
                          .group = g, .d = d };
    if (m->next != NULL)
        m->next->prev = m;
    g->members = m;
    if (flow_outcome(d) != NULL)
        member_ended(&m->waiter);
    else
        flow__waiter_add(&m->waiter, d);
}

flow_deferred *flow_group_end(flow_group *g)
{
    if (g == lost())
        return &flow__no_memory_deferred;
    g->closed = true;
    end_if_empty(g);
    return &g->ended;
}
