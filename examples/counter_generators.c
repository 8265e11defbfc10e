/* SPDX-License-Identifier: MIT */
/* Generators: sources and stages whose state is where they are in the code.
 *
 * Counter and States of counter_iterators.c again, and a Consumer that reads
 * the counter one value at a time. Re-creates the generators of the Flow manual
 * (2003). */
#include <flow/flow.h>

static void counter(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    for (int count = *(int *)arg; count > 0; count--)
        flow_yield(self, count);
}

static void states(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source, (void)arg;
    flow_yield(self, "one");
    flow_yield(self, "two");
}

static void consumer(flow_gen *self, flow_stage *producer, void *arg)
{
    flow_value result;

    (void)arg;
    while (flow_next(self, producer, &result))
        if (result.as.num != 2)
            flow_yield(self, result);
}

/* print list(s) */
static void print_list(flow_stage *s)
{
    flow_print(stdout, flow_block_all(s));
}

int main(void)
{
    int three = 3;

    print_list(flow_generate(counter, NULL, &three));
    print_list(flow_generate(states, NULL, NULL));
    print_list(flow_generate(consumer, flow_generate(counter, NULL, &three),
                             NULL));
    return 0;
}
