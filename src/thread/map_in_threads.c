/* SPDX-License-Identifier: MIT */
/* A map whose function is called in threads: flow_parallel over calls in
 * threads. This stage around it is there to own what those calls need. */
#include "pool.h"

struct calls {
    flow_pool *pool;
    flow_function *f;
    void *arg;
};

struct mapped {
    flow_stage *source;             /* first: the parallel one              */
    struct calls *calls;            /* NULL: there was no memory            */
};

static flow_stage *call_one(flow_value v, void *arg)
{
    const struct calls *c = arg;

    return flow_from_deferred(flow_in_thread(c->pool, c->f, v, c->arg));
}

static flow_status mapped_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct mapped *m = self;
    flow_set set;
    flow_status st = flow_pull_set(m->source, w, &set);

    if (st != FLOW_READY)
        return flow_pass(out, st, set.error);
    flow_lend(out, set.v, set.n);
    return FLOW_READY;
}

static void mapped_close(void *self)
{
    struct mapped *m = self;

    if (m->calls == NULL)
        return;
    flow__pool_release(m->calls->pool);
    flow_free(m->calls, sizeof *m->calls);
}

typedef flow_stage *parallel(flow_stage *s, size_t width, flow_expand *f,
                             void *arg);

static flow_stage *mapped(const flow_type *type, parallel *over, flow_stage *s,
                          size_t width, const struct calls *calls)
{
    struct mapped m = { s, flow_alloc(sizeof *calls) };

    if (m.calls == NULL) {
        flow_close(s);
        m.source = (flow_failed)(flow_error(FLOW_ENOMEM, 0, "%s", type->name));
        return flow_stage_new(type, &m);
    }
    *m.calls = *calls;
    flow__pool_hold(calls->pool);
    m.source = over(s, width, call_one, m.calls);
    return flow_stage_new(type, &m);
}

flow_stage *(flow_map_in_threads)(flow_stage *s, flow_pool *pool, size_t width,
                                  flow_function *f, void *arg)
{
    static const flow_type type = {
        .name = "map_in_threads", .size = sizeof(struct mapped),
        .fill = mapped_fill, .close = mapped_close,
        .inputs = flow_first_input
    };

    return mapped(&type, (flow_parallel), s, width,
                  &(struct calls){ pool, f, arg });
}

flow_stage *(flow_map_in_threads_unordered)(flow_stage *s, flow_pool *pool,
                                            size_t width, flow_function *f,
                                            void *arg)
{
    static const flow_type type = {
        .name = "map_in_threads_unordered", .size = sizeof(struct mapped),
        .fill = mapped_fill, .close = mapped_close,
        .inputs = flow_first_input
    };

    return mapped(&type, (flow_parallel_unordered), s, width,
                  &(struct calls){ pool, f, arg });
}
