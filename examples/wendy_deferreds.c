/* SPDX-License-Identifier: MIT */
/* Wendy and James, by deferreds: each request tells when it is done.
 *
 * A deferred stands for a result that will arrive; gathered, the two stop the
 * loop. Re-creates the second example of the Flow manual (2003). */
#include <flow/flow.h>

struct request {
    flow_task task;             /* first: so a step finds its request   */
    const char *name;
    flow_deferred *done;
};

static void call_later(struct request *r, void (*step)(flow_task *t))
{
    flow_host *host = flow_host_here();

    r->task.call = step;
    host->post(host, &r->task, 0);
}

static void step_done(flow_task *t)
{
    flow_fire(((struct request *)t)->done, flow_none());
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

static flow_deferred *begin(struct request *r, const char *name)
{
    r->name = name;
    r->done = flow_defer();
    call_later(r, step_one);
    return r->done;
}

static flow_value stop(flow_value results, void *arg)
{
    (void)arg;
    flow_drop(results);
    flow_stop();
    return flow_none();
}

int main(void)
{
    struct request james = { 0 }, wendy = { 0 };
    flow_deferred *requests[] = { begin(&james, "James"),
                                  begin(&wendy, "Wendy") };
    flow_deferred *both = flow_gather(requests, 2);

    flow_then(both, stop, NULL, NULL);
    flow_loop();
    flow_release(both);
    return 0;
}
