/* SPDX-License-Identifier: MIT */
/* Threads, and the lines of what waits for one. */
#ifndef FLOW_THREAD_POOL_H
#define FLOW_THREAD_POOL_H

#include <flow/thread.h>

struct flow__thread_of_pool;

/* What runs in a thread: the first member of something larger, which has two
 * holders: who began it, and until it has run the pool. */
struct flow__job {
    struct flow__job *next, *prev;          /* in the line                  */
    void (*run)(struct flow__job *j);       /* in the thread                */
    void (*free)(struct flow__job *j);      /* by the last holder           */
    flow_pool *pool;
    const char *name, *made;                /* for reports; literals        */
    struct flow__thread_of_pool *runs_in;
    unsigned holders;
    bool in_line;
};

/* Has j run in a thread of the pool, or in one of its own. NONE, or the ERROR
 * for which it will not. */
flow_value flow__job_begin(struct flow__job *j, flow_pool *pool);

/* Its maker lets go: it is not run if it has not been begun. */
void flow__job_leave(struct flow__job *j);

/* A pool is there as long as somebody holds it. NULL is fine. */
flow_pool *flow__pool_hold(flow_pool *pool);
void flow__pool_release(flow_pool *pool);

#endif
