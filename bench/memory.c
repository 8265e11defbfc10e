/* SPDX-License-Identifier: MIT */
/* memory generator|step: the bytes a stage takes that has given a value and is
 * set aside until it is asked for another. */
#include "bench.h"
#include <flow/flow.h>

enum { GENERATORS = 20000, STEPS = 100000 };

static void endless(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source, (void)arg;
    while (flow_yield(self, 1))
        ;
}

static flow_status one(void *state, flow_stage *out)
{
    (void)state;
    flow_give(out, flow_int(1));
    return FLOW_READY;
}

int main(int argc, char **argv)
{
    bool steps = argc > 1 && strcmp(argv[1], "step") == 0;
    size_t n = steps ? STEPS : GENERATORS;
    flow_stage **all = malloc(n * sizeof *all);
    double before, after;
    int64_t total = 0;
    flow_value v;

    bench_check(all != NULL);
    memset(all, 0xff, n * sizeof *all);     /* these pages are not counted  */
    before = bench_memory();
    for (size_t i = 0; i < n; i++) {
        all[i] = steps ? flow_iterate(one, NULL)
                       : flow_generate(endless, NULL, NULL);
        bench_check(flow_block(all[i], &v));
    }
    after = bench_memory();
    for (size_t i = 0; i < n; i++) {
        bench_check(flow_block(all[i], &v));
        total += v.as.num;
        flow_close(all[i]);
    }
    bench_check(total == (int64_t)n);
    free(all);
    bench_print((after - before) / (double)n, "bytes");
    return 0;
}
