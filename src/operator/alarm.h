/* SPDX-License-Identifier: MIT */
/* An alarm: a timer in self that wakes whoever waits for the operator. It does
 * not move once it is set, and is put off before self goes. All zero: off. */
#ifndef FLOW_OPERATOR_ALARM_H
#define FLOW_OPERATOR_ALARM_H

#include <flow/flow.h>

struct flow__alarm {
    flow_task task;
    flow_host *host;                /* NULL: off                            */
    flow_waker *up;
    bool rung;                      /* since it was set                     */
};

/* The host to ask for the time. */
flow_host *flow__host_of(const flow_waker *w);

/* The time now, in seconds of the host's clock. */
double flow__now(const flow_waker *w);

/* Rings so many seconds from now. */
void flow__alarm_set(struct flow__alarm *a, flow_waker *w, double seconds);

/* Whom to wake: the w of the last fill. */
static inline void flow__alarm_wakes(struct flow__alarm *a, flow_waker *w)
{
    a->up = w;
}

/* Off and not rung, whatever it was. */
void flow__alarm_off(struct flow__alarm *a);

/* Whether so many seconds can be waited: not less than 0, and a number. */
bool flow__is_span(double seconds);

/* What operator `name` over s is, when they cannot. */
flow_stage *flow__refused_span(const char *name, flow_stage *s);

#endif
