/* SPDX-License-Identifier: MIT */
/* See alarm.h. It remembers its host: a stage may change drivers between asks,
 * and the task is to be taken back where it was posted. */
#include "alarm.h"

static void ring(flow_task *t)
{
    struct flow__alarm *a = (struct flow__alarm *)(void *)t;

    a->host = NULL;
    a->rung = true;
    flow_wake(a->waker);
}

void flow__alarm_set(struct flow__alarm *a, flow_waker *w, double seconds)
{
    flow__alarm_stop(a);
    a->task.call = ring;
    a->host = w->host;
    a->waker = w;
    a->host->post(a->host, &a->task, seconds > 0 ? seconds : 0);
}

void flow__alarm_stop(struct flow__alarm *a)
{
    if (a->host != NULL)
        a->host->cancel(a->host, &a->task);
    a->host = NULL;
    a->rung = false;
}
