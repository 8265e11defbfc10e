/* SPDX-License-Identifier: MIT */
/* See poll.h. What nobody waits for any more is looked for until it happens:
 * mostly somebody waits again by then, and the kernel need not be told twice.
 */
#include "poll.h"

#include "poller.h"
#include "uv_host.h"

struct flow__poll {
    struct flow__polled polled;     /* first                                */
    int happened;
    flow_waker *waker;
};

static void happened(struct flow__polled *p, unsigned events)
{
    struct flow__poll *w = (struct flow__poll *)p;
    flow_waker *waker = w->waker;

    w->happened = (int)flow__poller_may(events);
    flow__poll_forget(w);
    if (waker == NULL || flow__poller_trouble(events))
        flow__poller_look_for(p, 0);
    flow_wake(waker);
}

struct flow__poll *flow__poll_new(int fd, flow_value *why)
{
    struct flow__poll *w;
    int wrong;

    if (flow__uv_loop(why) == NULL)
        return NULL;
    w = flow_alloc(sizeof *w);
    if (w == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory to watch a descriptor");
        return NULL;
    }
    *w = (struct flow__poll){ .polled = { fd, happened, 0 } };
    wrong = flow__poller_add(&w->polled, FLOW__POLLER_NOTHING);
    if (wrong == 0)
        return w;
    flow_free(w, sizeof *w);
    *why = flow_system_error(-wrong, "descriptor %d cannot be watched", fd);
    return NULL;
}

void flow__poll_close(struct flow__poll *w)
{
    if (w == NULL)
        return;
    flow__poll_forget(w);
    flow__poller_remove(&w->polled);
    flow_free(w, sizeof *w);
}

int flow__poll_fd(const struct flow__poll *w)
{
    return w != NULL ? w->polled.fd : -1;
}

void flow__poll_wait(struct flow__poll *w, int events, flow_waker *waker)
{
    if (w->waker == NULL)
        flow__uv_awaits(true);
    w->waker = waker;
    w->happened = 0;
    flow__poller_look_for(&w->polled, (unsigned)events);
}

void flow__poll_forget(struct flow__poll *w)
{
    if (w == NULL || w->waker == NULL)
        return;
    w->waker = NULL;
    flow__uv_awaits(false);
}

int flow__poll_happened(const struct flow__poll *w)
{
    return w->happened;
}
