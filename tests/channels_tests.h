/* SPDX-License-Identifier: MIT */
/* What the tests of channels share: a sender, and a reader that notes. */
#ifndef FLOW_TEST_CHANNELS_TESTS_H
#define FLOW_TEST_CHANNELS_TESTS_H

#include "actors.h"

struct sending { flow_chan *c; int n, sent, refused; };

static inline void sends(flow_gen *self, flow_stage *source, void *arg)
{
    struct sending *s = arg;

    (void)source;
    for (int n = 1; n <= s->n; n++)
        if (flow_send(self, s->c, flow_int(n)))
            s->sent++;
        else
            s->refused++;
    flow_finish(s->c, flow_none());
}

static inline flow_deferred *run_sender(struct sending *s)
{
    return flow_run(flow_generate(sends, NULL, s));
}

struct order { struct sending s; char text[64]; };

static inline void notes(struct order *o, const char *what, int n)
{
    size_t used = strlen(o->text);

    if (used + 8 < sizeof o->text)
        snprintf(o->text + used, sizeof o->text - used, "%s%d ", what, n);
}

static inline void reads_noting(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    while (flow_next(self, source, &v))
        notes(arg, "r", (int)v.as.num);
}

#endif
