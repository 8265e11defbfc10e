/* SPDX-License-Identifier: MIT */
/* A connection that waits for more than data: each event is a stage.
 *
 *     made     the protocol is called
 *     data     what is received
 *     lost     the stage after it: flow_concat
 *     drained  flow_yield goes on
 *     timer    flow_ticks
 *     other    a channel
 *
 * Merged they are one flow, which a switch tells apart by the kind of value; or
 * flow_concurrent tells whose it is. Re-creates the protocols with more than one
 * callback that were planned for the original module (2003). */
#include <flow/net.h>
#include <flow/reactor.h>

static flow_chan *news;                     /* texts in tuples              */

/* Not necessarily tick 1: one that is late is left out. */
static void on_timer(flow_gen *self)
{
    static bool ticked;

    if (ticked)
        return;                             /* as long as the peer stays    */
    ticked = true;
    printf("timer\n");
    flow_yield(self, "tick\n");
    printf("drained: there is room for more\n");
}

static void on_data(flow_value data)
{
    flow_value said = flow_share(data);
    size_t n;
    const char *s = flow_chars(&data, &n);

    printf("data: %.*s\n", (int)n, s);
    flow_offer(news, flow_tuple(&said, 1));
    flow_drop(data);
}

/* This one has told itself; it could be any other part of the program. */
static void on_news(flow_gen *self, flow_value tuple)
{
    printf("news\n");
    flow_yield(self, "somebody has said ");
    flow_yield(self, flow_share(flow_items(&tuple, NULL)[0]));
    flow_yield(self, "\n");
    flow_drop(tuple);
}

static void handle(flow_gen *self, flow_stage *events, void *arg)
{
    bool there = true;
    flow_value v;

    (void)arg;
    while (there && flow_next(self, events, &v))
        if (v.kind == FLOW_BYTES)
            on_data(v);
        else if (v.kind == FLOW_INT)
            on_timer(self);
        else if (v.kind == FLOW_TUPLE)
            on_news(self, v);
        else
            there = false;
    printf("lost\n");
}

static flow_stage *made(flow_stage *received, void *arg)
{
    flow_stage *data = flow_concat(FLOW_STAGES(received,
                                               flow_once(flow_none())));

    printf("made\n");
    return flow_generate(handle, flow_merge(FLOW_STAGES(
        data, flow_ticks(0.02), flow_from_chan(news))), arg);
}

/* Answers the first line by hello, and goes after the second. */
static void client(flow_gen *self, flow_stage *source, void *service)
{
    flow_chan *conn;
    flow_stage *heard = flow_lines(flow_connect(flow_served_at(service),
                                                flow_callback(1, &conn), NULL));
    flow_value v;

    (void)source;
    for (int n = 0; n < 2 && flow_next(self, heard, &v); n++) {
        flow_yield(self, v);
        flow_send(self, conn, flow_of("hello"));
    }
    flow_chan_release(conn);
    flow_close(heard);
}

int main(void)
{
    flow_deferred *service;
    flow_value heard;

    flow_host_use(flow_uv_host());
    news = flow_chan_new(8);
    service = flow_serve("localhost:0", made, NULL, NULL);
    heard = flow_block_all(flow_generate(client, NULL, service));
    flow_drain(service, 1);
    flow_loop();                            /* until the service has ended  */
    printf("the client has heard ");
    flow_print(stdout, heard);
    flow_release(service);
    flow_chan_release(news);
    flow_uv_close();
    return 0;
}
