/* SPDX-License-Identifier: MIT */
/* Select: whichever can be done first.
 *
 * A printer takes jobs as they come, tells how it is doing when nothing has
 * come for two seconds, and stops when it is told to. Time is that of a virtual
 * clock. */
#include <flow/flow.h>

struct printer { flow_chan *jobs; flow_deferred *off; };

static void print(flow_gen *self, flow_stage *source, void *arg)
{
    struct printer *p = arg;
    flow_value job, why;

    (void)source;
    for (;;)
        switch (flow_select(self, FLOW_CASES(
            flow_when_receive(p->jobs, &job),
            flow_when_await(p->off, &why),
            flow_when_timeout(2)))) {
        case 0:
            printf("%4.1f  printing ", flow_now());
            flow_print(stdout, job);
            flow_cooperate(self, 0.5);
            break;
        case 1:
            printf("%4.1f  off: ", flow_now());
            flow_print(stdout, why);
            return;
        case 2:
            printf("%4.1f  idle\n", flow_now());
            break;
        default:
            return;
        }
}

static void office(flow_gen *self, flow_stage *source, void *arg)
{
    struct printer *p = arg;

    (void)source;
    flow_send(self, p->jobs, flow_of("a letter"));
    flow_send(self, p->jobs, flow_of("an invoice"));
    flow_cooperate(self, 5);
    flow_send(self, p->jobs, flow_of("a poster"));
    flow_cooperate(self, 1);
    flow_fire(p->off, flow_of("the office closes"));
}

int main(void)
{
    struct printer p = { flow_chan_new(1), flow_defer() };
    flow_deferred *working;

    flow_host_use(flow_virtual_host());
    working = flow_spawn(office, NULL, &p);
    flow_drop(flow_block_on(flow_spawn(print, NULL, &p)));
    flow_release(working);
    flow_release(p.off);
    flow_chan_release(p.jobs);
    return 0;
}
