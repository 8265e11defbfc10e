/* SPDX-License-Identifier: MIT */
/* Cancelling: a flow may be closed at any moment, wherever it waits.
 *
 * Every wait then answers false, so that the loop ends and the code behind it
 * tidies up, as it would at the end of the data. The original could only wait
 * for a flow to end. */
#include <flow/flow.h>

static void clock_work(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source, (void)arg;
    printf("wound up\n");
    do
        printf("tick\n");
    while (flow_cooperate(self, 0));
    printf("put away\n");
}

static void owner(flow_gen *self, flow_stage *source, void *clock)
{
    (void)source;
    for (int turns = 0; turns < 3 && flow_cooperate(self, 0); turns++)
        ;
    printf("enough\n");
    flow_cancel(clock);
}

int main(void)
{
    flow_deferred *clock = flow_run(flow_generate(clock_work, NULL, NULL));
    flow_deferred *d = flow_run(flow_generate(owner, NULL, clock));

    flow_loop();
    printf("the clock was %s\n", flow_message(flow_outcome(clock)));
    flow_release(clock);
    flow_release(d);
    return 0;
}
