/* SPDX-License-Identifier: MIT */
/* What flow_within and flow_deadline have in common: they hand on what their
 * source gives, until it is too late. */
#ifndef FLOW_OPERATOR_LIMIT_H
#define FLOW_OPERATOR_LIMIT_H

#include "operator/alarm.h"

struct flow__limit {
    flow_stage *source;             /* first: flow_first_input              */
    struct flow__alarm alarm;
    double seconds;
};

/* Hands on a row set, or an answer, which it gives. */
flow_status flow__limit_pass(struct flow__limit *l, flow_stage *out,
                             flow_waker *w);

/* Closes the source and fails: `what` did not come within l->seconds. */
flow_status flow__limit_fail(struct flow__limit *l, flow_stage *out,
                             const char *what);

/* The close of a type whose self begins with a limit. */
void flow__limit_close(void *self);

#endif
