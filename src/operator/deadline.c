/* SPDX-License-Identifier: MIT */
/* The clock runs from the first ask. The alarm is needed only while the source
 * waits: otherwise the time is looked at when a row set is asked for. */
#include "operator/limit.h"

struct deadline {
    struct flow__limit limit;       /* first: it is closed as one           */
    double at;
    bool begun;
};

static flow_status deadline_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct deadline *d = self;
    struct flow__limit *l = &d->limit;
    double now = flow__now(w);

    if (!d->begun) {
        d->begun = true;
        d->at = now + l->seconds;
    } else if (now >= d->at || l->alarm.rung) {
        return flow__limit_fail(l, out, "end");
    }

    flow_status st = flow__limit_pass(l, out, w);

    if (st != FLOW_WAIT) {
        flow__alarm_off(&l->alarm);
        return st;
    }
    if (l->alarm.host == NULL)
        flow__alarm_set(&l->alarm, w, d->at - now);
    flow__alarm_wakes(&l->alarm, w);
    return FLOW_WAIT;
}

static const flow_type deadline_type = {
    .name = "deadline", .size = sizeof(struct deadline),
    .fill = deadline_fill, .close = flow__limit_close,
    .inputs = flow_first_input
};

flow_stage *(flow_deadline)(flow_stage *s, double seconds)
{
    struct deadline d = { .limit = { .source = s, .seconds = seconds } };

    return flow__is_span(seconds) ? flow_stage_new(&deadline_type, &d)
                                  : flow__refused_span("deadline", s);
}
