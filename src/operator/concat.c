/* SPDX-License-Identifier: MIT */
/* One stage after the other; each is closed when it has ended, those behind it
 * when it has failed. */
#include "set.h"
#include "trouble.h"

#include <string.h>

struct concat { flow_stage **s; size_t n, at; };

static void close_first(struct concat *c)
{
    flow_close(c->s[c->at]);
    c->s[c->at++] = NULL;
}

static flow_status concat_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct concat *c = self;

    while (c->at < c->n) {
        flow_status st = flow__pass_set(c->s[c->at], out, w);

        if (st == FLOW_READY || st == FLOW_WAIT)
            return st;
        close_first(c);
        if (st == FLOW_DONE)
            continue;
        while (c->at < c->n)
            close_first(c);
        return st;
    }
    return FLOW_DONE;
}

static void concat_close(void *self)
{
    struct concat *c = self;

    flow_free(c->s, c->n * sizeof(flow_stage *));
}

static size_t concat_inputs(void *self, flow_stage ***list)
{
    struct concat *c = self;

    *list = c->s;
    return c->n;
}

static const flow_type concat_type = {
    .name = "concat", .size = sizeof(struct concat), .fill = concat_fill,
    .close = concat_close, .inputs = concat_inputs
};

flow_stage *(flow_concat)(flow_stage *const *s, size_t n)
{
    struct concat c = { NULL, n, 0 };

    if (s == NULL && n > 0)
        return flow__misused("concat", NULL,
                             "give an array of stages, not NULL");
    if (n == 0)
        return flow_stage_new(&concat_type, &c);
    c.s = flow_alloc(n * sizeof *c.s);
    if (c.s == NULL)
        return flow__out_of_memory("concat", s, n);
    memcpy(c.s, s, n * sizeof *c.s);
    return flow_stage_new(&concat_type, &c);
}
