/* SPDX-License-Identifier: MIT */
/* See poller.h. */
#include "poller.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

enum { EVENTS = 64 };               /* looked at between two polls          */

static _Thread_local struct {
    int fd;
    unsigned n;                         /* that are in it                   */
    struct epoll_event *next, *end;     /* those that are still to be told  */
} here __attribute__((tls_model("initial-exec"))) = { .fd = -1 };

int flow__poller_open(void)
{
    here.fd = epoll_create1(EPOLL_CLOEXEC);
    return here.fd >= 0 ? here.fd : -errno;
}

unsigned flow__poller_close(void)
{
    unsigned left = here.n;

    close(here.fd);
    here.fd = -1;
    here.n = 0;
    return left;
}

/* ---- Events ------------------------------------------------------------- */
static void tell(const struct epoll_event *e)
{
    struct flow__polled *p = e->data.ptr;

    if (p != NULL)
        p->happened(p, e->events);
}

void flow__poller_wait(int milliseconds)
{
    struct epoll_event some[EVENTS];
    int n = epoll_wait(here.fd, some, EVENTS, milliseconds);

    here.next = some;
    here.end = some + (n > 0 ? n : 0);
    while (here.next < here.end)
        tell(here.next++);
    here.next = here.end = NULL;
}

/* Of one that is removed nothing is told that has come already. */
static void forget(const struct flow__polled *p)
{
    for (struct epoll_event *e = here.next; e < here.end; e++)
        if (e->data.ptr == p)
            e->data.ptr = NULL;
}

/* ---- What is polled ----------------------------------------------------- */
static int control(int how, struct flow__polled *p, unsigned events)
{
    struct epoll_event e = { .events = events, .data.ptr = p };

    return epoll_ctl(here.fd, how, p->fd, &e) == 0 ? 0 : -errno;
}

int flow__poller_add(struct flow__polled *p, unsigned events)
{
    int wrong = control(EPOLL_CTL_ADD, p, events);

    here.n += wrong == 0;
    return wrong;
}

void flow__poller_look_for(struct flow__polled *p, unsigned events)
{
    unsigned wanted = ((events & FLOW__READABLE) != 0 ? EPOLLIN : 0u)
                    | ((events & FLOW__WRITABLE) != 0 ? EPOLLOUT : 0u);

    if (events != p->looked_for)
        control(EPOLL_CTL_MOD, p, wanted != 0 ? wanted : FLOW__POLLER_NOTHING);
    p->looked_for = events;
}

void flow__poller_remove(struct flow__polled *p)
{
    if (here.fd < 0)
        return;
    control(EPOLL_CTL_DEL, p, 0);
    here.n -= here.n > 0;
    forget(p);
}
