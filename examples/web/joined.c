/* SPDX-License-Identifier: MIT */
/* Two counts joined to one page: one blocks, as code does that knows nothing of
 * flows, and so runs in a thread; one cooperates. What either has to say is
 * there as soon as it says so.
 *
 *     /joined */
#include "web.h"

#include <flow/thread.h>
#include <time.h>

enum { COUNT = 5 };

static void count_sleep(flow_worker *self, void *arg)
{
    const struct timespec pause = { .tv_nsec = 300000000 };

    (void)arg;
    for (int n = 0; n < COUNT && nanosleep(&pause, NULL) == 0; n++)
        if (!flow_worker_give(self, flow_textf("<li class=\"thread\">"
                                               "sleep %d</li>\n", n)))
            break;
}

static void count_cooperate(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source, (void)arg;
    for (int n = 0; n < COUNT && flow_cooperate(self, 0.1); n++)
        flow_yield(self, flow_textf("<li>cooperate %d</li>\n", n));
}

void joined_page(flow_gen *self, flow_request *r, void *pool)
{
    flow_stage *both = flow_merge(FLOW_STAGES(
        flow_threaded(pool, count_sleep, NULL, NULL),
        flow_generate(count_cooperate, NULL, NULL)));
    flow_value item;

    begin_page(self, r, "A thread and a flow");
    flow_yield(self, "<ul class=\"joined\">\n");
    while (flow_next(self, both, &item))
        flow_yield(self, item);
    flow_yield(self, "</ul>\n");
    end_page(self);
    flow_close(both);
}
