/* SPDX-License-Identifier: MIT */
/* pipeline [READ-AHEAD]: a generator, filter, map and a generator that reads
 * them, for each item of the source. */
#include "bench.h"
#include <flow/flow.h>

enum { ITEMS = 50000 };

static void numbers(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source, (void)arg;
    for (int64_t i = 1; i <= ITEMS && flow_yield(self, i); i++)
        ;
}

static bool is_even(const flow_value *v, void *arg)
{
    (void)arg;
    return v->as.num % 2 == 0;
}

static flow_value triple(flow_value v, void *arg)
{
    (void)arg;
    return flow_int(v.as.num * 3);
}

static void sum(flow_gen *self, flow_stage *source, void *arg)
{
    int64_t total = 0;
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v))
        total += v.as.num;
    flow_yield(self, total);
}

int main(int argc, char **argv)
{
    size_t ahead = (size_t)bench_argument(argc, argv, 1);
    struct bench b = bench_begin();

    while (bench_round(&b)) {
        flow_stage *s = flow_generate(numbers, NULL, NULL);
        flow_value total;
        s = flow_filter(flow_read_ahead(s, ahead), is_even, NULL);
        s = flow_map(s, triple, NULL);
        s = flow_generate(sum, s, NULL);
        bench_start(&b);
        bench_check(flow_block(s, &total));
        bench_stop(&b);
        bench_check(total.as.num == (int64_t)(ITEMS / 2) * (ITEMS / 2 + 1) * 3);
        flow_close(s);
    }
    bench_print(b.best / ITEMS * 1e9, "ns");
    return 0;
}
