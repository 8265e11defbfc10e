/* SPDX-License-Identifier: MIT */
/* Trouble of operators. What a constructor gives that was asked for something
 * that cannot be: its inputs are closed at once, and the failure waits until
 * somebody asks. And failures kept for later that nobody came for. `name` is the
 * operator's, without flow_. */
#ifndef FLOW_OPERATOR_TROUBLE_H
#define FLOW_OPERATOR_TROUBLE_H

#include <flow/flow.h>

/* Takes the n stages and the error. */
flow_stage *flow__refused(const char *name, flow_stage *const *s, size_t n,
                          flow_value error);

/* The same for want of memory. */
flow_stage *flow__out_of_memory(const char *name, flow_stage *const *s,
                                size_t n);

/* The same for an argument that cannot be; `advice` says what to do. */
flow_stage *flow__refused_argument(const char *name, flow_stage *s,
                                   const char *advice);

/* NULL if there are n stages and none of them is NULL; otherwise takes them and
 * gives what says so. */
flow_stage *flow__check_inputs(const char *name, flow_stage *const *s,
                               size_t n);

flow_value flow__no_memory(void);

/* Drops a failure; it is reported, as the last thing that can be done for it.
 * Anything else, NONE: does nothing. */
void flow__unread(const char *name, flow_value failure);

#endif
