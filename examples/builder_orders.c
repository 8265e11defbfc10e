/* SPDX-License-Identifier: MIT */
/* What each customer owes: customers, their orders, the lines of each, and a
 * total where a scope closes.
 *
 * The price of a thing comes from a service that takes its time. The step that
 * needs one sends the question, answers flow_pause() until the answer is there,
 * and is tried again; the other shop goes on meanwhile. Both shops are
 * executions of one builder, each with totals of its own; the price list they
 * share because the program says so. The clock is the virtual one. */
#include <flow/builder.h>

#include <string.h>

/* ---- The service ------------------------------------------------------- */
struct price { const char *thing; int cents; flow_deferred *answer; };

static struct price price_list[] = {
    { "tea", 250, NULL }, { "cake", 420, NULL }, { "fish", 900, NULL },
    { NULL, 0, NULL }
};

static void ask_service(flow_gen *self, flow_stage *source, void *arg)
{
    struct price *p = arg;

    (void)source;
    printf("%.1f  how much is %s?\n", flow_now(), p->thing);
    if (flow_cooperate(self, 1.0))
        flow_yield(self, p->cents);
}

/* The entry of the thing that a line names; NULL: there is none. */
static struct price *entry_of(const flow_value *thing, struct price *p)
{
    size_t n;
    const char *name = flow_chars(thing, &n);

    for (; p->thing != NULL; p++)
        if (strlen(p->thing) == n && memcmp(p->thing, name, n) == 0)
            return p;
    return NULL;
}

/* ---- The steps --------------------------------------------------------- */
static const flow_value *first(const flow_value *pair)
{
    return &flow_items(pair, NULL)[0];
}

static const flow_value *second(const flow_value *pair)
{
    return &flow_items(pair, NULL)[1];
}

/* A shop, a customer and an order are pairs of a name and a list. */
static flow_stage *items_of(flow_value pair, void *arg)
{
    flow_value list = flow_share(*second(&pair));

    (void)arg;
    flow_drop(pair);
    return flow_unbatch(flow_once(list));
}

/* A line is a pair of a thing and a count: what it costs. */
static flow_value cost(flow_value line, void *prices)
{
    struct price *p = entry_of(first(&line), prices);
    int64_t count = second(&line)->as.num;

    flow_drop(line);
    if (p == NULL)
        return flow_error(FLOW_EINVAL, 0, "a line of what is not sold");
    if (p->answer == NULL)
        p->answer = flow_run(flow_generate(ask_service, NULL, p));
    if (!flow_fired(p->answer))
        return flow_pause();
    if (flow_is_failure(*flow_outcome(p->answer)))
        return flow_share(*flow_outcome(p->answer));
    return flow_int(count * flow_outcome(p->answer)->as.num);
}

static flow_value add(flow_value sum, flow_value v, void *arg)
{
    (void)arg;
    return flow_int(sum.as.num + v.as.num);
}

/* The customer's scope closes: with the customer, and what has been merged. */
static flow_value tell(flow_value scope, void *arg)
{
    const flow_value *customer = first(&scope), *total = second(&scope);

    (void)arg;
    printf("%.1f  ", flow_now());
    flow_write(stdout, first(customer));
    printf(" owes %.2f\n", (double)total->as.num / 100);
    flow_drop(scope);
    return flow_none();
}

/* ---- The shops --------------------------------------------------------- */
#define LIST(...) flow_pack(FLOW_VALUES(__VA_ARGS__))

static flow_value pair(const char *name, flow_value v)
{
    return flow_tuple(FLOW_VALUES(name, v));
}

static flow_value downtown(void)
{
    flow_value ann = LIST(
        pair("order 1", LIST(pair("tea", flow_int(2)),
                             pair("cake", flow_int(1)))),
        pair("order 3", LIST(pair("tea", flow_int(1)))));
    flow_value bob = LIST(pair("order 2", LIST(pair("cake", flow_int(2)))));
    flow_value cyd = LIST(pair("order 4", LIST(pair("tea", flow_int(10)))));

    return pair("downtown", LIST(pair("ann", ann), pair("bob", bob),
                                 pair("cyd", cyd)));
}

static flow_value harbour(void)
{
    flow_value dan = LIST(
        pair("order 1", LIST(pair("fish", flow_int(2)),
                             pair("tea", flow_int(2)))));
    flow_value eve = flow_pack(NULL, 0);

    return pair("harbour", LIST(pair("dan", dan), pair("eve", eve)));
}

static flow_deferred *total_of(flow_builder *b, flow_value shop)
{
    flow_stage *totals = flow_builder_execute(b, shop);

    return flow_run(flow_reduce(totals, flow_int(0), add, NULL));
}

static void print_total(const char *shop, flow_deferred *total)
{
    const flow_value *v = flow_outcome(total);

    if (flow_is_failure(*v))
        flow_print_trace(stderr, v);            /* names the step, too */
    else
        printf("%s: %.2f\n", shop, (double)v->as.num / 100);
    flow_release(total);
}

int main(void)
{
    flow_builder *b = flow_builder_new();

    flow_host_use(flow_virtual_host());
    flow_wait_interval(b, 0.2);
    flow_add_branch(b, items_of, NULL, NULL);           /* customers        */
    flow_add_context(b, tell, NULL);
    flow_add_branch(b, items_of, NULL, NULL);           /* their orders     */
    flow_add_branch(b, items_of, NULL, NULL);           /* the lines        */
    flow_add_function(b, cost, price_list);
    flow_add_merge(b, flow_int(0), add, NULL);          /* a total for each */

    flow_deferred *a = total_of(b, downtown());
    flow_deferred *h = total_of(b, harbour());

    flow_loop();
    print_total("downtown", a);
    print_total("harbour", h);

    for (struct price *p = price_list; p->thing != NULL; p++)
        flow_release(p->answer);
    flow_builder_release(b);
    return 0;
}
