/* SPDX-License-Identifier: MIT */
/* The clock runs from the ask that has to wait to the next value. A value that is
 * there when the alarm has rung was in time enough: its reader came later still. */
#include "operator/limit.h"

static flow_status within_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct flow__limit *l = self;
    flow_status st = flow__limit_pass(l, out, w);

    if (st != FLOW_WAIT) {
        flow__alarm_off(&l->alarm);
        return st;
    }
    if (l->alarm.rung)
        return flow__limit_fail(l, out, "value");
    if (l->alarm.host == NULL)
        flow__alarm_set(&l->alarm, w, l->seconds);
    flow__alarm_wakes(&l->alarm, w);
    return FLOW_WAIT;
}

static const flow_type within_type = {
    .name = "within", .size = sizeof(struct flow__limit),
    .fill = within_fill, .close = flow__limit_close,
    .inputs = flow_first_input
};

flow_stage *(flow_within)(flow_stage *s, double seconds)
{
    struct flow__limit l = { .source = s, .seconds = seconds };

    return flow__is_span(seconds) ? flow_stage_new(&within_type, &l)
                                  : flow__refused_span("within", s);
}
