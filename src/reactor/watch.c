/* SPDX-License-Identifier: MIT */
/* See watch.h. */
#include "watch.h"

struct flow__watch *flow__watch_new(int fd, int events, flow_value *why)
{
    uv_loop_t *loop = flow__uv_loop(why);
    struct flow__watch *watch;
    int wrong;

    if (loop == NULL)
        return NULL;
    watch = flow_alloc(sizeof *watch);
    if (watch == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory to watch a descriptor");
        return NULL;
    }
    wrong = uv_poll_init(loop, &watch->poll, fd);
    if (wrong == 0) {
        watch->waker = NULL;
        watch->ready = false;
        watch->events = events;
        return watch;
    }
    flow_free(watch, sizeof *watch);
    *why = wrong == UV_EPERM ? flow_none() : flow_system_error(-wrong,
        "descriptor %d cannot be watched", fd);
    return NULL;
}

/* When it is in trouble, reading or writing tells what it is. */
static void happened(uv_poll_t *poll, int status, int events)
{
    struct flow__watch *watch = (struct flow__watch *)poll;
    flow_waker *w = watch->waker;

    (void)status, (void)events;
    uv_poll_stop(poll);
    watch->ready = true;
    watch->waker = NULL;
    flow_wake(w);
}

void flow__watch_wait(struct flow__watch *watch, flow_waker *w)
{
    watch->ready = false;
    watch->waker = w;
    uv_poll_start(&watch->poll, watch->events, happened);
}

static void free_watch(uv_handle_t *poll)
{
    flow_free(poll, sizeof(struct flow__watch));
}

void flow__watch_close(struct flow__watch *watch)
{
    if (watch == NULL)
        return;
    watch->waker = NULL;
    uv_close((uv_handle_t *)&watch->poll, free_watch);
}
