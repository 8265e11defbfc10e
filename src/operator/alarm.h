/* SPDX-License-Identifier: MIT */
/* A timer inside an operator: when it rings, whoever asks the operator is woken
 * and finds `rung`. Starts as {0}; must not move once it is set. */
#ifndef FLOW_OPERATOR_ALARM_H
#define FLOW_OPERATOR_ALARM_H

#include <flow/flow.h>

struct flow__alarm {
    flow_task task;                 /* first: the task leads to the alarm   */
    flow_host *host;                /* where it is set; NULL: it is not     */
    flow_waker *waker;              /* of the last ask                      */
    bool rung;
};

#pragma GCC visibility push(default)        /* for the other libraries      */
void flow__alarm_set(struct flow__alarm *a, flow_waker *w, double seconds);

/* Not set, nor rung, any more. */
void flow__alarm_stop(struct flow__alarm *a);
#pragma GCC visibility pop

#endif
