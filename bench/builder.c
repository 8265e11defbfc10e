/* SPDX-License-Identifier: MIT */
/* builder [OPERATORS]: one item through a branch, a function and a merge; or,
 * with 1, the same written with operators. */
#include "bench.h"
#include <flow/builder.h>

enum { ITEMS = 100000 };

static void counts(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value most;

    (void)arg;
    if (!flow_next(self, source, &most))
        return;
    for (int64_t i = 1; i <= most.as.num && flow_yield(self, i); i++)
        ;
}

static flow_stage *numbers(flow_value most, void *arg)
{
    (void)arg;
    return flow_generate(counts, flow_once(most), NULL);
}

static flow_value triple(flow_value v, void *arg)
{
    (void)arg;
    return flow_int(v.as.num * 3);
}

static flow_value add(flow_value sum, flow_value v, void *arg)
{
    (void)arg;
    return flow_int(sum.as.num + v.as.num);
}

static flow_stage *operators(void)
{
    flow_stage *s = flow_flat_map(flow_once(flow_int(ITEMS)), numbers, NULL);

    return flow_reduce(flow_map(s, triple, NULL), flow_int(0), add, NULL);
}

int main(int argc, char **argv)
{
    bool by_operators = bench_argument(argc, argv, 0) != 0;
    flow_builder *steps = flow_builder_new();
    struct bench b = bench_begin();

    flow_add_branch(steps, numbers, NULL, NULL);
    flow_add_function(steps, triple, NULL);
    flow_add_merge(steps, flow_int(0), add, NULL);
    while (bench_round(&b)) {
        flow_stage *s =
            by_operators ? operators()
                         : flow_builder_execute(steps, flow_int(ITEMS));
        flow_value total;
        bench_start(&b);
        bench_check(flow_block(s, &total));
        bench_stop(&b);
        bench_check(total.as.num == (int64_t)ITEMS * (ITEMS + 1) / 2 * 3);
        flow_close(s);
    }
    flow_builder_release(steps);
    bench_print(b.best / ITEMS * 1e9, "ns");
    return 0;
}
