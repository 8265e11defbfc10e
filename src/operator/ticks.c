/* SPDX-License-Identifier: MIT */
/* Each tick has its time, counted from the first ask, so that none is put off
 * by the ones before it; those whose time has passed unasked are left out. */
#include "alarm.h"
#include "span.h"

struct ticks {
    struct flow__alarm alarm;
    double seconds, begun;
    int64_t n;                      /* the last that was given              */
    bool goes;
};

static flow_status ticks_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct ticks *t = self;
    double now = flow__now(w), due;
    int64_t passed;

    if (!t->goes)
        t->begun = now;
    t->goes = true;
    due = t->begun + (double)(t->n + 1) * t->seconds;
    if (!t->alarm.rung && now < due) {
        flow__alarm_set(&t->alarm, w, due - now);
        flow_waits_for(out, w, "its time");
        return FLOW_WAIT;
    }
    flow__alarm_stop(&t->alarm);
    passed = (int64_t)((now - t->begun) / t->seconds);
    t->n = passed > t->n + 1 ? passed : t->n + 1;
    flow_give(out, flow_int(t->n));
    return FLOW_READY;
}

static void ticks_close(void *self)
{
    flow__alarm_stop(&((struct ticks *)self)->alarm);
}

flow_stage *(flow_ticks)(double seconds)
{
    static const flow_type type = {
        .name = "ticks", .size = sizeof(struct ticks), .fill = ticks_fill,
        .close = ticks_close
    };

    if (!(seconds > 0))
        return flow__misused("ticks", NULL, "give a number of seconds above 0");
    return flow_stage_new(&type, &(struct ticks){ .seconds = seconds });
}
