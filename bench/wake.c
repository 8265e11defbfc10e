/* SPDX-License-Identifier: MIT */
/* wake: to set aside and wake a chain whose source waits for its turn, for each
 * generator between the source and the reader: what a chain of 110 takes more
 * than one of 10. */
#include "bench.h"
#include <flow/flow.h>

enum { WAITS = 300 };

static void waits(flow_gen *self, flow_stage *source, void *arg)
{
    int64_t n = 0;

    (void)source, (void)arg;
    while (n < WAITS && flow_cooperate(self, 0))
        n++;
    flow_yield(self, n);
}

static void level(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v) && flow_yield(self, v))
        ;
}

static double seconds(int depth)
{
    struct bench b = bench_begin();

    while (bench_round(&b)) {
        flow_stage *s = flow_generate(waits, NULL, NULL);
        flow_value n;
        for (int i = 0; i < depth; i++)
            s = flow_generate(level, s, NULL);
        bench_start(&b);
        bench_check(flow_block(s, &n));
        bench_stop(&b);
        bench_check(n.as.num == WAITS);
        flow_close(s);
    }
    return b.best;
}

int main(void)
{
    bench_print((seconds(110) - seconds(10)) / 100 / WAITS * 1e9, "ns");
    return 0;
}
