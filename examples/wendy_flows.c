/* SPDX-License-Identifier: MIT */
/* Wendy and James, as flows: one function a request, from top to bottom.
 *
 * Where it cooperates, the other goes on. Re-creates the last Wendy and James
 * of the Flow manual (2003), after wendy_steps.c and wendy_deferreds.c. */
#include <flow/flow.h>

static void request(flow_gen *self, flow_stage *source, void *name)
{
    (void)source;
    printf("%s : Step One\n", (const char *)name);
    if (flow_cooperate(self, 0))
        printf("%s : Step Two\n", (const char *)name);
}

int main(void)
{
    flow_deferred *james = flow_run(flow_generate(request, NULL, "James"));
    flow_deferred *wendy = flow_run(flow_generate(request, NULL, "Wendy"));

    flow_loop();                            /* until both have ended        */
    flow_release(james);
    flow_release(wendy);
    return 0;
}
