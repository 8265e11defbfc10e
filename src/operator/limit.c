/* SPDX-License-Identifier: MIT */
#include "operator/limit.h"

flow_status flow__limit_pass(struct flow__limit *l, flow_stage *out,
                             flow_waker *w)
{
    flow_set set;
    flow_status st = flow_pull_set(l->source, w, &set);

    if (st != FLOW_READY)
        return flow_pass(out, st, set.error);
    flow_lend(out, set.v, set.n);
    return FLOW_READY;
}

flow_status flow__limit_fail(struct flow__limit *l, flow_stage *out,
                             const char *what)
{
    flow_stage *s = l->source;

    flow__alarm_off(&l->alarm);
    l->source = NULL;
    flow_close(s);
    return flow_raise_in(out, flow_error(FLOW_ETIMEOUT, 0,
                                         "no %s within %g s", what,
                                         l->seconds));
}

void flow__limit_close(void *self)
{
    flow__alarm_off(&((struct flow__limit *)self)->alarm);
}
