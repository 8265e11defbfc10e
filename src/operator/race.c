/* SPDX-License-Identifier: MIT */
#include "fan.h"

struct race {
    struct flow__fan *fan;          /* then only the winner's place is full */
    flow_stage *winner;             /* NULL: not known yet                  */
};

static void close_losers(struct flow__fan *fan, const flow_stage *winner)
{
    for (size_t i = 0; i < fan->places; i++)
        if (fan->stages[i] != winner)
            flow__fan_finish(&fan->inputs[i]);
}

/* The first that answers anything but that it waits has won. */
static flow_status run(struct race *r, flow_waker *w, flow_set *set)
{
    for (size_t asks = r->fan->queued; asks > 0; asks--) {
        struct flow__input *in = flow__fan_next(r->fan);
        flow_stage *s = flow__fan_stage(in);    /* all are, until one wins */
        flow_status st = flow_pull_set(s, flow__fan_waker(in, w), set);

        if (st != FLOW_WAIT) {
            r->winner = s;
            close_losers(r->fan, s);
            return st;
        }
    }
    return flow__fan_wait(r->fan, w);
}

static flow_status race_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct race *r = self;
    flow_set set = { .n = 0 };
    flow_status st;

    if (r->fan->live == 0)
        return FLOW_DONE;
    st = r->winner != NULL ? flow_pull_set(r->winner, w, &set)
                           : run(r, w, &set);
    if (st == FLOW_READY)
        flow_lend(out, set.v, set.n);
    return st == FLOW_FAILED ? flow_raise_in(out, set.error) : st;
}

static void race_close(void *self)
{
    flow__fan_free(((struct race *)self)->fan);
}

static size_t race_inputs(void *self, flow_stage ***list)
{
    return flow__fan_stages(((struct race *)self)->fan, list);
}

static const flow_type race_type = {
    .name = "race", .size = sizeof(struct race), .fill = race_fill,
    .close = race_close, .inputs = race_inputs
};

flow_stage *(flow_race)(flow_stage *const *s, size_t n)
{
    flow_stage *refused;
    struct race r = { .fan = flow__fan_of(s, n, "race", &refused) };

    return r.fan == NULL ? refused : flow_stage_new(&race_type, &r);
}
