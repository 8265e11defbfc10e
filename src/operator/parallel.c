/* SPDX-License-Identifier: MIT */
/* Several of the stages a function makes of the values, read at the same time.
 *
 * Each is in a slot with a waker of its own. A slot is in up to two lines:
 *
 *     WOKEN   to be asked at the next fill: it is new, was woken, or gave what
 *             it had
 *     TURN    in order: all slots, the oldest first; only the first may give.
 *             Unordered: those that have answered, in the order they did
 *
 * so a fill costs as much as there are slots woken, however many wait. Asking
 * is flow_fill: what a stage has ready, or its failure, stays with it until its
 * turn comes, and only when its row set has been taken is it asked again.
 *
 * A failure of the source comes after all results of the values before it. That
 * of a slot comes, in order, in its turn; unordered, after what others have
 * ready. */
#include "set.h"

#include <string.h>

enum { WOKEN, TURN, LINES };

struct slot {
    flow_waker waker;               /* first: the waker leads to the slot   */
    struct parallel *in;
    size_t at;                      /* of its stage in in->list             */
    flow_status answer;             /* FLOW_WAIT: none yet                  */
    bool lined[LINES];
    struct slot *next[LINES];
    struct slot *spare, *older;     /* the next unused one; of all slots    */
};

struct line { struct slot *first, *last; };

struct parallel {
    flow_stage **list;              /* [0]: the source; then one a slot     */
    size_t room, listed;
    size_t width, active;
    flow_expand *f;
    void *arg;
    flow_waker *asked_by;           /* the last ask's                       */
    flow_stage *failed;             /* whose failure is to be raised        */
    flow_waker source_waker;
    struct slot *slots, *spare;
    struct line line[LINES];
    bool ordered;
    bool source_woken;              /* worth asking                         */
    bool source_over;
    bool draining;                  /* gives what is ready, then fails      */
};

/* ---- Lines and wakers -------------------------------------------------- */
static void line_up(struct slot *s, int which)
{
    struct line *l = &s->in->line[which];

    if (s->lined[which])
        return;
    s->lined[which] = true;
    s->next[which] = NULL;
    if (l->first == NULL)
        l->first = s;
    else
        l->last->next[which] = s;
    l->last = s;
}

static void leave_turn(struct parallel *p)
{
    struct slot *s = p->line[TURN].first;

    p->line[TURN].first = s->next[TURN];
    s->lined[TURN] = false;
}

static void wake_slot(flow_waker *w)
{
    struct slot *s = (struct slot *)(void *)w;

    line_up(s, WOKEN);
    flow_wake(s->in->asked_by);
}

static void wake_source(flow_waker *w)
{
    struct parallel *p = (struct parallel *)(void *)
        ((char *)w - offsetof(struct parallel, source_waker));

    p->source_woken = true;
    flow_wake(p->asked_by);
}

/* ---- Slots ------------------------------------------------------------- */
/* The listing may look at the list at any moment, even from a signal handler:
 * it is changed for a larger one in one step. */
static bool list_room(struct parallel *p)
{
    size_t room = p->room * 2;
    flow_stage **old = p->list;
    flow_stage **list;

    if (p->listed < p->room)
        return true;
    list = flow_alloc(room * sizeof *list);
    if (list == NULL)
        return false;
    memcpy(list, old, p->listed * sizeof *list);
    p->list = list;
    flow_free(old, p->room * sizeof *list);
    p->room = room;
    return true;
}

static struct slot *new_slot(struct parallel *p)
{
    struct slot *s = list_room(p) ? flow_alloc(sizeof *s) : NULL;

    if (s == NULL)
        return NULL;
    *s = (struct slot){
        .waker.call = wake_slot, .in = p, .at = p->listed, .older = p->slots
    };
    p->slots = s;
    p->list[p->listed++] = NULL;
    return s;
}

static struct slot *take_slot(struct parallel *p)
{
    struct slot *s = p->spare;

    if (s == NULL)
        return new_slot(p);
    p->spare = s->spare;
    return s;
}

/* The first in turn has ended, and makes room for another. */
static void put_slot(struct parallel *p, struct slot *s)
{
    leave_turn(p);
    flow_close(p->list[s->at]);
    p->list[s->at] = NULL;
    s->spare = p->spare;
    p->spare = s;
    p->active--;
}

/* ---- Reading ----------------------------------------------------------- */
static void begin(struct parallel *p, flow_stage *out, flow_value v)
{
    struct slot *s = take_slot(p);

    if (s == NULL) {                        /* as if the source had failed  */
        flow_drop(v);
        flow_close(p->list[0]);
        p->list[0] = (flow_failed)(flow_error(FLOW_ENOMEM, 0, "flow_parallel"));
        return;
    }
    s->answer = FLOW_WAIT;
    p->list[s->at] = v.kind == FLOW_ERROR ? (flow_once)(v)
        : flow__answered(out, p->f(v, p->arg));
    p->active++;
    line_up(s, WOKEN);
    if (p->ordered)
        line_up(s, TURN);
}

