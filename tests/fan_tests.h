/* SPDX-License-Identifier: MIT */
/* Stages for tests of operators that read several. */
#ifndef FLOW_TEST_FAN_TESTS_H
#define FLOW_TEST_FAN_TESTS_H

#include "harness.h"

/* Counts how often it is asked, and waits for what does not come. */
static inline flow_status idle_fill(void *self, flow_stage *out, flow_waker *w)
{
    int *asked = *(int **)self;

    ++*asked;
    flow_waits_for(out, w, "what does not come");
    return FLOW_WAIT;
}

static inline flow_stage *idle(int *asked)
{
    static const flow_type type = {
        .name = "idle", .size = sizeof(int *), .fill = idle_fill
    };

    return flow_stage_new(&type, &asked);
}

/* Wakes its reader whenever it is asked; answers n times that it waits, then
 * gives 1 and ends. */
struct restless { int n; };

static inline flow_status restless_fill(void *self, flow_stage *out,
                                        flow_waker *w)
{
    struct restless *r = self;

    flow_wake(w);
    if (r->n-- > 0)
        return FLOW_WAIT;
    flow_give(out, flow_int(1));
    return FLOW_DONE;
}

static inline flow_stage *restless(int n)
{
    static const flow_type type = {
        .name = "restless", .size = sizeof(struct restless),
        .fill = restless_fill
    };

    return flow_stage_new(&type, &(struct restless){ n });
}

/* Waits; when it is closed it ends the channel, and so wakes its reader. */
static inline void ends_channel(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    flow_send(self, arg, flow_int(1));
    while (flow_cooperate(self, 1000))
        ;
    flow_finish(arg, flow_none());
}

/* Hands on values until something is made to go wrong. What operators that take
 * values as they come give after that depends on what it was: they are dropped,
 * and the flow fails for want of memory. */
struct undisturbed { flow_stage *source; };

static inline flow_status undisturbed_fill(void *self, flow_stage *out,
                                           flow_waker *w)
{
    struct undisturbed *u = self;
    flow_value v;
    flow_status st = flow_pull(u->source, w, &v);

    if (!disturbed() || st == FLOW_WAIT) {
        if (st == FLOW_READY)
            flow_give(out, v);
        return flow_pass(out, st, v);
    }
    flow_drop(v);
    return st == FLOW_READY
           ? st : flow_raise_in(out, flow_error(FLOW_ENOMEM, 0, "disturbed"));
}

static inline void expect_merged(const char *text, flow_stage *s)
{
    static const flow_type type = {
        .name = "undisturbed", .size = sizeof(struct undisturbed),
        .fill = undisturbed_fill, .inputs = flow_first_input
    };

    expect(text, flow_stage_new(&type, &(struct undisturbed){ s }));
}

/* Takes n values; fewer if there are no more. */
static inline int block_on(flow_stage *s, int n)
{
    flow_value v;
    int taken = 0;

    while (taken < n && flow_block(s, &v)) {
        flow_drop(v);
        taken++;
    }
    return taken;
}

#endif
