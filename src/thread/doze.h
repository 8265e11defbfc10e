/* SPDX-License-Identifier: MIT */
/* Where a thread sleeps that waits for a loop, or for another thread:
 *
 *     flow__doze_off(d);
 *     if (what it waits for is there now)
 *         flow__doze_not(d);
 *     else
 *         flow__doze(d);
 *
 * and who has brought that calls flow__doze_wake. */
#ifndef FLOW_THREAD_DOZE_H
#define FLOW_THREAD_DOZE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct flow__doze {
    _Atomic bool asleep;
    pthread_mutex_t lock;
    pthread_cond_t woken;
};

static inline void flow__doze_begin(struct flow__doze *d)
{
    atomic_init(&d->asleep, false);
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->woken, NULL);
}

static inline void flow__doze_end(struct flow__doze *d)
{
    pthread_mutex_destroy(&d->lock);
    pthread_cond_destroy(&d->woken);
}

static inline void flow__doze_off(struct flow__doze *d)
{
    atomic_store(&d->asleep, true);
}

static inline void flow__doze_not(struct flow__doze *d)
{
    atomic_store(&d->asleep, false);
}

static inline void flow__doze(struct flow__doze *d)
{
    pthread_mutex_lock(&d->lock);
    while (atomic_load(&d->asleep))
        pthread_cond_wait(&d->woken, &d->lock);
    pthread_mutex_unlock(&d->lock);
}

/* [any thread] */
static inline void flow__doze_wake(struct flow__doze *d)
{
    if (!atomic_load(&d->asleep) || !atomic_exchange(&d->asleep, false))
        return;
    pthread_mutex_lock(&d->lock);
    pthread_cond_signal(&d->woken);
    pthread_mutex_unlock(&d->lock);
}

#endif
