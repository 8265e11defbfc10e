/* SPDX-License-Identifier: MIT */
/* Channels: tasklets that hand each other values.
 *
 * The channel has no room, so that sender and receiver meet for each value, and
 * the receiver goes on first. Re-creates the rendezvous of tasklets in the
 * announcement of July 2008. */
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

static void consumer(flow_gen *self, flow_stage *source, void *arg)
{
    flow_chan *from = arg;
    flow_value v;

    (void)source;
    while (flow_receive(self, from, &v))
        printf("            received %d\n", (int)v.as.num);
    printf("            received all\n");
}

int main(void)
{
    flow_chan *c = flow_chan_new(0);
    flow_deferred *reading = flow_spawn(consumer, NULL, c);
    flow_deferred *writing = flow_spawn(producer, NULL, c);

    flow_loop();
    flow_release(writing);
    flow_release(reading);
    flow_chan_release(c);
    return 0;
}
