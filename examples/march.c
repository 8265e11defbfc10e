/* SPDX-License-Identifier: MIT */
/* The programs of March 2003: a flow built of steps, and run for given data.
 *
 * There, a flow was a list of branches and functions through which each item
 * was pushed; here, each is an operator, and items are pulled. The counter
 * pauses at odd numbers, from inside a generator, which was not possible then.
 * Re-creates the announcement of March 14, 2003. */
#include <flow/flow.h>

static flow_stage *data_source(flow_value data, void *arg)
{
    int64_t d = data.as.num;

    (void)arg;
    return flow_list(FLOW_VALUES(1, 1 + d, 1 + 2 * d));
}

static flow_value add_one(flow_value v, void *arg)
{
    (void)arg;
    return flow_int(v.as.num + 1);
}

static void counter(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    for (int n = *(int *)arg; n >= 0; n--)
        if (n % 2 != 0)
            flow_cooperate(self, 0);        /* imagine a blocking operation */
        else
            flow_yield(self, n);
}

static flow_value print_result(flow_value v, void *arg)
{
    (void)arg;
    flow_print(stdout, v);
    return flow_none();
}

static void finish(flow_stage *s)
{
    flow_value none;

    s = flow_for_each(s, print_result, NULL);
    while (flow_block(s, &none))
        ;
    printf("finished\n");
    flow_close(s);
}

static void execute(int data)
{
    flow_stage *s = flow_flat_map(flow_once(flow_int(data)), data_source, NULL);

    finish(flow_map(s, add_one, NULL));
}

int main(void)
{
    int four = 4;

    execute(2);
    execute(8);
    finish(flow_generate(counter, NULL, &four));
    return 0;
}
