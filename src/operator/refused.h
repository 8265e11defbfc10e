/* SPDX-License-Identifier: MIT */
/* What a constructor gives that was asked for something that cannot be: its
 * inputs are closed at once, and the failure waits until somebody asks. `name` is
 * the operator's, without flow_. */
#ifndef FLOW_OPERATOR_REFUSED_H
#define FLOW_OPERATOR_REFUSED_H

#include <flow/flow.h>

/* Takes the n stages and the error. */
flow_stage *flow__refused(const char *name, flow_stage *const *s, size_t n,
                          flow_value error);

/* The same for want of memory. */
flow_stage *flow__out_of_memory(const char *name, flow_stage *const *s,
                                size_t n);

/* NULL if there are n stages and none of them is NULL; otherwise takes them and
 * gives what says so. */
flow_stage *flow__check_inputs(const char *name, flow_stage *const *s,
                               size_t n);

#endif
