/* SPDX-License-Identifier: MIT */
/* Waiting for a descriptor, which others read and write: here one is only told
 * when that may help. It keeps the loop alive only while a waker waits. */
#ifndef FLOW_REACTOR_POLL_H
#define FLOW_REACTOR_POLL_H

#include <flow/flow.h>

struct flow__poll;

enum { FLOW__READABLE = 1, FLOW__WRITABLE = 2 };

#pragma GCC visibility push(default)        /* for the other libraries      */

/* Watches fd, which must stay open until the watch is closed, or be closed
 * right before. NULL: *why says why not; an error with the code EPERM: it is of
 * a kind that nobody can wait for, as it is always ready. */
struct flow__poll *flow__poll_new(int fd, flow_value *why);
void flow__poll_close(struct flow__poll *w);              /* NULL is fine */
int flow__poll_fd(const struct flow__poll *w);            /* -1 of NULL   */

/* Wakes once, when one of the events has happened, or the descriptor is in
 * trouble. Instead of what was waited for before. */
void flow__poll_wait(struct flow__poll *w, int events, flow_waker *waker);
void flow__poll_forget(struct flow__poll *w);             /* NULL is fine */

/* What has happened since it was last waited for; trouble is both events. */
int flow__poll_happened(const struct flow__poll *w);

#pragma GCC visibility pop

#endif
