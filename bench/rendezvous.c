/* SPDX-License-Identifier: MIT */
/* rendezvous tasklet|deferred: one request that a program of its own answers.
 * Requests come 64 at a time, and the program takes them from a channel. Either
 * each has a tasklet, which waits for the answer at a channel; or its handler
 * hands over a deferred and returns, and the rest is that one's callback. */
#include "bench.h"
#include <flow/flow.h>

enum { REQUESTS = 6400, AT_A_TIME = 64 };

struct request {
    struct server *server;
    int64_t asks;
    flow_chan *reply;                       /* of a tasklet                 */
    flow_deferred *handled;
};

struct server {
    bool by_tasklets;
    flow_chan *requests;
    int64_t written;
    struct request now[AT_A_TIME];
};

/* ---- The program that answers ------------------------------------------- */
static void answer(flow_gen *self, flow_stage *source, void *arg)
{
    struct server *s = arg;
    flow_value v;

    (void)source;
    while (flow_receive(self, s->requests, &v)) {
        struct request *r = &s->now[v.as.num];
        flow_value reply = flow_int(2 * r->asks);

        if (!s->by_tasklets)
            flow_fire(r->handled, reply);
        else if (!flow_send(self, r->reply, reply))
            return;
    }
}

/* ---- A request handled by a tasklet ------------------------------------- */
static void handle(flow_gen *self, flow_stage *source, void *arg)
{
    struct request *r = arg;
    flow_value v;

    (void)source;
    r->reply = flow_chan_new(0);
    if (flow_send(self, r->server->requests, flow_int(r - r->server->now))
        && flow_receive(self, r->reply, &v))
        r->server->written += v.as.num;
    flow_chan_release(r->reply);
}

/* ---- A request handled by a deferred and its callback ------------------- */
static flow_value write_reply(flow_value v, void *arg)
{
    struct request *r = arg;

    r->server->written += v.as.num;
    return flow_none();
}

static flow_deferred *hand_over(struct request *r)
{
    flow_deferred *d = flow_defer();

    flow_then(d, write_reply, NULL, r);
    bench_check(flow_offer(r->server->requests,
                           flow_int(r - r->server->now)));
    return d;
}

/* ---- Where they come from ----------------------------------------------- */
static void serve(flow_gen *self, flow_stage *source, void *arg)
{
    struct server *s = arg;
    flow_value v;

    (void)source;
    for (int64_t n = 0; n < REQUESTS; n += AT_A_TIME) {
        for (int i = 0; i < AT_A_TIME; i++) {
            struct request *r = &s->now[i];
            *r = (struct request){ .server = s, .asks = n + i };
            r->handled = s->by_tasklets ? flow_spawn(handle, NULL, r)
                                        : hand_over(r);
        }
        for (int i = 0; i < AT_A_TIME; i++) {
            bench_check(flow_await(self, s->now[i].handled, &v));
            flow_release(s->now[i].handled);
        }
    }
    flow_finish(s->requests, flow_none());
}

int main(int argc, char **argv)
{
    struct bench b = bench_begin();

    while (bench_round(&b)) {
        struct server s = { .requests = flow_chan_new(AT_A_TIME) };
        flow_deferred *answering, *serving;
        s.by_tasklets = argc > 1 && strcmp(argv[1], "tasklet") == 0;
        bench_start(&b);
        answering = flow_spawn(answer, NULL, &s);
        serving = flow_spawn(serve, NULL, &s);
        flow_loop();
        bench_stop(&b);
        bench_check(s.written == (int64_t)REQUESTS * (REQUESTS - 1));
        flow_release(answering);
        flow_release(serving);
        flow_chan_release(s.requests);
    }
    bench_print(b.best / REQUESTS * 1e9, "ns");
    return 0;
}
