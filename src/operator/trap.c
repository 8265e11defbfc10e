/* SPDX-License-Identifier: MIT */
/* Failures of a class as values. The source is asked on afterwards: one that
 * has ended with its failure says so, a step may go on. */
#include "set.h"

struct trap { flow_stage *source; const flow_error_class *class; };

static flow_status trap_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct trap *t = self;
    flow_set set;
    flow_status st = flow_pull_set(t->source, w, &set);

    if (st == FLOW_READY) {
        flow_lend(out, set.v, set.n);
        return FLOW_READY;
    }
    if (st != FLOW_FAILED || !flow_is(&set.error, t->class))
        return flow_pass(out, st, set.error);
    flow_give(out, flow_settle(set.error));
    return flow_has_ended(t->source) ? FLOW_DONE : FLOW_READY;
}

static const flow_type trap_type = {
    .name = "trap", .size = sizeof(struct trap), .fill = trap_fill,
    .inputs = flow_first_input
};

flow_stage *(flow_trap)(flow_stage *s, const flow_error_class *c)
{
    if (c == NULL)
        return flow__misused("trap", s, "name a class; FLOW_EANY traps every "
                             "error");
    return flow_stage_new(&trap_type, &(struct trap){ s, c });
}
