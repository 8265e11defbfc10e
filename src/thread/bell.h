/* SPDX-License-Identifier: MIT */
/* How other threads wake what waits in a loop. A bell is hung up in the loop's
 * thread and taken down there; both sides may hold the memory it lies in. It is
 * rung once for all that comes before the loop has answered. */
#ifndef FLOW_THREAD_BELL_H
#define FLOW_THREAD_BELL_H

#include <flow/flow.h>

#include <pthread.h>
#include <stdatomic.h>

struct flow__bell {
    _Atomic bool asleep;            /* who waits wants to be woken          */
    pthread_mutex_t lock;           /* of host and rung                     */
    flow_host *host;                /* NULL: taken down                     */
    bool rung;                      /* the task is on its way               */
    flow_task ring;
    flow_task keep;                 /* keeps the loop from ending           */
    void (*call)(struct flow__bell *b);
};

/* ---- In the loop's thread ---------------------------------------------- */
void flow__bell_hang(struct flow__bell *b, flow_host *host,
                     void (*call)(struct flow__bell *b));
/* Nothing is called any more. */
void flow__bell_take_down(struct flow__bell *b);
/* When the memory goes, in any thread. */
void flow__bell_end(struct flow__bell *b);

/* Says that it will be waited; whoever calls this looks once more whether it
 * must be. Undone by flow__bell_awake, or by being rung. */
static inline void flow__bell_sleep(struct flow__bell *b)
{
    atomic_store(&b->asleep, true);
}

static inline void flow__bell_awake(struct flow__bell *b)
{
    atomic_store(&b->asleep, false);
}

/* The loop does not end while somebody will ring, or may. */
enum flow__hope { FLOW__NOTHING, FLOW__SURELY, FLOW__PERHAPS };
void flow__bell_expect(struct flow__bell *b, enum flow__hope hope);

/* ---- [any thread] ------------------------------------------------------ */
void flow__bell_ring(struct flow__bell *b);

static inline void flow__bell_wake(struct flow__bell *b)
{
    if (atomic_load(&b->asleep) && atomic_exchange(&b->asleep, false))
        flow__bell_ring(b);
}

#endif
