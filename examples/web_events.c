/* SPDX-License-Identifier: MIT */
/* A page of events, as a browser reads it by
 *
 *     new EventSource("/orders").onmessage = e => show(e.data);
 *
 * Orders come every twenty seconds, and in between a comment, by which nobody
 * on the way takes the connection for dead. Time is virtual here, so that none
 * is spent: what is printed is what the browser gets. */
#include <flow/http.h>

#include <stdlib.h>

static const char *const orders[] = {
    "one pot of tea", "two scones\nwith jam", "the bill"
};
enum { ORDERS = sizeof orders / sizeof *orders };

/* Its number is the id: so a browser that asks again gets the rest. */
static flow_value as_event(flow_value v, void *arg)
{
    int64_t n = v.as.num + *(int *)arg;

    return flow_tuple(FLOW_VALUES(n == ORDERS ? "last" : "order",
                                  orders[n - 1],
                                  flow_textf("%d", (int)n)));
}

static void waiter(flow_gen *self, flow_request *r, void *arg)
{
    const char *id = flow_request_last_event_id(r);
    int seen = id != NULL ? atoi(id) : 0;

    (void)arg;
    if (seen < 0 || seen >= ORDERS) {
        flow_answer_status(r, 204);         /* it is not to ask again       */
        return;
    }
    flow_answer_events(self, r, flow_map(
        flow_take(flow_ticks(20), (size_t)(ORDERS - seen)), as_event, &seen));
}

/* Asks, and stays to listen. */
static void browse(flow_gen *self, flow_stage *none, void *request)
{
    (void)none;
    flow_yield(self, (const char *)request);
    flow_cooperate(self, 3600);
}

static void ask(flow_site *site, const char *what, const char *request)
{
    flow_stage *answer = flow_http(flow_generate(browse, NULL, (void *)request),
                                   site);
    double begun = flow_now();

    printf("%s\n", what);
    for (flow_value piece; flow_block(answer, &piece); flow_drop(piece)) {
        size_t n;
        const char *s = flow_chars(&piece, &n);

        if (n > 4 && s[0] == 'H')
            printf("    (a head)\n");
        else
            printf("after %.0f seconds:\n%.*s", flow_now() - begun, (int)n, s);
    }
    flow_close(answer);
}

int main(void)
{
    flow_site *site = flow_site_new(NULL);

    flow_host_use(flow_virtual_host());
    flow_site_add(site, "/orders", waiter, NULL);
    ask(site, "A browser comes:", "GET /orders HTTP/1.0\r\n\r\n");
    ask(site, "It comes again, having missed the last:",
        "GET /orders HTTP/1.0\r\nLast-Event-ID: 2\r\n\r\n");
    flow_site_release(site);
    return 0;
}
