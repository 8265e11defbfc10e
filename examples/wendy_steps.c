/* SPDX-License-Identifier: MIT */
/* Wendy and James, by steps: two requests take turns on the loop.
 *
 * Each step is a function of its own that posts the next one: what a program
 * without flows looks like. Re-creates the first example of the Flow manual
 * (2003); compare wendy_deferreds.c and wendy_flows.c. */
#include <flow/flow.h>

struct request {
    flow_task task;             /* first: so a step finds its request   */
    const char *name;
};

static void call_later(struct request *r, void (*step)(flow_task *t))
{
    flow_host *host = flow_host_here();

    r->task.call = step;
    host->post(host, &r->task, 0);
}

static void step_done(flow_task *t)
{
    (void)t;                                /* nothing is posted any more   */
}

static void step_two(flow_task *t)
{
    struct request *r = (struct request *)t;

    printf("%s : Step Two\n", r->name);
    call_later(r, step_done);
}

static void step_one(flow_task *t)
{
    struct request *r = (struct request *)t;

    printf("%s : Step One\n", r->name);
    call_later(r, step_two);
}

int main(void)
{
    struct request james = { .name = "James" }, wendy = { .name = "Wendy" };

    call_later(&james, step_one);
    call_later(&wendy, step_one);
    flow_loop();                            /* until nothing is left to do  */
    return 0;
}
