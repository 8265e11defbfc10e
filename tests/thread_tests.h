/* SPDX-License-Identifier: MIT */
/* What the tests of threads share. Nobody sleeps: what must come first is
 * waited for by semaphores, and the virtual clock stands while a thread is to
 * bring something. */
#ifndef FLOW_TEST_THREAD_TESTS_H
#define FLOW_TEST_THREAD_TESTS_H

#include "harness.h"

#include <flow/thread.h>
#include <semaphore.h>

enum { LONG_ENOUGH = 60 };                  /* seconds, for what must come  */

/* All that was closed has come back, and holds no memory any more. */
static inline void all_come_back(void)
{
    MUST(flow_threads_left(LONG_ENOUGH) == 0);
}

/* ---- Bodies ------------------------------------------------------------- */
static inline void counts(flow_worker *self, void *arg)
{
    for (int n = 1; n <= (int)(intptr_t)arg && flow_worker_give(self, n); n++)
        ;
}

static inline flow_stage *counting(int n)
{
    return flow_threaded(NULL, counts, NULL, (void *)(intptr_t)n);
}

static inline void passes(flow_worker *self, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_worker_next(self, &v) && flow_worker_give(self, v))
        ;
}

static inline void does_nothing(flow_worker *self, void *arg)
{
    (void)self, (void)arg;
}

static inline void fails_at_three(flow_worker *self, void *arg)
{
    (void)arg;
    if (flow_worker_give(self, 1) && flow_worker_give(self, 2))
        flow_worker_fail(self, FLOW_EINVAL, 0, "at three");
    CHECK(!flow_worker_give(self, 4));
}

static inline flow_value squares(flow_value v, void *arg)
{
    (void)arg;
    return flow_int(v.as.num * v.as.num);
}

/* ---- Reading, waiting and waking ---------------------------------------- */
static inline int64_t sum_of(flow_stage *s)
{
    int64_t sum = 0, before = 0;

    for (flow_value v; flow_block(s, &v); before = v.as.num, sum += before)
        CHECK(v.as.num == before + 1);
    CHECK(flow_failure(s) == NULL);
    flow_failure(s);
    flow_close(s);
    return sum;
}

static sem_t gave_all, go_on;

static inline void semaphores(void)
{
    sem_init(&gave_all, 0, 0);
    sem_init(&go_on, 0, 0);
}

static int woken;

static inline void count_woken(flow_waker *w)
{
    (void)w;
    woken++;
}

#endif
