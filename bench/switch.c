/* SPDX-License-Identifier: MIT */
/* switch: from one stack to another, as a yield and the next ask do it. */
#include "bench.h"
#include <flow/flow.h>

enum { ITEMS = 100000 };

static void ticks(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source, (void)arg;
    while (flow_yield(self, flow_none()))
        ;
}

static void count(flow_gen *self, flow_stage *source, void *arg)
{
    int64_t n = 0;
    flow_value v;

    (void)arg;
    while (n < ITEMS && flow_next(self, source, &v))
        n++;
    flow_yield(self, n);
}

int main(void)
{
    struct bench b = bench_begin();

    while (bench_round(&b)) {
        flow_stage *s = flow_generate(ticks, NULL, NULL);
        flow_value n;
        s = flow_generate(count, s, NULL);
        bench_start(&b);
        bench_check(flow_block(s, &n));
        bench_stop(&b);
        bench_check(n.as.num == ITEMS);
        flow_close(s);
    }
    bench_print(b.best / ITEMS / 2 * 1e9, "ns");
    return 0;
}
