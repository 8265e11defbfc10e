/* SPDX-License-Identifier: MIT */
/* Saying who it was when a stack overflows, before the program ends by it. */
#ifndef FLOW_COROUTINE_OVERFLOW_H
#define FLOW_COROUTINE_OVERFLOW_H

/* From now on for this thread, unless the program handles SIGSEGV itself. */
void flow__overflow_watch(void);
void flow__overflow_unwatch(void);

#endif
