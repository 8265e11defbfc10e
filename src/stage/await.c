/* SPDX-License-Identifier: MIT */
/* Waiting for a deferred: as a stage, and in a generator. */
#include "deferred.h"
#include "stage.h"

struct await {
    struct flow__waiter waiter;             /* first                        */
    flow_waker *waker;
    flow_deferred *d;
};

static void came(struct flow__waiter *w)
{
    flow_wake(((struct await *)w)->waker);
}

static flow_status await_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct await *a = self;
    flow_value v;

    if (flow_outcome(a->d) == NULL) {
        a->waker = w;
        if (a->waiter.on == NULL)
            flow__waiter_add(&a->waiter, a->d);
        flow_waits_for(out, w, "a deferred");
        return FLOW_WAIT;
    }
    v = flow__outcome_of(a->d);
    if (flow_fails(v))
        return flow_raise_in(out, v);
    flow_give(out, v);
    return FLOW_DONE;
}

static void await_close(void *self)
{
    struct await *a = self;

    flow__waiter_remove(&a->waiter);
    flow_release(a->d);
}

flow_stage *(flow_from_deferred)(flow_deferred *d)
{
    static const flow_type type = {
        "deferred", sizeof(struct await), await_fill, await_close, NULL
    };
    struct await a = { { .call = came }, NULL, d };

    return flow_stage_new(&type, &a);
}

bool flow_await(flow_gen *self, flow_deferred *d, flow_value *out)
{
    struct await a = { { .call = came }, NULL, d };
    flow_value v;

    while (flow_outcome(d) == NULL) {
        bool go_on;
        a.waker = self->waker;
        flow__waiter_add(&a.waiter, d);
        go_on = flow__wait_for(self, "a deferred");
        flow__waiter_remove(&a.waiter);
        if (!go_on)
            return false;
    }
    if (flow_closing(self))
        return flow__refuse(self);
    v = flow__outcome_of(d);
    if (flow_fails(v)) {
        flow_raise_at(self, v, NULL);
        return false;
    }
    *out = v;
    return true;
}
