/* SPDX-License-Identifier: MIT */
/* One LIST of all values, settled errors among them; while its source pauses it
 * keeps what it has. */
#include "gather.h"
#include "set.h"

struct collect { flow_stage *source; struct flow__gather all; size_t most; };

static flow_status collect_set(struct collect *c, flow_stage *out,
                               const flow_set *set)
{
    if (set->n > c->most - c->all.n) {
        flow__drop_all(set->v, set->n);
        return flow_raise_in(out, flow_error(
            FLOW_ELIMIT, 0, "flow_collect_most: more than %zu values; allow "
            "more, or flow_take some", c->most));
    }
    if (!flow__gather_add(&c->all, set->v, set->n))
        return flow_raise_in(out, flow_error(FLOW_ENOMEM, 0, "flow_collect"));
    return FLOW_READY;
}

static flow_status collect_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct collect *c = self;
    flow_set set;
    flow_status st;

    while ((st = flow_pull_set(c->source, w, &set)) == FLOW_READY)
        if (collect_set(c, out, &set) == FLOW_FAILED)
            return FLOW_FAILED;
    if (st == FLOW_DONE) {
        flow_value list = flow__gather_list(&c->all);
        if (flow_is_failure(list))
            return flow_raise_in(out, list);
        flow_give(out, list);
    }
    return flow_pass(out, st, set.error);
}

static void collect_close(void *self)
{
    struct collect *c = self;

    flow__gather_free(&c->all);
}

static const flow_type collect_type = {
    .name = "collect", .size = sizeof(struct collect), .fill = collect_fill,
    .close = collect_close, .inputs = flow_first_input
};

flow_stage *(flow_collect_most)(flow_stage *s, size_t most)
{
    return flow_stage_new(&collect_type,
                          &(struct collect){ s, { NULL, 0, 0 }, most });
}
