/* SPDX-License-Identifier: MIT */
/* The items of lists and tuples. Others may hold the list too, so its items are
 * shared into a few places here and lent from there. */
#include "set.h"

enum { BURST = 16 };                /* items lent at once: 256 bytes        */

struct unbatch {
    flow_stage *source;
    flow_value list;                /* the one being taken apart, or NONE   */
    size_t at;                      /* its next item                        */
    flow_value burst[BURST];
};

/* Copies what is left of the list, as far as there is room for it. */
static size_t take_apart(struct unbatch *u, size_t filled)
{
    size_t n;
    const flow_value *items = flow_items(&u->list, &n);

    while (u->at < n && filled < BURST)
        u->burst[filled++] = flow_share(items[u->at++]);
    if (u->at == n) {
        flow_drop(u->list);
        u->list = flow_none();
    }
    return filled;
}

/* Whether the source has more that would fit, ready now. */
static bool may_go_on(const struct unbatch *u, size_t filled)
{
    return filled == 0 || (filled < BURST && flow_ready(u->source) > 0);
}

static flow_status unbatch_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct unbatch *u = self;
    size_t filled = 0;

    if (u->list.kind != FLOW_NONE)
        filled = take_apart(u, filled);
    while (may_go_on(u, filled)) {
        flow_value v;
        flow_status st = flow_pull(u->source, w, &v);

        if (st != FLOW_READY)
            return flow_pass(out, st, v);
        if (v.kind != FLOW_LIST && v.kind != FLOW_TUPLE) {
            u->burst[filled++] = v;
            continue;
        }
        u->list = v;
        u->at = 0;
        filled = take_apart(u, filled);
    }
    flow_lend(out, u->burst, filled);
    return FLOW_READY;
}

static void unbatch_close(void *self)
{
    struct unbatch *u = self;

    flow_drop(u->list);
}

static const flow_type unbatch_type = {
    .name = "unbatch", .size = sizeof(struct unbatch), .fill = unbatch_fill,
    .close = unbatch_close, .inputs = flow_first_input
};

flow_stage *(flow_unbatch)(flow_stage *s)
{
    return flow_stage_new(&unbatch_type, &(struct unbatch){ .source = s });
}
