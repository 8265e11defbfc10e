/* SPDX-License-Identifier: MIT */
/* What flow_within and flow_deadline have in common: they hand on what their
 * source gives, until it is too late. */
#ifndef FLOW_OPERATOR_LIMIT_H
#define FLOW_OPERATOR_LIMIT_H

#include "alarm.h"
#include "span.h"

struct flow__limit {
    flow_stage *source;             /* first: flow_first_input              */
    struct flow__alarm alarm;
    double seconds;
    double at;                      /* when it is too late                  */
    bool timed;                     /* `at` is set: the clock runs          */
};

/* Starts the clock, if it does not run. */
void flow__limit_start(struct flow__limit *l, flow_waker *w);

/* For `return` while the source waits: has w woken when it is too late. */
flow_status flow__limit_wait(struct flow__limit *l, flow_waker *w);

/* Closes the source and fails: `what` did not come within l->seconds. */
flow_status flow__limit_fail(struct flow__limit *l, flow_stage *out,
                             const char *what);

/* The close of a type whose self is a limit. */
void flow__limit_close(void *self);

#endif
