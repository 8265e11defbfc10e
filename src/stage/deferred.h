/* SPDX-License-Identifier: MIT */
/* The inside of deferreds, for those who wait for one or are one. */
#ifndef FLOW_STAGE_DEFERRED_H
#define FLOW_STAGE_DEFERRED_H

#include <flow/flow.h>

/* See flow/inline.h. */
void flow__waiter_add(struct flow__waiter *w, flow_deferred *d);
void flow__waiter_remove(struct flow__waiter *w);

struct flow__callback {
    struct flow__callback *next;
    flow_function *good, *bad;
    void *arg;
};

struct flow_deferred {
    uint32_t refs;
    bool fired;
    bool running;                           /* callbacks are                */
    bool seen;                              /* somebody took the failure    */
    bool crippled;                          /* a callback was lost          */
    size_t size;                            /* of what it is the beginning of */
    flow_value value;
    struct flow__callback *first, **last;
    struct flow__waiter *waiters;
    void (*undo)(void *arg);
    void *undo_arg;
    struct flow__waiter inner;              /* a callback answered later    */
    struct flow__expiry *expiry;
};

/* A new one as the first member of something larger, of that size, zeroed; NULL
 * without memory. Freed with its last holder. */
flow_deferred *flow__deferred_new(size_t size);

/* The one that stands for those there was no memory for. */
extern flow_deferred flow__no_memory_deferred;

/* Its value or failure, shared; from then on somebody knows of the failure. */
flow_value flow__outcome_of(flow_deferred *d);

#endif
