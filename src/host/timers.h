/* SPDX-License-Identifier: MIT */
/* Tasks in the order they are due: what every host keeps them in. Intrusive, so
 * nothing here can fail. */
#ifndef FLOW_HOST_TIMERS_H
#define FLOW_HOST_TIMERS_H

#include <flow/flow.h>

struct flow__timers {
    flow_task *soon, *last;         /* due in the next turn, first to last  */
    flow_task *heap;                /* due later: the earliest at the root  */
    uint64_t orders;                /* tasks posted so far                  */
};

#pragma GCC visibility push(default)        /* for the other libraries      */

/* at: 0 for the next turn. */
void flow__timers_post(struct flow__timers *t, flow_task *task, double at);
void flow__timers_cancel(struct flow__timers *t, flow_task *task);

/* When the earliest is due; false: there is none. *at 0: in the next turn. */
bool flow__timers_next(const struct flow__timers *t, double *at);

/* Calls all that is due at `now`, but not what is posted meanwhile. */
void flow__timers_run(struct flow__timers *t, double now);

#pragma GCC visibility pop

#endif
