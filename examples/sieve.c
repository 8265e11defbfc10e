/* SPDX-License-Identifier: MIT */
/* A prime sieve: a chain of tasklets that grows with each prime.
 *
 * The first tasklet sends all numbers from 2 on. Each prime that comes out at
 * the end gets a tasklet of its own, which lets pass what it does not divide.
 * The classic of CSP, from Hoare's paper to Go. */
#include <flow/flow.h>

static void count(flow_gen *self, flow_stage *source, void *to)
{
    (void)source;
    for (int n = 2; flow_send(self, to, flow_int(n)); n++)
        ;
}

/* Its source says once what it needs, and owns it: from where, to where, and
 * its prime. */
static void sift(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value my, n;
    const flow_value *item;

    (void)arg;
    if (!flow_next(self, source, &my))
        return;
    item = flow_items(&my, NULL);
    while (flow_receive(self, flow_chan_of(&item[0]), &n)
           && (n.as.num % item[2].as.num == 0
               || flow_send(self, flow_chan_of(&item[1]), n)))
        ;
    flow_drop(my);
}

static void primes(flow_gen *self, flow_stage *source, void *how_many)
{
    flow_group *chain = flow_group_new();
    flow_chan *from = flow_chan_new(0);
    flow_value prime;

    (void)source;
    flow_group_add(chain, flow_spawn(count, NULL, from));
    for (int n = *(int *)how_many; n > 0; n--) {
        flow_chan *to = flow_chan_new(0);
        if (!flow_receive(self, from, &prime) || !flow_yield(self, prime))
            n = 0;
        flow_group_add(chain, flow_spawn(sift, flow_once(flow_tuple(FLOW_VALUES(
            flow_chan_value(from), flow_chan_value(flow_chan_hold(to)),
            prime))), NULL));
        from = to;
    }
    flow_release(flow_group_end(chain));
    flow_chan_release(from);
}

int main(void)
{
    int ten = 10;

    flow_print(stdout, flow_block_all(flow_generate(primes, NULL, &ten)));
    return 0;
}