static void begin_more(struct parallel *p, flow_stage *out, flow_waker *w)
{
    p->source_waker.host = w->host;
    while (!p->source_over && p->source_woken && p->active < p->width) {
        flow_value v;

        p->source_woken = false;
        switch (flow_fill(p->list[0], &p->source_waker)) {
        case FLOW_READY:
            p->source_woken = true;
            flow_pull(p->list[0], &p->source_waker, &v);
            begin(p, out, v);
            break;
        case FLOW_FAILED:
            p->failed = p->list[0];
            p->source_over = true;
            break;
        case FLOW_DONE:
            p->source_over = true;
            break;
        case FLOW_WAIT:
            return;
        }
    }
}

/* Asks those that were woken before this; one that is woken again meanwhile has
 * woken the driver too, and is asked when that asks again. */
static void ask_woken(struct parallel *p, flow_waker *w)
{
    struct slot *s = p->line[WOKEN].first;

    p->line[WOKEN].first = NULL;
    while (s != NULL) {
        struct slot *next = s->next[WOKEN];

        s->lined[WOKEN] = false;
        if (p->list[s->at] != NULL && s->answer == FLOW_WAIT) {
            s->waker.host = w->host;
            s->answer = flow_fill(p->list[s->at], &s->waker);
            if (s->answer != FLOW_WAIT)
                line_up(s, TURN);
        }
        s = next;
    }
}

/* Nobody may give any more: the end, or the failure. */
static flow_status finish(struct parallel *p, flow_stage *out)
{
    flow_status st = p->failed == NULL ? FLOW_DONE
        : flow_raise_in(out, flow_take_failure(p->failed));

    for (size_t i = 0; i < p->listed; i++) {
        flow_close(p->list[i]);
        p->list[i] = NULL;
    }
    return st;
}

/* The answer of the first in turn; FLOW_WAIT: look who is first now. */
static flow_status give_first(struct parallel *p, flow_stage *out)
{
    struct slot *s = p->line[TURN].first;
    flow_set set;

    switch (s->answer) {
    case FLOW_READY:
        flow_pull_set(p->list[s->at], &s->waker, &set);
        s->answer = FLOW_WAIT;
        line_up(s, WOKEN);
        if (!p->ordered)
            leave_turn(p);
        flow_lend(out, set.v, set.n);
        return FLOW_READY;
    case FLOW_FAILED:
        if (!p->draining)
            p->failed = p->list[s->at];
        p->draining = true;
        leave_turn(p);
        return p->ordered ? finish(p, out) : FLOW_WAIT;
    case FLOW_DONE:
        put_slot(p, s);
        break;
    case FLOW_WAIT:
        break;
    }
    return FLOW_WAIT;
}

static flow_status parallel_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct parallel *p = self;

    p->asked_by = w;
    p->source_waker.call = wake_source;
    for (;;) {
        if (!p->draining) {
            begin_more(p, out, w);
            ask_woken(p, w);
        }

        struct slot *s = p->line[TURN].first;
        if (s != NULL && s->answer != FLOW_WAIT) {
            flow_status st = give_first(p, out);
            if (st != FLOW_WAIT)
                return st;
        } else if (p->draining || (p->source_over && p->active == 0)) {
            return finish(p, out);
        } else {
            return FLOW_WAIT;
        }
    }
}

/* ---- The type ---------------------------------------------------------- */
static void parallel_close(void *self)
{
    struct parallel *p = self;

    while (p->slots != NULL) {
        struct slot *s = p->slots;
        p->slots = s->older;
        flow_free(s, sizeof *s);
    }
    flow_free(p->list, p->room * sizeof *p->list);
}

static size_t parallel_inputs(void *self, flow_stage ***list)
{
    struct parallel *p = self;

    *list = p->list;
    return p->listed;
}

static const flow_type ordered_type = {
    .name = "parallel", .size = sizeof(struct parallel),
    .fill = parallel_fill, .close = parallel_close, .inputs = parallel_inputs
};

static const flow_type unordered_type = {
    .name = "parallel_unordered", .size = sizeof(struct parallel),
    .fill = parallel_fill, .close = parallel_close, .inputs = parallel_inputs
};

static flow_stage *parallel(const flow_type *type, flow_stage *source,
                            size_t width, flow_expand *f, void *arg)
{
    struct parallel p = {
        .room = 8, .listed = 1, .width = width, .f = f, .arg = arg,
        .ordered = type == &ordered_type,
        .source_woken = true
    };

    if (width == 0)
        return flow__misused(type->name, source, "give it a width of at least "
                             "1 stage");
    if (f == NULL)
        return flow__misused(type->name, source,
                             "give it a function, not NULL");
    p.list = flow_alloc(p.room * sizeof *p.list);
    if (p.list == NULL)
        return flow__refused(type->name, source,
                             flow_error(FLOW_ENOMEM, 0, "flow_%s", type->name));
    p.list[0] = source;
    return flow_stage_new(type, &p);
}

flow_stage *(flow_parallel)(flow_stage *s, size_t width, flow_expand *f,
                            void *arg)
{
    return parallel(&ordered_type, s, width, f, arg);
}

flow_stage *(flow_parallel_unordered)(flow_stage *s, size_t width,
                                      flow_expand *f, void *arg)
{
    return parallel(&unordered_type, s, width, f, arg);
}
