/* SPDX-License-Identifier: MIT */
/* Makes its source anew when it fails. It always waits at least a turn before
 * the next try, so that one that fails at once does not hold up the loop. */
#include "alarm.h"
#include "set.h"

struct retry {
    flow_stage *source;             /* NULL: to be made                     */
    flow_source *make;
    void *arg;
    const flow_error_class *class;
    size_t left;
    double seconds;                 /* before the next try                  */
    struct flow__alarm alarm;
};

static flow_status wait(struct retry *r, flow_stage *out, flow_waker *w)
{
    r->alarm.waker = w;
    flow_waits_for(out, w, "its next try");
    return FLOW_WAIT;
}

static flow_status give_up(struct retry *r, flow_stage *out, flow_waker *w)
{
    flow_close(r->source);
    r->source = NULL;
    r->left--;
    flow__alarm_set(&r->alarm, w, r->seconds);
    r->seconds *= 2;
    return wait(r, out, w);
}

static flow_status retry_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct retry *r = self;
    flow_set set;

    if (r->alarm.host != NULL)
        return wait(r, out, w);
    if (r->source == NULL)
        r->source = flow__answered(out, r->make(r->arg));

    flow_status st = flow_pull_set(r->source, w, &set);
    if (st == FLOW_READY) {
        flow_lend(out, set.v, set.n);
        return FLOW_READY;
    }
    if (st != FLOW_FAILED || r->left == 0 || !flow_is(&set.error, r->class))
        return flow_pass(out, st, set.error);
    flow_drop(set.error);
    return give_up(r, out, w);
}

static void retry_close(void *self)
{
    struct retry *r = self;

    flow__alarm_stop(&r->alarm);
}

static const flow_type retry_type = {
    .name = "retry", .size = sizeof(struct retry), .fill = retry_fill,
    .close = retry_close, .inputs = flow_first_input
};

flow_stage *(flow_retry)(flow_source *make, void *arg,
                         const flow_error_class *c, size_t n, double seconds)
{
    struct retry r = {
        .make = make, .arg = arg, .class = c, .left = n,
        .seconds = seconds > 0 ? seconds : 0
    };

    if (make == NULL)
        return flow__misused("retry", NULL, "give it a function, not NULL");
    if (c == NULL)
        return flow__misused("retry", NULL, "name a class; FLOW_EANY retries "
                             "after every error");
    return flow_stage_new(&retry_type, &r);
}
