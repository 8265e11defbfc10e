/* SPDX-License-Identifier: MIT */
/* See pulse.h. */
#include "pulse.h"

static const double LEAVING = 2;    /* seconds                              */

static double now(const flow_waker *w)
{
    return w->host->now(w->host);
}

void flow__pulse_begin(struct flow__pulse *p, double idle)
{
    *p = (struct flow__pulse){ .half = idle / 2, .heard = flow_now() };
}

void flow__pulse_heard(struct flow__pulse *p, const flow_waker *w)
{
    p->heard = now(w);
    p->pinged = false;
}

void flow__pulse_leave(struct flow__pulse *p)
{
    if (!p->leaves)
        flow__alarm_stop(&p->alarm);
    p->leaves = true;
}

void flow__pulse_wait(struct flow__pulse *p, flow_waker *w)
{
    double seconds = p->leaves ? LEAVING : p->half;

    p->alarm.waker = w;
    if (p->alarm.host != NULL || p->alarm.rung)
        return;
    if (!p->leaves && !p->pinged)
        seconds -= now(w) - p->heard;
    flow__alarm_set(&p->alarm, w, seconds);
}

enum flow__felt flow__pulse_feel(struct flow__pulse *p, const flow_waker *w,
                                 bool listened)
{
    flow__alarm_stop(&p->alarm);
    if (p->leaves)
        return FLOW__FELT_LOST;
    if (!listened) {
        flow__pulse_heard(p, w);
        return FLOW__FELT;
    }
    if (p->pinged)
        return FLOW__FELT_LOST;
    p->pinged = now(w) >= p->heard + p->half;
    return p->pinged ? FLOW__FELT_SILENT : FLOW__FELT;
}
