/* SPDX-License-Identifier: MIT */
/* A rendezvous with requests: a tasklet for each.
 *
 * One tasklet, the programme, answers requests, whoever makes them. Here each
 * request is handled by a tasklet of its own, which meets the programme in a
 * channel and waits in another for its answer: plain sequential code on both
 * sides. rendezvous_deferreds.c is the other way. Re-creates the first technique
 * of the post of July 2008. */
#include <flow/flow.h>

static flow_chan *requests;         /* of pairs: a path, and where to answer */

/* The programme: counts its visitors, in the order they come. */
static void programme(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)source, (void)arg;
    for (int n = 1; flow_receive(self, requests, &v); n++) {
        flow_chan *answer = flow_chan_of(&flow_items(&v, NULL)[1]);

        flow_send(self, answer, flow_textf("visitor %d", n));
        flow_drop(v);
    }
}

static void handler(flow_gen *self, flow_stage *source, void *path)
{
    flow_chan *answer = flow_chan_new(0);
    flow_value request = flow_tuple(FLOW_VALUES(
        (const char *)path, flow_chan_value(flow_chan_hold(answer))));
    flow_value v;

    (void)source;
    if (flow_send(self, requests, request) && flow_receive(self, answer, &v)) {
        printf("200 %s: ", (const char *)path);
        flow_print(stdout, v);
    }
    flow_chan_release(answer);
}

int main(void)
{
    const char *paths[] = { "/", "/news", "/about" };
    flow_group *handlers = flow_group_new();
    flow_deferred *answering;

    requests = flow_chan_new(0);
    answering = flow_spawn(programme, NULL, NULL);
    for (int i = 0; i < 3; i++)
        flow_group_add(handlers, flow_spawn(handler, NULL, (void *)paths[i]));
    flow_drop(flow_block_on(flow_group_end(handlers)));
    flow_release(answering);
    flow_chan_release(requests);
    return 0;
}
