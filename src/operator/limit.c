/* SPDX-License-Identifier: MIT */
#include "limit.h"

void flow__limit_start(struct flow__limit *l, flow_waker *w)
{
    if (l->timed)
        return;
    l->at = flow__now(w) + l->seconds;
    l->timed = true;
}

flow_status flow__limit_wait(struct flow__limit *l, flow_waker *w)
{
    if (l->alarm.host == NULL)
        flow__alarm_set(&l->alarm, w, l->at - flow__now(w));
    l->alarm.waker = w;
    return FLOW_WAIT;
}

flow_status flow__limit_fail(struct flow__limit *l, flow_stage *out,
                             const char *what)
{
    flow_stage *s = l->source;

    flow__alarm_stop(&l->alarm);
    l->source = NULL;
    flow_close(s);
    return flow_raise_in(out, flow_error(FLOW_ETIMEOUT, 0,
                                         "no %s within %g s", what,
                                         l->seconds));
}

void flow__limit_close(void *self)
{
    flow__alarm_stop(&((struct flow__limit *)self)->alarm);
}
