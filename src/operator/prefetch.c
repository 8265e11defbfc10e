/* SPDX-License-Identifier: MIT */
/* Once asked, a task of its own reads the source whenever it has something,
 * until n values are kept. What it finds wakes the reader. A reader that finds
 * nothing kept asks the source itself, unless that waits. */
#include "base/memory.h"
#include "base/value.h"
#include "set.h"
#include "trouble.h"

struct prefetch {
    flow_stage *source;             /* first: flow_first_input              */
    flow_value *kept;               /* a ring of n                          */
    size_t n, head, count;
    flow_task task;
    flow_waker waker;               /* handed to the source                 */
    flow_waker *up;                 /* the reader, while it waits           */
    flow_value failure;             /* comes after what is kept             */
    bool posted, waits, over;
};

static void wake_reader(struct prefetch *p)
{
    flow_waker *w = p->up;

    p->up = NULL;
    flow_wake(w);
}

static void read_later(struct prefetch *p)
{
    flow_host *host = p->waker.host;

    if (p->posted || p->over || p->count == p->n)
        return;
    p->posted = true;
    host->post(host, &p->task, 0);
}

static void source_woken(flow_waker *w)
{
    struct prefetch *p = (struct prefetch *)(void *)
                         ((char *)w - offsetof(struct prefetch, waker));

    p->waits = false;
    read_later(p);
}

/* Keeps one more value, or learns that there is none. */
static void read_one(struct prefetch *p)
{
    flow_value v;

    p->waits = true;                /* before: it may be woken meanwhile    */
    switch (flow_pull(p->source, &p->waker, &v)) {
    case FLOW_READY:
        p->waits = false;
        p->kept[(p->head + p->count++) % p->n] = v;
        break;
    case FLOW_WAIT:
        break;
    case FLOW_FAILED:
        p->failure = v;
        p->over = true;
        break;
    case FLOW_DONE:
        p->over = true;
        break;
    }
}

static void read_ahead(flow_task *t)
{
    struct prefetch *p = (struct prefetch *)(void *)
                         ((char *)t - offsetof(struct prefetch, task));

    p->posted = false;
    for (size_t reads = p->n; reads > 0; reads--) {
        if (p->waits || p->over || p->count == p->n)
            break;
        read_one(p);
    }
    if (p->count > 0 || p->over)
        wake_reader(p);
}

static flow_status end(struct prefetch *p, flow_stage *out)
{
    flow_value failure = p->failure;

    p->failure = flow_none();
    return flow_fails(failure) ? flow_raise_in(out, failure) : FLOW_DONE;
}

static flow_status prefetch_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct prefetch *p = self;

    p->up = NULL;
    p->waker.host = w->host;
    if (p->count == 0 && !p->waits && !p->over)
        read_one(p);
    if (p->count == 0) {
        if (p->over)
            return end(p, out);
        p->up = w;
        flow_waits_for(out, w, "its source");
        return FLOW_WAIT;
    }
    for (size_t room = flow_room(out); room > 0 && p->count > 0; room--) {
        flow_give(out, p->kept[p->head]);
        p->head = (p->head + 1) % p->n;
        p->count--;
    }
    if (!p->waits)
        read_later(p);
    return FLOW_READY;
}

static void prefetch_close(void *self)
{
    struct prefetch *p = self;

    if (p->posted)
        p->waker.host->cancel(p->waker.host, &p->task);
    for (; p->count > 0; p->count--) {
        flow_drop(p->kept[p->head]);
        p->head = (p->head + 1) % p->n;
    }
    flow__unread("prefetch", p->failure);
    flow__free(p->kept, p->n * sizeof *p->kept);
}

static const flow_type prefetch_type = {
    .name = "prefetch", .size = sizeof(struct prefetch),
    .fill = prefetch_fill, .close = prefetch_close,
    .inputs = flow_first_input
};

flow_stage *(flow_prefetch)(flow_stage *s, size_t n)
{
    if (n == 0)
        return flow__misused("prefetch", s,
                             "give room for 1 value or more, not 0");

    struct prefetch p = {
        .source = s, .n = n, .task = { .call = read_ahead },
        .waker = { .call = source_woken }
    };

    if (n <= SIZE_MAX / sizeof *p.kept)
        p.kept = flow__alloc(n * sizeof *p.kept);
    return p.kept == NULL
           ? flow__refused("prefetch", s, flow__no_memory_error())
           : flow_stage_new(&prefetch_type, &p);
}
