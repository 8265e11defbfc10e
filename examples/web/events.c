/* SPDX-License-Identifier: MIT */
/* What the server tells of itself, each second, as server-sent events: a page
 * that never ends, until the client goes or the server shall end.
 *
 *     /events */
#include "web.h"

static flow_value as_facts(flow_value tick, void *arg)
{
    const struct facts *facts = arg;

    (void)tick;
    return flow_tuple(FLOW_VALUES("facts", flow_textf(
        "{\"connections\": %zu, \"requests\": %zu, \"memory\": %ld, "
        "\"seconds\": %.0f}", facts->connections, facts->requests,
        memory_taken(), flow_now() - facts->begun)));
}

static bool is_tick(const flow_value *v, void *arg)
{
    (void)arg;
    return v->kind == FLOW_INT;
}

/* One at once, then each second; what comes of `end` is none. */
static flow_stage *ticks_until(flow_deferred *end)
{
    flow_stage *ticks = flow_concat(FLOW_STAGES(flow_once(flow_int(0)),
                                                flow_ticks(1)));

    return flow_take_while(flow_merge(FLOW_STAGES(
        ticks, flow_from_deferred(flow_hold(end)))), is_tick, NULL);
}

void events_page(flow_gen *self, flow_request *r, void *arg)
{
    struct facts *facts = arg;

    flow_answer_events(self, r, flow_map(ticks_until(facts->stopping),
                                         as_facts, facts));
}
