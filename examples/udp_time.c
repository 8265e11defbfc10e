/* SPDX-License-Identifier: MIT */
/* A service that tells the time by datagrams, over a network that loses two
 * questions of three. A client asks again until it is answered: what is asked
 * for within a time, and what is tried how often, are operators around it. */
#include <flow/net.h>
#include <flow/reactor.h>
#include <flow/udp.h>

struct clock { int asked, hour; };

static bool arrives(const flow_value *question, void *arg)
{
    struct clock *c = arg;

    (void)question;
    printf("question %d %s\n", c->asked + 1, c->asked % 3 == 2 ? "arrives"
                                                               : "is lost");
    return c->asked++ % 3 == 2;
}

static flow_value tell(flow_value question, void *arg)
{
    struct clock *c = arg;
    flow_value peer = flow_share(flow_items(&question, NULL)[1]);

    flow_drop(question);
    return flow_tuple(FLOW_VALUES(flow_textf("%d o'clock", c->hour++), peer));
}

static flow_stage *tells_time(flow_stage *received, void *clock)
{
    return flow_map(flow_filter(received, arrives, clock), tell, clock);
}

static flow_stage *ask(void *to)
{
    return flow_within(flow_take(flow_connect_udp(
        to, flow_once(flow_of("what time is it?"))), 1), 0.2);
}

int main(void)
{
    struct clock clock = { 0, 9 };
    char place[32];

    flow_host_use(flow_uv_host());

    flow_deferred *service = flow_serve_udp("127.0.0.1:0", tells_time, &clock,
                                            NULL);

    snprintf(place, sizeof place, "%s", flow_served_at(service));
    for (int n = 0; n < 2; n++) {
        flow_stage *answer = flow_retry(ask, place, FLOW_ETIMEOUT, 5, 0.01);

        for (flow_value v; flow_block(answer, &v);)
            flow_print(stdout, v);
        flow_close(answer);
    }

    flow_release(service);
    flow_uv_close();
    return 0;
}
