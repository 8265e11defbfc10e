/* SPDX-License-Identifier: MIT */
/* Push to pull: a producer that calls, a consumer that asks.
 *
 * Between them is a queue with room for two. A producer whose offer is refused
 * stops, and is called when there is room again. Re-creates the Callback of the
 * original module (2003), whose queue had no bound. */
#include <flow/flow.h>

struct feed {
    flow_chan *writer;
    int next, last;
};

/* Pushes until the queue is full, or all is said. */
static void push(void *arg)
{
    struct feed *f = arg;

    while (f->next <= f->last && flow_offer(f->writer, flow_int(f->next)))
        printf("pushed %d\n", f->next++);
    if (f->next > f->last)
        flow_finish(f->writer, flow_none());
    else
        printf("full\n");
}

int main(void)
{
    struct feed feed = { NULL, 1, 5 };
    flow_stage *s = flow_callback(2, &feed.writer);

    flow_chan_on_room(feed.writer, push, &feed);
    push(&feed);
    for (flow_value v; flow_block(s, &v);)
        printf("            pulled %d\n", (int)v.as.num);
    flow_close(s);
    flow_chan_release(feed.writer);
    return 0;
}
