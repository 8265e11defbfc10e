/* SPDX-License-Identifier: MIT */
/* Holds threads up, now and then, at what they share: for tools/ci/chaos, which
 * has the compiler read this before every file. What goes wrong only when a
 * thread stands for a moment between two looks goes wrong soon then; unlike
 * ThreadSanitizer this finds wakes that are lost. */
#ifndef FLOW_TEST_CHAOS_H
#define FLOW_TEST_CHAOS_H

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

static inline void chaos(void)
{
    static _Thread_local unsigned state;

    if (state == 0)                         /* each thread another sequence */
        state = (unsigned)(uintptr_t)&state >> 4 | 1;
    state = state * 1664525U + 1013904223U;
    switch (state >> 24 & 3) {
    case 0:
        sched_yield();
        break;
    case 1:
        for (volatile unsigned n = state >> 16 & 255; n > 0; n--)
            ;
        break;
    }
}

#undef atomic_load
#undef atomic_store
#undef atomic_exchange
#define atomic_load(p) (chaos(), __atomic_load_n((p), __ATOMIC_SEQ_CST))
#define atomic_store(p, v)                                                   \
    (chaos(), __atomic_store_n((p), (v), __ATOMIC_SEQ_CST), chaos())
#define atomic_exchange(p, v)                                                \
    (chaos(), __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST))

#endif
