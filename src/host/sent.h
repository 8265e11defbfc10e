/* SPDX-License-Identifier: MIT */
/* Tasks that other threads have posted, first to last, until the host's own
 * thread takes them. Intrusive: a task that is there leads to itself as its
 * child. */
#ifndef FLOW_HOST_SENT_H
#define FLOW_HOST_SENT_H

#include "timers.h"

#include <pthread.h>

struct flow__sent {
    pthread_mutex_t lock;           /* of the two, and of the tasks' links  */
    flow_task *first, *last;
};

#pragma GCC visibility push(default)        /* for the other libraries      */

/* Both with the lock held. Those taken are due in the next turn. */
void flow__sent_add(struct flow__sent *s, flow_task *task);
void flow__sent_take(struct flow__sent *s, struct flow__timers *to);

/* Takes the lock. */
void flow__sent_remove(struct flow__sent *s, flow_task *task);

#pragma GCC visibility pop

static inline void flow__sent_forget(struct flow__sent *s, flow_task *task)
{
    if (task->child == task)
        flow__sent_remove(s, task);
}

/* Needs no lock. */
static inline bool flow__sent_any(const struct flow__sent *s)
{
    return __atomic_load_n(&s->first, __ATOMIC_ACQUIRE) != NULL;
}

#endif
