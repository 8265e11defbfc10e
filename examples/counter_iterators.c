/* SPDX-License-Identifier: MIT */
/* Iterators: sources that are called again and again with their state.
 *
 * Such a step function needs no stack of its own, but has to remember where it
 * was, as Counter and States do. Re-creates the iterators of the Flow manual
 * (2003); counter_generators.c has the same as generators. */
#include <flow/flow.h>

static flow_status counter(void *state, flow_stage *out)
{
    int *count = state;

    if (*count == 0)
        return FLOW_DONE;
    flow_give(out, flow_int((*count)--));
    return FLOW_READY;
}

enum state { ONE, TWO, STOP };

static flow_status states(void *state, flow_stage *out)
{
    enum state *next = state;

    switch (*next) {
    case ONE:
        *next = TWO;
        flow_give(out, flow_literal("one"));
        return FLOW_READY;
    case TWO:
        *next = STOP;
        flow_give(out, flow_literal("two"));
        return FLOW_READY;
    case STOP:
        break;
    }
    return FLOW_DONE;
}

/* print list(s) */
static void print_list(flow_stage *s)
{
    flow_print(stdout, flow_block_all(s));
}

int main(void)
{
    int three = 3;
    enum state first = ONE;

    print_list(flow_iterate(counter, &three));
    print_list(flow_iterate(states, &first));
    return 0;
}
