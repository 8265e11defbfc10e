/* SPDX-License-Identifier: MIT */
/* Once asked, a task of its own reads the source whenever it has something,
 * until n values are kept. What it finds wakes the reader. A reader that finds
 * nothing kept asks the source itself, unless that waits.
 *
 * What the task works on is apart from the stage: the source, running, may have
 * the stage closed. Then the task closes the source when it comes back. */
#include "set.h"
#include "trouble.h"

struct ahead {
    flow_stage *source;
    size_t n, head, count;          /* of the ring of kept values           */
    flow_task task;
    flow_waker waker;               /* handed to the source                 */
    flow_host *posted;              /* where the task is; NULL: nowhere     */
    flow_waker *up;                 /* the reader, while it waits           */
    flow_value failure;             /* comes after what is kept             */
    bool waits, over;
    bool reading, closed;           /* the task is; the stage is            */
    flow_value kept[];
};

struct prefetch { struct ahead *ahead; };

static void wake_reader(struct ahead *p)
{
    flow_waker *w = p->up;

    p->up = NULL;
    flow_wake(w);
}

static void read_later(struct ahead *p)
{
    if (p->posted != NULL || p->over || p->count == p->n)
        return;
    p->posted = p->waker.host;
    p->posted->post(p->posted, &p->task, 0);
}

static void source_woken(flow_waker *w)
{
    struct ahead *p = (struct ahead *)(void *)
                         ((char *)w - offsetof(struct ahead, waker));

    p->waits = false;
    read_later(p);
}

/* Keeps one more value, or learns that there is none. */
static void read_one(struct ahead *p)
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

static size_t ahead_size(size_t n)
{
    return sizeof(struct ahead) + n * sizeof(flow_value);
}

static void ahead_free(struct ahead *p)
{
    if (p->posted != NULL)
        p->posted->cancel(p->posted, &p->task);
    for (; p->count > 0; p->count--) {
        flow_drop(p->kept[p->head]);
        p->head = (p->head + 1) % p->n;
    }
    flow__unread("prefetch", p->failure);
    flow_free(p, ahead_size(p->n));
}

static void read_ahead(flow_task *t)
{
    struct ahead *p = (struct ahead *)(void *)
                      ((char *)t - offsetof(struct ahead, task));

    p->posted = NULL;
    p->reading = true;
    for (size_t reads = p->n; reads > 0; reads--) {
        if (p->waits || p->over || p->count == p->n || p->closed)
            break;
        read_one(p);
    }
    p->reading = false;
    if (p->closed) {
        flow_close(p->source);
        ahead_free(p);
    } else if (p->count > 0 || p->over) {
        wake_reader(p);
    }
}

static flow_status end(struct ahead *p, flow_stage *out)
{
    flow_value failure = p->failure;

    p->failure = flow_none();
    return flow_is_failure(failure) ? flow_raise_in(out, failure) : FLOW_DONE;
}

static flow_status prefetch_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct ahead *p = ((struct prefetch *)self)->ahead;

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
    struct ahead *p = ((struct prefetch *)self)->ahead;

    p->up = NULL;
    p->closed = true;
    if (!p->reading)
        ahead_free(p);
}

static size_t prefetch_inputs(void *self, flow_stage ***list)
{
    struct ahead *p = ((struct prefetch *)self)->ahead;

    *list = &p->source;
    return p->reading ? 0 : 1;
}

static const flow_type prefetch_type = {
    .name = "prefetch", .size = sizeof(struct prefetch),
    .fill = prefetch_fill, .close = prefetch_close, .inputs = prefetch_inputs
};

flow_stage *(flow_prefetch)(flow_stage *s, size_t n)
{
    struct prefetch made = { NULL };

    if (n == 0)
        return flow__misused("prefetch", s,
                             "give room for 1 value or more, not 0");
    if (n < SIZE_MAX / sizeof(flow_value) / 2)
        made.ahead = flow_alloc(ahead_size(n));
    if (made.ahead == NULL)
        return flow__refused("prefetch", s,
                             flow_error(FLOW_ENOMEM, 0, "out of memory"));
    *made.ahead = (struct ahead){
        .source = s, .n = n, .task = { .call = read_ahead },
        .waker = { .call = source_woken }
    };
    return flow_stage_new(&prefetch_type, &made);
}
