/* SPDX-License-Identifier: MIT */
/* A rendezvous with requests: a deferred for each.
 *
 * The handler is an ordinary function. It hands the programme a deferred and
 * returns; what it would have done next is the callback. No tasklet is made for
 * a request, and a programme that is too busy is found out at once.
 * rendezvous_tasklets.c is the other way. Re-creates the second technique of
 * the post of July 2008, which its author found to be a fifth faster. */
#include <flow/flow.h>

static flow_chan *requests;         /* of pairs: a path, and where to reply */

/* The programme: counts its visitors, in the order they come. */
static void programme(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)source, (void)arg;
    for (int n = 1; flow_receive(self, requests, &v); n++) {
        flow_deferred *reply = flow_deferred_of(&flow_items(&v, NULL)[1]);

        flow_fire(reply, flow_textf("visitor %d", n));
        flow_drop(v);
    }
}

static flow_value write_reply(flow_value reply, void *path)
{
    printf("200 %s: ", (const char *)path);
    flow_print(stdout, reply);
    return flow_none();
}

/* Whoever calls it owns the reply; the rest of the handler is its callback. */
static flow_deferred *handle(const char *path)
{
    flow_deferred *reply = flow_defer();

    if (flow_offer(requests, flow_tuple(FLOW_VALUES(
            path, flow_later(flow_hold(reply)))))) {
        flow_then(reply, write_reply, NULL, (void *)path);
    } else {
        printf("503 %s: too busy\n", path);
        flow_fire(reply, flow_none());
    }
    return reply;
}

int main(void)
{
    const char *paths[] = { "/", "/news", "/about" };
    flow_deferred *answering, *replies[3];

    requests = flow_chan_new(2);
    for (int i = 0; i < 3; i++)
        replies[i] = handle(paths[i]);
    answering = flow_spawn(programme, NULL, NULL);
    flow_drop(flow_block_on(flow_gather(replies, 3)));
    flow_release(answering);
    flow_chan_release(requests);
    return 0;
}
