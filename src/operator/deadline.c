/* SPDX-License-Identifier: MIT */
/* The clock runs from the first ask. The alarm is needed only while the source
 * waits: otherwise the time is looked at when a row set is asked for. */
#include "limit.h"

static flow_status deadline_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct flow__limit *l = self;

    if (l->timed && (l->alarm.rung || flow__now(w) >= l->at))
        return flow__limit_fail(l, out, "end");
    flow__limit_start(l, w);

    flow_status st = flow__pass_set(l->source, out, w);

    if (st == FLOW_WAIT)
        return flow__limit_wait(l, w);
    flow__alarm_stop(&l->alarm);
    return st;
}

static const flow_type deadline_type = {
    .name = "deadline", .size = sizeof(struct flow__limit),
    .fill = deadline_fill, .close = flow__limit_close,
    .inputs = flow_first_input
};

flow_stage *(flow_deadline)(flow_stage *s, double seconds)
{
    flow_stage *refused = flow__check_span("deadline", s, seconds);

    return refused != NULL ? refused
                           : flow_stage_new(&deadline_type,
                                            &(struct flow__limit){
        .source = s, .seconds = seconds
    });
}
