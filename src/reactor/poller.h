/* SPDX-License-Identifier: MIT */
/* The sockets and other descriptors of a thread, in an epoll of their own. A
 * host that has a loop of its own sleeps in it, and libuv's descriptor is in it
 * as one of them; on a program's loop, libuv watches it as one descriptor. What
 * has happened is asked for a few at a time, so that the flows which are woken
 * run while what they need is in the cache. */
#ifndef FLOW_REACTOR_POLLER_H
#define FLOW_REACTOR_POLLER_H

#include "poll.h"

#include <sys/epoll.h>

/* In its owner's memory. */
struct flow__polled {
    int fd;
    void (*happened)(struct flow__polled *p, unsigned events);
    unsigned looked_for;            /* see flow__poller_look_for            */
};

/* Of one that nothing is wanted of, trouble is told once and not for ever. */
#define FLOW__POLLER_NOTHING EPOLLET        /* too large for an enum         */

/* 0, or a negative errno. events are those of epoll. */
int flow__poller_add(struct flow__polled *p, unsigned events);

/* Of one that was added for nothing: FLOW__READABLE, FLOW__WRITABLE, both or
 * none. */
void flow__poller_look_for(struct flow__polled *p, unsigned events);

/* What `happened` is told means; trouble is both. */
static inline bool flow__poller_trouble(unsigned events)
{
    return (events & (EPOLLERR | EPOLLHUP)) != 0;
}

static inline unsigned flow__poller_may(unsigned events)
{
    if (flow__poller_trouble(events))
        return FLOW__READABLE | FLOW__WRITABLE;
    return ((events & (EPOLLIN | EPOLLRDHUP)) != 0 ? FLOW__READABLE : 0u)
         | ((events & EPOLLOUT) != 0 ? FLOW__WRITABLE : 0u);
}

/* `happened` is not called any more. Before the descriptor is closed, or right
 * after that. */
void flow__poller_remove(struct flow__polled *p);

/* ---- Of the host -------------------------------------------------------- */
/* The epoll of this thread, or a negative errno. */
int flow__poller_open(void);
/* How many were not removed. */
unsigned flow__poller_close(void);

/* Sleeps for so many milliseconds at most, -1: until something happens, and
 * tells those to whom it has. */
void flow__poller_wait(int milliseconds);

#endif
