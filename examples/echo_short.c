/* SPDX-License-Identifier: MIT */
/* The echo pair in short: the server is its connection, the client two lines.
 *
 * A service sends what its protocol's stage gives; here that is what came. The
 * client sends through a channel, since what it says next depends on what it
 * hears. Re-creates the echo pair of the Flow manual (2003). */
#include <flow/net.h>
#include <flow/reactor.h>

static flow_stage *echo(flow_stage *received, void *arg)
{
    (void)arg;
    return received;
}

static void client(flow_gen *self, flow_stage *source, void *service)
{
    flow_chan *conn;
    flow_stage *heard = flow_connect(flow_served_at(service),
                                     flow_callback(1, &conn), NULL);
    flow_value v;

    (void)source;
    flow_send(self, conn, flow_of("Hello World"));
    if (flow_next(self, heard, &v))
        flow_yield(self, v);
    flow_send(self, conn, flow_of("Another Line"));
    if (flow_next(self, heard, &v))
        flow_yield(self, v);
    flow_chan_release(conn);
    flow_close(heard);
}

int main(void)
{
    flow_deferred *service;
    flow_stage *s;

    flow_host_use(flow_uv_host());
    service = flow_serve("localhost:0", echo, NULL, NULL);
    s = flow_generate(client, NULL, service);
    for (flow_value v; flow_block(s, &v);)
        flow_print(stdout, v);
    if (flow_failure(s) != NULL)
        flow_print_trace(stderr, flow_failure(s));
    flow_close(s);
    flow_release(service);
    flow_uv_close();
    return 0;
}
