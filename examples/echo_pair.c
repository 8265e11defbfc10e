/* SPDX-License-Identifier: MIT */
/* An echo server and its client, over a real socket, telling what they do.
 *
 * Both ends are protocols: what a generator yields is sent, and where it waits
 * for its connection, the other end goes on. Re-creates the pair of the
 * announcement of May 24, 2003, whose console ends before the goodbyes. */
#include <flow/net.h>
#include <flow/reactor.h>

static const char left[] = "", right[] = "                         ";

static void say(const char *column, const char *text)
{
    printf("%s%s\n", column, text);
}

static void say_received(const char *column, const flow_value *data,
                         const char *more)
{
    size_t n;
    const char *s = flow_chars(data, &n);

    printf("%sreceived '%.*s'%s\n", column, (int)n, s, more);
}

static void echo_server(flow_gen *self, flow_stage *conn, void *arg)
{
    flow_value data;

    (void)arg;
    flow_cooperate(self, 0);    /* the client, in the same loop, speaks first */
    say(right, "connected, now wait for client");
    if (flow_wait(self, conn))
        say(right, "client responded");
    while (flow_next(self, conn, &data)) {
        say_received(right, &data, ", sending back");
        if (flow_yield(self, data))
            say(right, "waiting for client again");
    }
}

static void echo_client(flow_gen *self, flow_stage *conn, void *arg)
{
    flow_value data;

    (void)arg;
    say(left, "connect and send");
    flow_yield(self, "Hello World");
    say(left, "waiting for server");
    if (!flow_next(self, conn, &data))
        return;
    say_received(left, &data, "");
    flow_drop(data);
    say(left, "sending more");
    flow_yield(self, "Another Line");
    say(left, "waiting for server");
    if (!flow_next(self, conn, &data))
        return;
    say_received(left, &data, "");
    flow_drop(data);
}

static flow_stage *by_generator(flow_stage *received, void *body)
{
    return flow_generate(*(flow_body **)body, received, NULL);
}

int main(void)
{
    flow_body *server = echo_server, *client = echo_client;
    flow_deferred *service;
    flow_value failed;

    flow_host_use(flow_uv_host());
    service = flow_serve("localhost:0", by_generator, &server, NULL);
    printf("client                   server\n"
           "-------------------      ---------------------\n");
    failed = flow_block_all(flow_talk(flow_served_at(service), by_generator,
                                      &client, NULL));
    if (flow_is_failure(failed))
        flow_print_trace(stderr, &failed);
    flow_drop(failed);
    flow_release(service);
    flow_uv_close();
    return 0;
}
