/* SPDX-License-Identifier: MIT */
/* step [READ-AHEAD]: one item from a step stage to a generator reading it. */
#include "bench.h"
#include <flow/flow.h>

enum { ITEMS = 100000 };

static flow_status numbers(void *state, flow_stage *out)
{
    int64_t *at = state;

    while (flow_room(out) > 0) {
        if (*at == ITEMS)
            return FLOW_DONE;
        flow_give(out, flow_int(++*at));
    }
    return FLOW_READY;
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
        int64_t at = 0;
        flow_stage *s = flow_iterate(numbers, &at);
        flow_value total;
        s = flow_generate(sum, flow_read_ahead(s, ahead), NULL);
        bench_start(&b);
        bench_check(flow_block(s, &total));
        bench_stop(&b);
        bench_check(total.as.num == (int64_t)ITEMS * (ITEMS + 1) / 2);
        flow_close(s);
    }
    bench_print(b.best / ITEMS * 1e9, "ns");
    return 0;
}
