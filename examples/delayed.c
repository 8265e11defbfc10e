/* SPDX-License-Identifier: MIT */
/* Delayed: a pause on the way, for which the caller simply waits.
 *
 * The chain is set aside and the loop runs; with nothing else to do, it sleeps.
 * Re-creates "immediate, delayed" of the Flow manual (2003), where the pause
 * was two seconds. */
#include <flow/flow.h>

static void gen(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source, (void)arg;
    flow_yield(self, "immediate");
    flow_cooperate(self, 0.2);
    flow_yield(self, "delayed");
}

int main(void)
{
    flow_stage *s = flow_generate(gen, NULL, NULL);

    for (flow_value x; flow_block(s, &x);)
        flow_print(stdout, x);
    flow_close(s);
    return 0;
}
