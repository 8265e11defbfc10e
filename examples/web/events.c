/* SPDX-License-Identifier: MIT */
/* What the server tells of itself, each second, as server-sent events: a page
 * that never ends, until the client goes or the server shall end.
 *
 *     /events */
#include "web.h"

static bool send_facts(flow_gen *self, const struct facts *facts)
{
    return flow_yield(self, flow_textf(
        "event: facts\n"
        "data: {\"connections\": %zu, \"requests\": %zu, \"memory\": %ld, "
        "\"seconds\": %.0f}\n\n", facts->connections, facts->requests,
        memory_taken(), flow_now() - facts->begun));
}

void events_page(flow_gen *self, flow_request *r, void *arg)
{
    struct facts *facts = arg;
    flow_value end;

    flow_answer_header(r, "Content-Type", "text/event-stream");
    flow_answer_header(r, "Cache-Control", "no-store");
    while (send_facts(self, facts)
           && flow_select(self, FLOW_CASES(
                  flow_when_await(facts->stopping, &end),
                  flow_when_timeout(1))) == 1)
        ;
}
