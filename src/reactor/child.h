/* SPDX-License-Identifier: MIT */
/* A process that we have started. It outlives whoever started it until libuv
 * has heard of its end, so that no dead one is left. */
#ifndef FLOW_REACTOR_CHILD_H
#define FLOW_REACTOR_CHILD_H

#include "uv_host.h"

struct flow__child {
    uv_process_t process;                   /* first                        */
    flow_waker *waker;                      /* who waits for its end        */
    bool ended, left;
    int status;                             /* or minus the signal          */
};

/* Starts it; o's exit_cb is set here. NULL: *why says why. */
struct flow__child *flow__child_start(uv_process_options_t *o, flow_value *why);

/* It has not ended: wakes w when it does. Only then it keeps the loop alive. */
void flow__child_wait(struct flow__child *c, flow_waker *w);

/* Kills it if need be. NULL is fine. */
void flow__child_leave(struct flow__child *c);

#endif
