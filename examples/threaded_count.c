/* SPDX-License-Identifier: MIT */
/* Two counts side by side: one blocks, as code does that knows nothing of
 * flows, and so runs in a thread; one cooperates. Neither holds up the other.
 *
 * Re-creates the threaded count of the Flow manual (2003), where the one slept
 * for 0.3 seconds and the other cooperated for 0.1. So that each run is the
 * same, the clock is moved by hand, and the thread blocks until the loop sends
 * it a tick of that clock. */
#include <flow/thread.h>

static void tick(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source, (void)arg;
    while (flow_cooperate(self, 0.3) && flow_yield(self, flow_none()))
        ;
}

static bool sleeps(flow_worker *self)
{
    flow_value tick;

    return flow_worker_next(self, &tick);
}

static void count_sleep(flow_worker *self, void *arg)
{
    for (int n = 0; n < *(int *)arg && sleeps(self); n++)
        if (!flow_worker_give(self, flow_textf("sleep %d", n)))
            break;
}

static void count_cooperate(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    for (int n = 0; n < *(int *)arg && flow_cooperate(self, 0.1); n++)
        if (!flow_yield(self, flow_textf("cooperate %d", n)))
            break;
}

int main(void)
{
    int five = 5;
    flow_stage *s;

    flow_host_use(flow_virtual_host());
    s = flow_generate(tick, NULL, NULL);
    s = flow_merge(FLOW_STAGES(
        flow_threaded(NULL, count_sleep, s, &five),
        flow_generate(count_cooperate, NULL, &five)));
    for (flow_value v; flow_block(s, &v);) {
        printf("%.1f ", flow_now());
        flow_print(stdout, v);
    }
    if (flow_failure(s) != NULL)
        flow_print_trace(stderr, flow_failure(s));
    flow_close(s);
    return 0;
}
