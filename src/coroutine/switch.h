/* SPDX-License-Identifier: MIT */
/* Starting a flow of control on a stack of its own. The switch itself is in
 * flow/inline.h, as user's code is compiled with it. */
#ifndef FLOW_COROUTINE_SWITCH_H
#define FLOW_COROUTINE_SWITCH_H

#include <flow/flow.h>

/* Makes *c a context that, when switched to, calls begin(arg) on the stack that
 * ends at top (16-byte aligned). begin must never return. */
void flow__prepare(flow__context *c, void *top, void (*begin)(void *arg),
                   void *arg);

#endif
