/* SPDX-License-Identifier: MIT */
/* merge INPUTS: one item through flow_merge from the only input that has any;
 * it waits before each, and the others, channels that nobody sends to, wait all
 * the time. Not counted is what it takes to build them and to ask each once. */
#include "bench.h"
#include <flow/flow.h>

enum { ITEMS = 4000 };

static void active(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source, (void)arg;
    for (int64_t i = 0; flow_cooperate(self, 0) && flow_yield(self, i); i++)
        ;
}

int main(int argc, char **argv)
{
    size_t n = (size_t)bench_argument(argc, argv, 2);
    flow_stage **inputs = calloc(n, sizeof *inputs);
    flow_chan **writers = calloc(n, sizeof *writers);
    struct bench b = bench_begin();

    int64_t at = 0;
    flow_stage *merged;
    flow_value v;

    bench_check(n > 0 && inputs != NULL && writers != NULL);
    for (size_t i = 0; i < n; i++)
        inputs[i] = flow_callback(1, &writers[i]);
    flow_close(inputs[n / 2]);
    inputs[n / 2] = flow_generate(active, NULL, NULL);
    merged = flow_merge(inputs, n);
    bench_check(flow_block(merged, &v) && v.as.num == 0);
    while (bench_round(&b)) {
        int64_t last = at + ITEMS;
        bench_start(&b);
        while (at < last && flow_block(merged, &v) && v.as.num == at + 1)
            at++;
        bench_stop(&b);
        bench_check(at == last);
    }
    flow_close(merged);
    for (size_t i = 0; i < n; i++)
        flow_chan_release(writers[i]);
    free(inputs);
    free(writers);
    bench_print(b.best / ITEMS * 1e9, "ns");
    return 0;
}
