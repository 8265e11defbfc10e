/* SPDX-License-Identifier: MIT */
/* A flow of its own in a thread, read by a worker. It is read through a stage
 * that ends when the worker is closed, so that it need not be waited for. */
#include "bell.h"

#include <flow/thread.h>

struct until_closed {
    flow_stage *source;             /* first                                */
    struct ears *ears;
};

/* On the stack of the body. */
struct ears {
    struct flow__bell bell;         /* first: rung when it is closed        */
    flow_worker *worker;
    flow_waker *waker;              /* NULL: nobody has waited yet          */
};

static void hear(struct flow__bell *b)
{
    flow_wake(((struct ears *)(void *)b)->waker);
}

static void ring(void *ears)
{
    flow__bell_ring(&((struct ears *)ears)->bell);
}

static flow_status until_closed_fill(void *self, flow_stage *out,
                                     flow_waker *w)
{
    struct until_closed *u = self;
    flow_set set;
    flow_status st;

    if (flow_worker_closing(u->ears->worker))
        return FLOW_DONE;
    u->ears->waker = w;
    st = flow_pull_set(u->source, w, &set);
    if (st != FLOW_READY)
        return flow_pass(out, st, set.error);
    flow_lend(out, set.v, set.n);
    return FLOW_READY;
}

static flow_stage *until_closed(flow_stage *source, struct ears *ears)
{
    static const flow_type type = {
        .name = "thread", .size = sizeof(struct until_closed),
        .fill = until_closed_fill, .inputs = flow_first_input
    };

    return flow_stage_new(&type, &(struct until_closed){ source, ears });
}

struct made { flow_source *make; void *arg; };

static void release_made(void *p)
{
    flow_free(p, sizeof(struct made));
}

static const flow_class made_class = {
    .name = "source", .release = release_made
};

static void read_all(flow_worker *self, flow_stage *s)
{
    flow_value v;

    while (flow_block(s, &v) && flow_worker_give(self, v))
        ;
    if (flow_failure(s) != NULL)
        flow_worker_raise_at(self, flow_share(*flow_failure(s)), NULL);
}

static void reads_flow(flow_worker *self, void *arg)
{
    struct ears ears = { .worker = self };
    flow_value v;
    const struct made *m;
    flow_stage *s;

    (void)arg;
    if (!flow_worker_next(self, &v))
        return;
    m = flow_unbox(&v, &made_class);
    flow__bell_hang(&ears.bell, flow_host_here(), hear);
    s = until_closed(m->make(m->arg), &ears);
    flow_worker_on_close(self, ring, &ears);
    read_all(self, s);
    flow_worker_on_close(self, NULL, NULL);
    flow__bell_take_down(&ears.bell);
    flow_close(s);
    flow__bell_end(&ears.bell);
    flow_drop(v);
}

flow_stage *(flow_threaded_source)(flow_pool *pool, flow_source *make,
                                   void *arg)
{
    struct made *m = flow_alloc(sizeof *m);
    flow_stage *what;

    if (m == NULL)
        return (flow_failed)(flow_error(FLOW_ENOMEM, 0, "a source"));
    *m = (struct made){ make, arg };
    what = (flow_once)(flow_box(&made_class, m));
    return flow_named((flow_threaded)(pool, reads_flow, what, NULL),
                      "threaded_source");
}
