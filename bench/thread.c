/* SPDX-License-Identifier: MIT */
/* thread: one item from a worker in a thread to the flow that reads it. The
 * processor time of both counts. */
#include "bench.h"
#include <flow/thread.h>

enum { ITEMS = 200000 };

static void produce(flow_worker *self, void *arg)
{
    (void)arg;
    for (int64_t i = 1; i <= ITEMS && flow_worker_give(self, i); i++)
        ;
}

int main(void)
{
    struct bench b = bench_begin();

    while (bench_round(&b)) {
        flow_stage *s;
        int64_t total = 0;
        bench_start(&b);
        s = flow_threaded(NULL, produce, NULL, NULL);
        for (flow_value v; flow_block(s, &v);)
            total += v.as.num;
        flow_close(s);
        flow_threads_left(1);
        bench_stop(&b);
        bench_check(total == (int64_t)ITEMS * (ITEMS + 1) / 2);
    }
    bench_print(b.best / ITEMS * 1e9, "ns");
    return 0;
}
