/* SPDX-License-Identifier: MIT */
/* A pipeline: a chain of ready-made stages over an endless source.
 *
 * The sum of the squares of the first five odd numbers. The last stage asks the
 * one before, and so on; when five have come, the source is closed. */
#include <flow/flow.h>

static void naturals(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source, (void)arg;
    for (int n = 0; flow_yield(self, n); n++)
        ;
}

static bool is_odd(const flow_value *v, void *arg)
{
    (void)arg;
    return v->as.num % 2 != 0;
}

static flow_value square(flow_value v, void *arg)
{
    (void)arg;
    return flow_int(v.as.num * v.as.num);
}

/* Shows what passes. */
static flow_value show(flow_value v, void *arg)
{
    (void)arg;
    return flow_print(stdout, flow_share(v)) == 0 ? v : flow_none();
}

static flow_value add(flow_value sum, flow_value n, void *arg)
{
    (void)arg;
    return flow_int(sum.as.num + n.as.num);
}

int main(void)
{
    flow_stage *s = flow_generate(naturals, NULL, NULL);
    flow_value sum;

    s = flow_filter(s, is_odd, NULL);
    s = flow_take(s, 5);
    s = flow_map(s, square, NULL);
    s = flow_map(s, show, NULL);
    s = flow_reduce(s, flow_int(0), add, NULL);
    if (flow_block(s, &sum))
        printf("sum: %d\n", (int)sum.as.num);
    flow_close(s);
    return 0;
}
