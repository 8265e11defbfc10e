/* SPDX-License-Identifier: MIT */
/* channel: one item from tasklet to tasklet, through a channel with room for
 * 64. */
#include "bench.h"
#include <flow/flow.h>

enum { ITEMS = 20000, ROOM = 64 };

static void produce(flow_gen *self, flow_stage *source, void *arg)
{
    flow_chan *c = arg;

    (void)source;
    for (int64_t i = 1; i <= ITEMS && flow_send(self, c, flow_int(i)); i++)
        ;
    flow_finish(c, flow_none());
}

static void consume(flow_gen *self, flow_stage *source, void *arg)
{
    flow_chan *c = arg;
    int64_t total = 0;
    flow_value v;

    (void)source;
    while (flow_receive(self, c, &v))
        total += v.as.num;
    flow_yield(self, total);
}

int main(void)
{
    struct bench b = bench_begin();

    while (bench_round(&b)) {
        flow_chan *c = flow_chan_new(ROOM);
        flow_deferred *producer, *consumer;
        const flow_value *total;
        bench_start(&b);
        producer = flow_spawn(produce, NULL, c);
        consumer = flow_spawn(consume, NULL, c);
        flow_loop();
        bench_stop(&b);
        total = flow_outcome(consumer);
        bench_check(total != NULL
                    && total->as.num == (int64_t)ITEMS * (ITEMS + 1) / 2);
        flow_release(producer);
        flow_release(consumer);
        flow_chan_release(c);
    }
    bench_print(b.best / ITEMS * 1e9, "ns");
    return 0;
}
