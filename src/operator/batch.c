/* SPDX-License-Identifier: MIT */
/* Lists of n values. It takes one value at a time, so that of a row set what is
 * not wanted yet stays where it is. The clock runs only while the source
 * pauses: a list that fills at once costs no timer. */
#include "alarm.h"
#include "gather.h"
#include "set.h"

struct batch {
    flow_stage *source;
    struct flow__gather list;
    struct flow__alarm alarm;
    size_t most;
    double seconds;                 /* 0: there is no hurry                 */
    double first;                   /* when the first of the list came      */
};

static flow_status give_list(struct batch *b, flow_stage *out, flow_status st)
{
    flow_value list = flow__gather_list(&b->list);

    flow__alarm_stop(&b->alarm);
    if (flow_is_failure(list))
        return flow_raise_in(out, list);
    flow_give(out, list);
    return st;
}

static bool add(struct batch *b, flow_waker *w, flow_value v)
{
    if (b->list.n == 0 && b->seconds > 0)
        b->first = w->host->now(w->host);
    return flow__gather_one(&b->list, v);
}

/* The source pauses: the list goes out if its time has come. */
static flow_status pause_or_give(struct batch *b, flow_stage *out,
                                 flow_waker *w)
{
    if (b->list.n == 0 || b->seconds == 0)
        return FLOW_WAIT;
    if (b->alarm.rung)
        return give_list(b, out, FLOW_READY);
    if (b->alarm.host == NULL)
        flow__alarm_set(&b->alarm, w, b->first + b->seconds
                                          - w->host->now(w->host));
    b->alarm.waker = w;
    return FLOW_WAIT;
}

static flow_status batch_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct batch *b = self;
    flow_status st;
    flow_value v;

    while ((st = flow_pull(b->source, w, &v)) == FLOW_READY) {
        if (!add(b, w, v))
            return flow_raise_in(out, flow_error(FLOW_ENOMEM, 0, "flow_batch"));
        if (b->list.n == b->most)
            return give_list(b, out, FLOW_READY);
    }
    if (st == FLOW_WAIT)
        return pause_or_give(b, out, w);
    if (b->list.n > 0 && give_list(b, out, st) == FLOW_FAILED)
        st = FLOW_FAILED;
    return flow_pass(out, st, v);
}

static void batch_close(void *self)
{
    struct batch *b = self;

    flow__alarm_stop(&b->alarm);
    flow__gather_free(&b->list);
}

static const flow_type batch_type = {
    .name = "batch", .size = sizeof(struct batch), .fill = batch_fill,
    .close = batch_close, .inputs = flow_first_input
};

flow_stage *(flow_batch)(flow_stage *s, size_t n, double seconds)
{
    struct batch b = {
        .source = s, .most = n, .seconds = seconds > 0 ? seconds : 0
    };

    if (n == 0)
        return flow__misused("batch", s, "ask for lists of at least 1 value");
    return flow_stage_new(&batch_type, &b);
}
