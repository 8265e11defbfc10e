/* SPDX-License-Identifier: MIT */
/* spawn: to start a tasklet that does nothing, and to be rid of it. */
#include "bench.h"
#include <flow/flow.h>

enum { TASKLETS = 10000 };

static void empty(flow_gen *self, flow_stage *source, void *arg)
{
    (void)self, (void)source;
    ++*(long *)arg;
}

int main(void)
{
    struct bench b = bench_begin();

    while (bench_round(&b)) {
        long ran = 0, fired = 0;
        bench_start(&b);
        for (int i = 0; i < TASKLETS; i++) {
            flow_deferred *d = flow_run(flow_generate(empty, NULL, &ran));
            fired += flow_fired(d);
            flow_release(d);
        }
        bench_stop(&b);
        bench_check(ran == TASKLETS && fired == TASKLETS);
    }
    bench_print(b.best / TASKLETS * 1e9, "ns");
    return 0;
}
