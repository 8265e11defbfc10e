/* SPDX-License-Identifier: MIT */
/* Telling AddressSanitizer, ThreadSanitizer and valgrind of stacks and of every
 * switch, so that programs work under them. The sanitizers are found when the
 * program is loaded: a library built without them serves one built with them.
 */
#ifndef FLOW_COROUTINE_WATCH_H
#define FLOW_COROUTINE_WATCH_H

#include "stack.h"

/* Whether each switch must go through here: a sanitizer is there, or steps are
 * timed. Asked when a generator is made. */
bool flow__watched(void);

/* valgrind's number for a stack. */
unsigned flow__watch_stack(const char *low, const char *end);
void flow__unwatch_stack(unsigned number);

/* A generator's life on its stack. */
void flow__watch_begin(struct flow__stack *s, const char *name);
void flow__watch_end(struct flow__stack *s);

/* Around a switch: in before entering, inside as the first thing there; out
 * before leaving (for good: last), back as the first thing outside. */
void flow__watch_in(struct flow__stack *s);
void flow__watch_inside(struct flow__stack *s);
void flow__watch_out(struct flow__stack *s, bool last);
void flow__watch_back(struct flow__stack *s);

#endif
