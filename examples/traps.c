/* SPDX-License-Identifier: MIT */
/* Trap or catch: two ways to go on after a failure.
 *
 * A trap makes an expected class of failures an ordinary last value; any other
 * ends the reader's loop, and may be caught there. Re-creates the Producer that
 * throws of the Flow manual (2003). */
#include <flow/flow.h>

static const flow_error_class IO_ERROR[1] = {{ "IOError", FLOW_EANY }};
static const flow_error_class ASSERTION_ERROR[1] = {
    { "AssertionError", FLOW_EANY }
};

static void producer(flow_gen *self, flow_stage *source, void *error)
{
    (void)source;
    flow_yield(self, 1);
    flow_yield(self, 2);
    flow_raise(self, *(flow_value *)error);
}

static void consumer(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value result, error;

    (void)arg;
    while (flow_next(self, source, &result))
        if (flow_is(&result, IO_ERROR)) {
            flow_drop(result);
            flow_yield(self, "trapped");
        } else {
            flow_yield(self, result);
        }
    if (flow_catch(self, ASSERTION_ERROR, &error)) {
        flow_yield(self, flow_textf("%s", flow_message(&error)));
        flow_drop(error);
    }
}

static void try(flow_value error)
{
    flow_stage *s = flow_generate(producer, NULL, &error);

    s = flow_generate(consumer, flow_trap(s, IO_ERROR), NULL);
    flow_print(stdout, flow_block_all(s));
}

int main(void)
{
    try(flow_error(IO_ERROR, 0, "trap"));
    try(flow_error(ASSERTION_ERROR, 0, "notrap"));
    return 0;
}
