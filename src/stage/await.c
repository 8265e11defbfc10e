/* SPDX-License-Identifier: MIT */
/* Waiting for a deferred: as a stage, and in a generator. */
#include "deferred.h"
#include "stage.h"

static void came(struct flow__waiter *w)
{
    flow_wake(((struct flow__await *)w)->waker);
}

static flow_status await_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct flow__await *a = self;
    flow_value v;

    if (flow_outcome(a->d) == NULL) {
        a->waker = w;
        if (a->waiter.on == NULL)
            flow__waiter_add(&a->waiter, a->d);
        flow_waits_for(out, w, "a deferred");
        return FLOW_WAIT;
    }
    v = flow__outcome_of(a->d);
    if (flow_is_failure(v))
        return flow_raise_in(out, v);
    flow_give(out, v);
    return FLOW_DONE;
}

static void await_close(void *self)
{
    struct flow__await *a = self;

    flow__waiter_remove(&a->waiter);
    flow_release(a->d);
}

flow_stage *(flow_from_deferred)(flow_deferred *d)
{
    static const flow_type type = {
        .name = "deferred", .size = sizeof(struct flow__await),
        .fill = await_fill,
        .close = await_close
    };
    struct flow__await a = { { .call = came }, NULL, d };

    return flow_stage_new(&type, &a);
}

void flow__await_begin(struct flow__await *a, flow_deferred *d)
{
    *a = (struct flow__await){ { .call = came }, NULL, d };
}

bool flow__await_on(flow_gen *self, struct flow__await *a)
{
    if (self->waker == NULL || flow_outcome(a->d) != NULL)
        return false;
    if (a->waiter.on == NULL)
        flow__waiter_add(&a->waiter, a->d);
    flow__wait_for(self, &a->waker, "a deferred", NULL);
    return true;
}

bool flow__await_end(flow_gen *self, struct flow__await *a, flow_value *out)
{
    flow_value v;

    flow__waiter_remove(&a->waiter);
    if (!flow__may_go_on(self))
        return false;
    v = flow__outcome_of(a->d);
    if (flow_is_failure(v)) {
        flow_raise_at(self, v, NULL);
        return false;
    }
    *out = v;
    return true;
}
