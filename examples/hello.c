/* SPDX-License-Identifier: MIT */
/* Hello, flow: two stages, written as plain functions.
 *
 * One counts down from three, the other leaves out two. Nothing runs until main
 * asks for a value. Re-creates the Consumer of the Flow manual (2003). */
#include <flow/flow.h>

static void counter(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    for (int n = *(int *)arg; n > 0; n--)
        flow_yield(self, n);
}

static void not_two(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v))
        if (v.as.num != 2)
            flow_yield(self, v);
}

int main(void)
{
    int three = 3;
    flow_stage *s = flow_generate(counter, NULL, &three);

    s = flow_generate(not_two, s, NULL);
    for (flow_value v; flow_block(s, &v);)
        flow_print(stdout, v);
    flow_close(s);
    return 0;
}
