/* SPDX-License-Identifier: MIT */
/* What the server tells of itself: its connections, counted by a stage around
 * the server's, and its memory. */
#include "web.h"

#include <unistd.h>

struct counted { flow_stage *sent; struct facts *facts; };

/* Hands on what is there. */
static flow_status counted_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct counted *c = self;
    flow_set set;
    flow_status st = flow_pull_set(c->sent, w, &set);

    if (st != FLOW_READY)
        return flow_pass(out, st, set.error);
    flow_lend(out, set.v, set.n);
    return FLOW_READY;
}

static void counted_close(void *self)
{
    struct counted *c = self;

    c->facts->connections--;
}

static const flow_type counted_type = {
    .name = "counted", .size = sizeof(struct counted), .fill = counted_fill,
    .close = counted_close, .inputs = flow_first_input
};

flow_stage *counted_http(flow_stage *received, void *arg)
{
    struct facts *facts = arg;

    facts->connections++;
    return flow_stage_new(&counted_type, &(struct counted){
        flow_http(received, facts->site), facts
    });
}

static void count_answer(const char *line, void *arg)
{
    struct facts *facts = arg;

    facts->requests++;
    if (facts->logs)
        printf("%s\n", line);
}

void count_answers(flow_site_options *o, struct facts *facts)
{
    o->log = count_answer;
    o->arg = facts;
}

long memory_taken(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long pages = 0;

    if (f != NULL && fscanf(f, "%*d %ld", &pages) != 1)
        pages = 0;
    if (f != NULL)
        fclose(f);
    return pages * sysconf(_SC_PAGESIZE);
}
