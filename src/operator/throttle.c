/* SPDX-License-Identifier: MIT */
/* The value whose turn has not come is kept: so the source works meanwhile, and
 * its end or failure is not held up. */
#include "alarm.h"
#include "span.h"

struct throttle {
    flow_stage *source;             /* first: flow_first_input              */
    struct flow__alarm alarm;
    flow_value kept;
    double pause, next;             /* when the next value may go           */
    bool keeps;
};

static flow_status throttle_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct throttle *t = self;

    if (!t->keeps) {
        flow_status st = flow_pull(t->source, w, &t->kept);

        if (st != FLOW_READY)
            return flow_pass(out, st, t->kept);
        t->keeps = true;
    }

    double now = flow__now(w);

    if (now < t->next) {
        flow__alarm_set(&t->alarm, w, t->next - now);
        flow_waits_for(out, w, "its turn");
        return FLOW_WAIT;
    }
    flow__alarm_stop(&t->alarm);
    t->next = now + t->pause;
    t->keeps = false;
    flow_give(out, t->kept);
    return FLOW_READY;
}

static void throttle_close(void *self)
{
    struct throttle *t = self;

    flow__alarm_stop(&t->alarm);
    if (t->keeps)
        flow_drop(t->kept);
}

static const flow_type throttle_type = {
    .name = "throttle", .size = sizeof(struct throttle),
    .fill = throttle_fill, .close = throttle_close,
    .inputs = flow_first_input
};

flow_stage *(flow_throttle)(flow_stage *s, double seconds)
{
    flow_stage *refused = flow__check_span("throttle", s, seconds);

    return refused != NULL ? refused
                           : flow_stage_new(&throttle_type, &(struct throttle){
        .source = s, .pause = seconds, .next = -__builtin_inf()
    });
}
