/* SPDX-License-Identifier: MIT */
#include "operator/alarm.h"

#include "operator/trouble.h"

flow_host *flow__host_of(const flow_waker *w)
{
    return w != NULL && w->host != NULL ? w->host : flow_host_here();
}

double flow__now(const flow_waker *w)
{
    flow_host *host = flow__host_of(w);

    return host->now(host);
}

static void alarm_rings(flow_task *t)
{
    struct flow__alarm *a = (struct flow__alarm *)(void *)t;
    flow_waker *w = a->up;

    a->rung = true;
    a->up = NULL;
    flow_wake(w);
}

void flow__alarm_set(struct flow__alarm *a, flow_waker *w, double seconds)
{
    flow__alarm_off(a);
    a->task.call = alarm_rings;
    a->host = flow__host_of(w);
    a->up = w;
    a->host->post(a->host, &a->task, seconds);
}

void flow__alarm_off(struct flow__alarm *a)
{
    if (a->host == NULL)
        return;
    a->host->cancel(a->host, &a->task);
    a->host = NULL;
    a->up = NULL;
    a->rung = false;
}

bool flow__is_span(double seconds)
{
    return seconds >= 0.0;
}

flow_stage *flow__refused_span(const char *name, flow_stage *s)
{
    return flow__refused_argument(name, s,
                                  "give a number of seconds, 0 or more");
}
