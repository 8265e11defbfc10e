/* SPDX-License-Identifier: MIT */
/* See work.h. */
#include "work.h"

void flow__work_began(struct flow__work *w)
{
    w->working = true;
}

void flow__work_over(struct flow__work *w)
{
    flow_waker *waker = w->waker;

    w->working = false;
    w->waker = NULL;
    if (w->left) {
        flow__uv_has_ended();
        w->discard(w);
    } else {
        flow_wake(waker);
    }
}

static void do_it(uv_work_t *request)
{
    struct flow__work *w = (struct flow__work *)(void *)request;

    w->work(w);
}

static void is_done(uv_work_t *request, int status)
{
    (void)status;                       /* cancelled: it has been left      */
    flow__work_over((struct flow__work *)(void *)request);
}

flow_value flow__work_begin(struct flow__work *w)
{
    flow_value why = flow_none();
    uv_loop_t *loop = flow__uv_loop(&why);

    if (loop == NULL)
        return why;
    uv_queue_work(loop, &w->request.work, do_it, is_done);
    flow__work_began(w);
    return flow_none();
}

void flow__work_leave(struct flow__work *w)
{
    if (!w->working) {
        w->discard(w);
        return;
    }
    w->left = true;
    w->waker = NULL;
    flow__uv_leave_behind();
    uv_cancel(&w->request.any);         /* if no thread has begun it yet    */
}
