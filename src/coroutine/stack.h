/* SPDX-License-Identifier: MIT */
/* Stacks: taken and put back in a nanosecond or two, guarded, many in one
 * mapping.
 *
 *     slab  |guard|  stack  |top|guard|  stack  |top| ... |
 *
 * The top of each stack holds a struct flow__stack, what the stack is used by
 * comes below it, and frames grow down from there, so that a generator which is
 * suspended in a shallow frame costs one page. */
#ifndef FLOW_COROUTINE_STACK_H
#define FLOW_COROUTINE_STACK_H

#include <flow/flow.h>

struct flow__watch {                /* what sanitizers know of a switch     */
    void *fiber, *outside_fiber;
    void *fake, *outside_fake;
    const void *outside_bottom;
    size_t outside_size;
};

struct flow__stack {
    _Alignas(64) struct flow__slab *slab;
    struct flow__stack *next;       /* of those kept for reuse              */
    char *low;                      /* above the guard                      */
    const char *const *name;        /* of whoever runs on it, for reports   */
    unsigned number;                /* valgrind's                           */
    unsigned shade;                 /* one after the other within a slab    */
    bool guarded;
    struct flow__watch watch;
};

/* How stacks are guarded, each way better than the one before it. Tests may say
 * how well at best. */
enum flow__guard { FLOW__BY_WORD, FLOW__BY_SPLIT, FLOW__BY_ADVICE };
extern enum flow__guard flow__guard_best;

/* A stack of this thread, or NULL without memory. */
struct flow__stack *flow__stack_take(void);
void flow__stack_put(struct flow__stack *s);

/* Bytes of it that have ever been touched, by looking; pages for the most. */
size_t flow__stack_used(const struct flow__stack *s);

#endif
