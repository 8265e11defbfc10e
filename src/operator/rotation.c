/* SPDX-License-Identifier: MIT */
#include "rotation.h"

#include "trouble.h"

/* The turn of the input at the front, which is not asked once one has
 * failed. */
static flow_status next_turn(struct flow__rotation *r, flow_stage *out,
                             flow_waker *w, flow__turn *turn)
{
    struct flow__input *in = flow__fan_next(r->fan);
    bool failing = flow_is_failure(r->failure);
    flow_value error;

    if (in == NULL
        || (failing && flow_ready(flow__fan_stage(in)) == 0))
        return FLOW_WAIT;

    flow_status st = turn(r, in, out, w, &error);

    switch (st) {
    case FLOW_READY:
        if (!in->queued)
            flow__fan_again(in);
        break;
    case FLOW_WAIT:
        break;
    case FLOW_FAILED:
        if (failing)
            error = flow_because(r->failure, error);
        r->failure = error;
        flow__fan_finish(in);
        break;
    case FLOW_DONE:
        flow__fan_finish(in);
        break;
    }
    return st;
}

flow_status flow__rotate(struct flow__rotation *r, flow_stage *out,
                         flow_waker *w, flow__turn *turn, size_t turns)
{
    struct flow__fan *fan = r->fan;
    size_t room = flow_room(out);
    size_t waits = fan->queued;     /* so that one that wakes itself while it
                                       is asked is not asked for ever       */

    while (fan->first != NULL && waits > 0 && turns > 0
           && flow_room(out) > 0) {
        flow_status st = next_turn(r, out, w, turn);

        waits -= st == FLOW_WAIT;
        turns -= st == FLOW_READY;
    }
    if (flow_room(out) < room)
        return FLOW_READY;
    if (flow_is_failure(r->failure)) {
        flow_value failure = r->failure;

        r->failure = flow_none();
        flow__fan_close(fan);
        return flow_raise_in(out, failure);
    }
    return fan->live == 0 ? FLOW_DONE : flow__fan_wait(fan, w);
}

void flow__rotation_close(void *self)
{
    struct flow__rotation *r = self;

    flow__unread("an input", r->failure);
    flow__fan_free(r->fan);
}

size_t flow__rotation_inputs(void *self, flow_stage ***list)
{
    return flow__fan_stages(((struct flow__rotation *)self)->fan, list);
}
