/* SPDX-License-Identifier: MIT */
/* buffered: one item through a channel with room for 128, which 4 tasklets send
 * into and 4 receive from. */
#include "bench.h"
#include <flow/flow.h>

enum { ITEMS = 20000, ROOM = 128, EACH_SIDE = 4 };

struct work { flow_chan *c; int producing; int64_t total; };

static void produce(flow_gen *self, flow_stage *source, void *arg)
{
    struct work *w = arg;

    (void)source;
    for (int64_t i = 1; i <= ITEMS / EACH_SIDE; i++)
        if (!flow_send(self, w->c, flow_int(i)))
            return;
    if (--w->producing == 0)
        flow_finish(w->c, flow_none());
}

static void consume(flow_gen *self, flow_stage *source, void *arg)
{
    struct work *w = arg;
    int64_t total = 0;
    flow_value v;

    (void)source;
    while (flow_receive(self, w->c, &v))
        total += v.as.num;
    w->total += total;
}

static void run_all(struct work *w)
{
    flow_group *g = flow_group_new();
    flow_deferred *ended;

    for (int i = 0; i < EACH_SIDE; i++) {
        flow_group_add(g, flow_spawn(produce, NULL, w));
        flow_group_add(g, flow_spawn(consume, NULL, w));
    }
    ended = flow_group_end(g);
    flow_loop();
    bench_check(flow_fired(ended));
    flow_release(ended);
}

int main(void)
{
    const int64_t each = ITEMS / EACH_SIDE;
    struct bench b = bench_begin();

    while (bench_round(&b)) {
        struct work w = { flow_chan_new(ROOM), EACH_SIDE, 0 };
        bench_start(&b);
        run_all(&w);
        bench_stop(&b);
        bench_check(w.total == EACH_SIDE * each * (each + 1) / 2);
        flow_chan_release(w.c);
    }
    bench_print(b.best / ITEMS * 1e9, "ns");
    return 0;
}
