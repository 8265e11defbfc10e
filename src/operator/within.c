/* SPDX-License-Identifier: MIT */
/* The clock runs from the ask that has to wait to the next value. A value that
 * is there when it is too late was in time enough: its reader came later
 * still. */
#include "limit.h"

static flow_status within_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct flow__limit *l = self;
    flow_status st = flow__pass_set(l->source, out, w);

    if (st != FLOW_WAIT) {
        flow__alarm_stop(&l->alarm);
        l->timed = false;
        return st;
    }
    flow__limit_start(l, w);
    return l->alarm.rung ? flow__limit_fail(l, out, "value")
                         : flow__limit_wait(l, w);
}

static const flow_type within_type = {
    .name = "within", .size = sizeof(struct flow__limit),
    .fill = within_fill, .close = flow__limit_close,
    .inputs = flow_first_input
};

flow_stage *(flow_within)(flow_stage *s, double seconds)
{
    flow_stage *refused = flow__check_span("within", s, seconds);

    return refused != NULL ? refused
                           : flow_stage_new(&within_type, &(struct flow__limit){
        .source = s, .seconds = seconds
    });
}
