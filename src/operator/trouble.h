/* SPDX-License-Identifier: MIT */
/* Trouble of operators over several stages: constructors that were asked for
 * what cannot be, and failures kept for later that nobody came for. `name` is
 * the operator's, without flow_. */
#ifndef FLOW_OPERATOR_TROUBLE_H
#define FLOW_OPERATOR_TROUBLE_H

#include <flow/flow.h>

/* NULL if there are n stages and none of them is NULL. Otherwise takes them and
 * gives a stage that says so when it is asked. */
flow_stage *flow__check_inputs(const char *name, flow_stage *const *s,
                               size_t n);

/* Takes the n stages; gives what fails for want of memory. */
flow_stage *flow__out_of_memory(const char *name, flow_stage *const *s,
                                size_t n);

/* Drops a failure; it is reported, as the last thing that can be done for it.
 * Anything else, NONE: does nothing. */
void flow__unread(const char *name, flow_value failure);

#endif
