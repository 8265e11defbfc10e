/* SPDX-License-Identifier: MIT */
/* pingpong: a round trip of two tasklets over two channels without room. */
#include "bench.h"
#include <flow/flow.h>

enum { TRIPS = 4000 };

struct table { flow_chan *ping, *pong; };

static void serve(flow_gen *self, flow_stage *source, void *arg)
{
    struct table *t = arg;
    int64_t total = 0;
    flow_value v;

    (void)source;
    for (int64_t i = 1; i <= TRIPS; i++) {
        if (!flow_send(self, t->ping, flow_int(i))
            || !flow_receive(self, t->pong, &v))
            return;
        total += v.as.num;
    }
    flow_finish(t->ping, flow_none());
    flow_yield(self, total);
}

static void give_back(flow_gen *self, flow_stage *source, void *arg)
{
    struct table *t = arg;
    flow_value v;

    (void)source;
    while (flow_receive(self, t->ping, &v) && flow_send(self, t->pong, v))
        ;
}

int main(void)
{
    struct bench b = bench_begin();

    while (bench_round(&b)) {
        struct table t = { flow_chan_new(0), flow_chan_new(0) };
        flow_deferred *one, *other;
        const flow_value *total;
        bench_start(&b);
        one = flow_spawn(serve, NULL, &t);
        other = flow_spawn(give_back, NULL, &t);
        flow_loop();
        bench_stop(&b);
        total = flow_outcome(one);
        bench_check(total != NULL
                    && total->as.num == (int64_t)TRIPS * (TRIPS + 1) / 2);
        flow_release(one);
        flow_release(other);
        flow_chan_release(t.ping);
        flow_chan_release(t.pong);
    }
    bench_print(b.best / TRIPS * 1e9, "ns");
    return 0;
}
