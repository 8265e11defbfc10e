/* SPDX-License-Identifier: MIT */
/* Channels: tasklets that hand each other values.
 *
 * The channel has no room, so that sender and receiver meet for each value. A
 * tasklet is a generator run for what it does. Re-creates the rendezvous of
 * tasklets in the announcement of July 2008. */
#include <flow/flow.h>

static void producer(flow_gen *self, flow_stage *source, void *arg)
{
    flow_chan *to = arg;

    (void)source;
    for (int n = 1; n <= 3; n++) {
        printf("sending %d\n", n);
        if (!flow_send(self, to, flow_int(n)))
            break;
    }
    printf("sent all\n");
    flow_finish(to, flow_none());
}

static void consumer(flow_gen *self, flow_stage *from, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, from, &v))
        printf("            received %d\n", (int)v.as.num);
    printf("            received all\n");
}

int main(void)
{
    flow_chan *c = flow_chan_new(0);
    flow_deferred *reading =
        flow_run(flow_generate(consumer, flow_from_chan(c), NULL));
    flow_deferred *writing = flow_run(flow_generate(producer, NULL, c));

    flow_loop();
    flow_release(writing);
    flow_release(reading);
    flow_chan_release(c);
    return 0;
}
