/* SPDX-License-Identifier: MIT */
/* Flows of three threads, each with a loop and a clock of its own.
 *
 * Two meters measure in threads of their own, and send what they measure into
 * one port. The flow of this thread reads it, and adds up. One meter breaks: it
 * says so by a value, for a failure would end what all others send as well. The
 * clocks are moved by hand, so that the day is over at once. */
#include <flow/thread.h>

#include <pthread.h>

struct meter {
    const char *name;
    double seconds;             /* from one measurement to the next         */
    int breaks;                 /* after so many                            */
    flow_port *port;
    pthread_t thread;
};

enum { DAY = 24 * 60 * 60, METERS = 2 };

/* ---- The threads of the meters ------------------------------------------- */
static void measure(flow_gen *self, flow_stage *source, void *arg)
{
    const struct meter *m = arg;

    (void)source;
    for (int n = 1; flow_cooperate(self, m->seconds) && flow_now() < DAY; n++) {
        if (n > m->breaks)
            flow_fail(self, FLOW_ELIMIT, 0, "the %s has broken", m->name);
        flow_yield(self, flow_tuple(FLOW_VALUES(m->name, n % 7)));
    }
}

static void *be_a_meter(void *arg)
{
    struct meter *m = arg;
    flow_stage *s = flow_generate(measure, NULL, m);

    flow_host_use(flow_virtual_host());
    s = flow_into_port(flow_trap(s, FLOW_EANY), m->port);
    flow_drop(flow_block_all(s));
    flow_port_release(m->port);
    return NULL;
}

/* ---- This thread --------------------------------------------------------- */
static void add_up(flow_stage *measured, const struct meter *meters)
{
    int64_t sums[METERS] = { 0 };

    for (flow_value v; flow_block(measured, &v); flow_drop(v)) {
        const flow_value *items = flow_items(&v, NULL);
        flow_value name;

        if (items == NULL)
            printf("%s\n", flow_message(&v));
        for (int i = 0; items != NULL && i < METERS; i++) {
            name = flow_literal(meters[i].name);
            if (flow_compare(&items[0], &name) == 0)
                sums[i] += items[1].as.num;
        }
    }
    for (int i = 0; i < METERS; i++)
        printf("%s: %d\n", meters[i].name, (int)sums[i]);
}

int main(void)
{
    struct meter meters[METERS] = {
        { .name = "rain gauge", .seconds = 600, .breaks = 1000 },
        { .name = "wind vane", .seconds = 5, .breaks = 9000 },
    };
    flow_port *port = flow_port_new(64);
    flow_stage *measured = flow_from_port(port);

    for (int i = 0; i < METERS; i++) {
        meters[i].port = flow_port_hold(port);
        if (pthread_create(&meters[i].thread, NULL, be_a_meter, &meters[i]))
            return 1;
    }
    flow_port_release(port);
    add_up(measured, meters);
    if (flow_failure(measured) != NULL)
        flow_print_trace(stderr, flow_failure(measured));
    flow_close(measured);
    for (int i = 0; i < METERS; i++)
        pthread_join(meters[i].thread, NULL);
    return 0;
}
