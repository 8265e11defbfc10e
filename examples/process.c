/* SPDX-License-Identifier: MIT */
/* A business process, from the constructs of WS-BPEL.
 *
 * An order is received, credit and stock are checked in parallel, the price
 * needs the stock (a link of the parallel flow), and the customer has an hour
 * to confirm before the offer lapses:
 *
 *     receive    flow_receive of a channel that others send to
 *     invoke     to send a request to a partner, and receive its answer
 *     reply      flow_fire of the deferred that came with the request
 *     sequence   one statement after the other
 *     flow       a group; a link is a deferred that one fires and one awaits
 *     pick       flow_select over messages and a time-out
 *
 * Time is that of a virtual clock. */
#include <flow/flow.h>

static flow_chan *orders, *confirmations;

/* A message says what it is about, and brings along where the reply goes. */
static flow_value message(const char *what, flow_deferred *reply)
{
    return flow_tuple(FLOW_VALUES(what, flow_later(flow_hold(reply))));
}

/* Its text is a literal, which 0 ends. */
static const char *what_of(const flow_value *message)
{
    return flow_chars(flow_items(message, NULL), NULL);
}

static flow_deferred *reply_of(const flow_value *message)
{
    return flow_deferred_of(flow_items(message, NULL) + 1);
}

/* ---- The partners ------------------------------------------------------- */
struct partner { const char *name; double seconds; flow_chan *requests; };

static struct partner bank = { .name = "the bank", .seconds = 2 };
static struct partner warehouse = { .name = "the warehouse", .seconds = 3 };
static struct partner pricing = { .name = "pricing", .seconds = 1 };

static void serve(flow_gen *self, flow_stage *source, void *arg)
{
    struct partner *p = arg;
    flow_value m;

    (void)source;
    while (flow_receive(self, p->requests, &m)) {
        if (flow_cooperate(self, p->seconds))
            flow_fire(reply_of(&m), flow_textf("%s: %s is fine", p->name,
                                               what_of(&m)));
        flow_drop(m);
    }
}

static void say(const char *what)
{
    printf("%5.0f s  %s\n", flow_now(), what);
}

/* Invoke: one request to a partner, and its answer. */
static bool invoke(flow_gen *self, struct partner *p, const char *what)
{
    flow_deferred *reply = flow_defer();
    flow_value answer;
    bool done = flow_send(self, p->requests, message(what, reply))
             && flow_await(self, reply, &answer);

    if (done) {
        printf("%5.0f s  ", flow_now());
        flow_print(stdout, answer);
    }
    flow_release(reply);
    return done;
}

/* ---- The process -------------------------------------------------------- */
struct order { const char *what; flow_deferred *reserved; };

static void check_credit(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    invoke(self, &bank, ((struct order *)arg)->what);
}

static void check_stock(flow_gen *self, flow_stage *source, void *arg)
{
    struct order *o = arg;

    (void)source;
    if (invoke(self, &warehouse, o->what))
        flow_fire(o->reserved, flow_none());
}

static void find_price(flow_gen *self, flow_stage *source, void *arg)
{
    struct order *o = arg;
    flow_value v;

    (void)source;
    if (flow_await(self, o->reserved, &v))
        invoke(self, &pricing, o->what);
}

/* Flow: three activities at once, one of them behind a link. */
static bool check(flow_gen *self, const char *what)
{
    struct order o = { what, flow_defer() };
    flow_group *g = flow_group_new();
    flow_deferred *all;
    flow_value v;
    bool done;

    flow_group_add(g, flow_spawn(check_credit, NULL, &o));
    flow_group_add(g, flow_spawn(check_stock, NULL, &o));
    flow_group_add(g, flow_spawn(find_price, NULL, &o));
    all = flow_group_end(g);
    done = flow_await(self, all, &v);
    flow_release(all);
    flow_release(o.reserved);
    return done;
}

/* Pick: the first of a message and an alarm. */
static flow_value wait_for_customer(flow_gen *self)
{
    flow_value v;

    switch (flow_select(self, FLOW_CASES(
        flow_when_receive(confirmations, &v), flow_when_timeout(3600)))) {
    case 0:
        flow_drop(v);
        return flow_of("sold");
    case 1:
        return flow_of("lapsed");
    default:
        return flow_of("given up");
    }
}

static void process(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value order;

    (void)source, (void)arg;
    while (flow_receive(self, orders, &order)) {
        say(what_of(&order));
        if (check(self, what_of(&order)))
            flow_fire(reply_of(&order), wait_for_customer(self));
        flow_drop(order);
    }
}

/* ---- Two customers ------------------------------------------------------ */
static void customers(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source, (void)arg;
    for (int i = 0; i < 2; i++) {
        const char *what = i == 0 ? "a bicycle" : "a boat";
        flow_deferred *reply = flow_defer();
        flow_value outcome;

        if (flow_send(self, orders, message(what, reply))
            && flow_cooperate(self, 60)
            && (i > 0 || flow_send(self, confirmations, flow_none()))
            && flow_await(self, reply, &outcome)) {
            printf("%5.0f s  %s: ", flow_now(), what);
            flow_print(stdout, outcome);
        }
        flow_release(reply);
    }
}

int main(void)
{
    struct partner *partners[] = { &bank, &warehouse, &pricing };
    flow_group *services = flow_group_new();
    flow_deferred *all;

    flow_host_use(flow_virtual_host());
    orders = flow_chan_named(flow_chan_new(0), "orders");
    confirmations = flow_chan_named(flow_chan_new(0), "confirmations");
    for (int i = 0; i < 3; i++) {
        partners[i]->requests = flow_chan_new(0);
        flow_group_add(services, flow_spawn(serve, NULL, partners[i]));
    }
    flow_group_add(services, flow_spawn(process, NULL, NULL));
    all = flow_group_end(services);
    flow_drop(flow_block_on(flow_spawn(customers, NULL, NULL)));

    flow_release(all);
    for (int i = 0; i < 3; i++)
        flow_chan_release(partners[i]->requests);
    flow_chan_release(orders);
    flow_chan_release(confirmations);
    return 0;
}
