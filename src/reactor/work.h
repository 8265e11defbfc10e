/* SPDX-License-Identifier: MIT */
/* Work that may block, done by one of libuv's threads for a stage.
 *
 * It is the beginning of something larger that has all the work needs; while it
 * is working, only libuv's thread touches that. Work that has begun cannot be
 * stopped: whoever loses interest leaves it, and it is discarded when it is
 * over. */
#ifndef FLOW_REACTOR_WORK_H
#define FLOW_REACTOR_WORK_H

#include "uv_host.h"

struct flow__work {
    union {
        uv_req_t any;
        uv_work_t work;
        uv_getaddrinfo_t name;
    } request;                              /* first                        */
    void (*work)(struct flow__work *w);     /* in a thread of libuv's       */
    void (*discard)(struct flow__work *w);  /* in ours: gives it back       */
    flow_waker *waker;                      /* who waits until it is over   */
    bool working, left;
};

/* Has w->work(w) called; w->waker is woken when it is over. NONE, or why not.
 */
flow_value flow__work_begin(struct flow__work *w);

/* For requests of another kind: the work began; it is over. */
void flow__work_began(struct flow__work *w);
void flow__work_over(struct flow__work *w);

/* Nobody waits any more: it is discarded, now or when it is over. */
void flow__work_leave(struct flow__work *w);

#endif
