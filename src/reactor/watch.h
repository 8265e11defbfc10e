/* SPDX-License-Identifier: MIT */
/* A descriptor whose reading, or whose writing, is watched for one stage. It
 * outlives the stage by a turn, as libuv wants it. */
#ifndef FLOW_REACTOR_WATCH_H
#define FLOW_REACTOR_WATCH_H

#include "uv_host.h"

struct flow__watch {
    uv_poll_t poll;                         /* first                        */
    flow_waker *waker;                      /* who waits                    */
    bool ready;                             /* it may be tried              */
    int events;
};

/* For UV_READABLE or UV_WRITABLE. NULL and *why NONE: that descriptor cannot be
 * waited for, and is always ready; otherwise *why is the error. */
struct flow__watch *flow__watch_new(int fd, int events, flow_value *why);

/* It is not ready: wakes w when it is. Only then it keeps the loop alive. */
void flow__watch_wait(struct flow__watch *watch, flow_waker *w);

/* Before the descriptor is closed. NULL is fine. */
void flow__watch_close(struct flow__watch *watch);

#endif
