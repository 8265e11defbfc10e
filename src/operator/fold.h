/* SPDX-License-Identifier: MIT */
/* A running value over a source: scan gives each, reduce the last. */
#ifndef FLOW_OPERATOR_FOLD_H
#define FLOW_OPERATOR_FOLD_H

#include <flow/flow.h>

struct flow__fold {
    flow_stage *source;
    flow_value so_far;
    flow_fold *f;
    void *arg;
};

/* The next running value, or a failure. so_far has gone into it, so that a
 * function may be the only holder of what it adds to. */
flow_value flow__fold_next(struct flow__fold *o, flow_value v);

/* The stage; one that fails if there is no f, or start is a failure. */
flow_stage *flow__fold_new(const flow_type *t, const struct flow__fold *o);

void flow__fold_close(void *self);

#endif
