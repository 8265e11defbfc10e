/* SPDX-License-Identifier: MIT */
/* select: one item for a tasklet that chooses among 4 channels without room,
 * each with a sender of its own. */
#include "bench.h"
#include <flow/flow.h>

enum { ITEMS = 8000, SENDERS = 4 };

static void produce(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    for (int64_t i = 1; i <= ITEMS / SENDERS; i++)
        if (!flow_send(self, arg, flow_int(i)))
            return;
    flow_finish(arg, flow_none());
}

/* Until all four have ended. */
static void choose(flow_gen *self, flow_stage *source, void *arg)
{
    flow_chan **c = arg;
    int64_t total = 0;
    flow_value v;

    (void)source;
    while (flow_select(self, FLOW_CASES(flow_when_receive(c[0], &v),
                                        flow_when_receive(c[1], &v),
                                        flow_when_receive(c[2], &v),
                                        flow_when_receive(c[3], &v))) >= 0)
        total += v.as.num;
    flow_yield(self, total);
}

int main(void)
{
    const int64_t each = ITEMS / SENDERS;
    struct bench b = bench_begin();

    while (bench_round(&b)) {
        flow_chan *c[SENDERS];
        flow_deferred *senders[SENDERS], *chooser;
        const flow_value *total;

        for (int i = 0; i < SENDERS; i++)
            c[i] = flow_chan_new(0);
        bench_start(&b);
        chooser = flow_spawn(choose, NULL, c);
        for (int i = 0; i < SENDERS; i++)
            senders[i] = flow_spawn(produce, NULL, c[i]);
        flow_loop();
        bench_stop(&b);
        total = flow_outcome(chooser);
        bench_check(total != NULL
                    && total->as.num == SENDERS * each * (each + 1) / 2);
        flow_release(chooser);
        for (int i = 0; i < SENDERS; i++) {
            flow_release(senders[i]);
            flow_chan_release(c[i]);
        }
    }
    bench_print(b.best / ITEMS * 1e9, "ns");
    return 0;
}
