/* SPDX-License-Identifier: MIT */
/* See poll.h. libuv's handle outlives the watch by a turn. What nobody waits
 * for any more is looked for until it happens: mostly somebody waits again by
 * then, and the kernel need not be told twice. */
#include "poll.h"

#include "uv_host.h"

struct flow__poll {
    uv_poll_t poll;                 /* first                                */
    int fd;
    int watched;                    /* the events libuv looks for           */
    int happened;
    flow_waker *waker;
};

static void watch_for(struct flow__poll *w, int events);

static void happened(uv_poll_t *poll, int status, int events)
{
    struct flow__poll *w = (struct flow__poll *)poll;
    flow_waker *waker = w->waker;

    w->happened = status < 0 ? FLOW__READABLE | FLOW__WRITABLE
                : ((events & UV_READABLE) != 0 ? FLOW__READABLE : 0)
                  | ((events & UV_WRITABLE) != 0 ? FLOW__WRITABLE : 0);
    w->waker = NULL;
    if (status < 0)
        w->watched = 0;             /* libuv looks no more                  */
    else if (waker == NULL)
        watch_for(w, 0);
    if (waker != NULL)
        flow__uv_awaits(false);
    flow_wake(waker);
}

static void watch_for(struct flow__poll *w, int events)
{
    if (events == w->watched)
        return;
    if (events == 0)
        uv_poll_stop(&w->poll);
    else
        uv_poll_start(&w->poll, events, happened);
    w->watched = events;
}

struct flow__poll *flow__poll_new(int fd, flow_value *why)
{
    uv_loop_t *loop = flow__uv_loop(why);
    struct flow__poll *w;
    int wrong;

    if (loop == NULL)
        return NULL;
    w = flow_alloc(sizeof *w);
    if (w == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory to watch a descriptor");
        return NULL;
    }
    w->fd = fd;
    w->watched = w->happened = 0;
    w->waker = NULL;
    wrong = uv_poll_init(loop, &w->poll, fd);
    if (wrong == 0) {
        uv_unref((uv_handle_t *)&w->poll);
        return w;
    }
    flow_free(w, sizeof *w);
    *why = flow_system_error(-wrong, "descriptor %d cannot be watched", fd);
    return NULL;
}

static void free_watch(uv_handle_t *poll)
{
    flow_free(poll, sizeof(struct flow__poll));
}

void flow__poll_close(struct flow__poll *w)
{
    if (w == NULL)
        return;
    flow__poll_forget(w);
    uv_close((uv_handle_t *)&w->poll, free_watch);
}

int flow__poll_fd(const struct flow__poll *w)
{
    return w != NULL ? w->fd : -1;
}

void flow__poll_wait(struct flow__poll *w, int events, flow_waker *waker)
{
    if (w->waker == NULL)
        flow__uv_awaits(true);
    w->waker = waker;
    w->happened = 0;
    watch_for(w, ((events & FLOW__READABLE) != 0 ? UV_READABLE : 0)
                 | ((events & FLOW__WRITABLE) != 0 ? UV_WRITABLE : 0));
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
