/* SPDX-License-Identifier: MIT */
/* Choosing among several things to wait for. All are tried, beginning with one
 * by chance. If none can be done, each is waited for at its place, and when the
 * generator is woken, by whichever, all places are left and all tried again.
 * A sender in line may be served meanwhile: then that was the choice. */
#include "channel.h"

#include "stage/deferred.h"
#include "stage/stage.h"

enum attempt { DONE, NOT_NOW, FAILED };

/* ---- Trying ------------------------------------------------------------ */
static enum attempt attempt_receive(flow_gen *self, flow_case *c)
{
    flow_value v;

    switch (flow_try(c->what, &v)) {
    case FLOW_READY:
        *c->value = v;
        return DONE;
    case FLOW_FAILED:
        flow_raise_at(self, v, NULL);
        return FAILED;
    case FLOW_DONE:
        c->over = true;
        break;
    case FLOW_WAIT:
        break;
    }
    return NOT_NOW;
}

static enum attempt attempt_send(flow_gen *self, flow_case *c)
{
    flow_chan *to = c->what;
    bool sent;

    if (flow__chan_is_closed(to)) {
        flow_raise_at(self, flow__chan_refusal(to), NULL);
        return FAILED;
    }
    c->over = flow__chan_is_left(to);
    if (c->over)
        return NOT_NOW;
    sent = flow_is_failure(*c->value);
    if (sent)
        flow_finish(to, *c->value);
    else
        sent = flow__chan_send_now(to, *c->value);
    if (sent)
        *c->value = flow_none();
    return sent ? DONE : NOT_NOW;
}

static enum attempt attempt_next(flow_gen *self, flow_case *c)
{
    flow_stage *from = c->what;

    switch (flow__ask(self, from)) {
    case FLOW_READY:
        *c->value = *from->next++;
        return DONE;
    case FLOW_FAILED:
        return FAILED;
    case FLOW_DONE:
        c->over = true;
        break;
    case FLOW_WAIT:
        break;
    }
    return self->waker != NULL ? NOT_NOW : FAILED;
}

static enum attempt attempt_await(flow_gen *self, flow_case *c)
{
    flow_value v;

    if (flow_outcome(c->what) == NULL)
        return NOT_NOW;
    v = flow__outcome_of(c->what);
    if (flow_is_failure(v)) {
        flow_raise_at(self, v, NULL);
        return FAILED;
    }
    *c->value = v;
    return DONE;
}

static enum attempt attempt(flow_gen *self, flow_case *c, bool waited)
{
    switch (c->kind) {
    case FLOW__RECEIVE:
        return attempt_receive(self, c);
    case FLOW__SEND:
        return attempt_send(self, c);
    case FLOW__NEXT:
        return attempt_next(self, c);
    case FLOW__AWAIT:
        return attempt_await(self, c);
    case FLOW__TIMEOUT:
        return waited && c->in.nap.over ? DONE : NOT_NOW;
    }
    return NOT_NOW;
}

/* Evenly by chance, and the same in each run of the program. */
static size_t any_of(flow_gen *self, size_t n)
{
    self->dice = self->dice * 1664525 + 1013904223;
    return (size_t)(((uint64_t)self->dice * n) >> 32);
}

/* Tries one after the other from the first on. Whether a stage was asked. */
static bool try_from(flow_gen *self, struct flow__select *s, size_t first,
                     bool stages_too)
{
    size_t i = first;
    bool asked = false;

    for (size_t left = s->n; left > 0 && s->chosen < 0 && !s->failed; left--) {
        bool is_stage = s->cases[i].kind == FLOW__NEXT;
        if (!s->cases[i].over && (stages_too || !is_stage))
            switch (attempt(self, &s->cases[i], s->waits)) {
            case DONE:
                s->chosen = (int)i;
                break;
            case FAILED:
                s->failed = true;
                break;
            case NOT_NOW:
                asked = asked || is_stage;
                break;
            }
        i = i + 1 < s->n ? i + 1 : 0;
    }
    return asked;
}

/* A stage that is asked may do anything, and by that make possible what was
 * tried before it. */
static void try_all(flow_gen *self, struct flow__select *s)
{
    size_t first = any_of(self, s->n);

    if (try_from(self, s, first, true))
        try_from(self, s, first, false);
}

/* Whether there was something to wait for besides time-outs, and now is not. */
static bool is_over(const struct flow__select *s)
{
    size_t timeouts = 0, over = 0;

    for (size_t i = 0; i < s->n; i++) {
        timeouts += s->cases[i].kind == FLOW__TIMEOUT;
        over += s->cases[i].over;
    }
    return timeouts + over == s->n && (over > 0 || s->n == 0);
}

/* ---- Waiting ----------------------------------------------------------- */
/* Those that send among the cases are served once, all together. */
static void begin_to_wait(flow_gen *self, struct flow__select *s)
{
    struct flow__party *first = NULL, *last = NULL;

    for (size_t i = 0; i < s->n; i++) {
        flow_case *c = &s->cases[i];

        c->holds = !c->over;
        switch (c->kind) {
        case FLOW__RECEIVE:
            c->in.peer = (struct flow__party){ .c = c->what };
            if (c->holds)
                flow__chan_add_reader(c->what);
            break;
        case FLOW__SEND:
            c->in.peer = (struct flow__party){ .c = c->what, .sibling = first };
            if (c->holds)
                flow_chan_hold(c->what);
            first = &c->in.peer;
            last = last != NULL ? last : first;
            break;
        case FLOW__NEXT:
            break;
        case FLOW__AWAIT:
            flow__await_begin(&c->in.await, c->what);
            break;
        case FLOW__TIMEOUT:
            flow__nap_begin(self, &c->in.nap, c->seconds);
            break;
        }
    }
    if (last != NULL)
        last->sibling = first;
}

/* First those that send, for each calls who receives there; and that must not
 * be this one. */
static void stand_to_send(flow_gen *self, struct flow__select *s)
{
    for (size_t i = 0; i < s->n; i++) {
        flow_case *c = &s->cases[i];
        if (c->kind == FLOW__SEND && !c->over) {
            c->in.peer.v = *c->value;
            flow__chan_send(&c->in.peer, self->waker);
        }
    }
}

static void wait_for_others(flow_gen *self, flow_case *c)
{
    switch (c->kind) {
    case FLOW__RECEIVE:
        flow__chan_stand_to_receive(&c->in.peer, self->waker);
        break;
    case FLOW__AWAIT:
        c->in.await.waker = self->waker;
        if (c->in.await.waiter.on == NULL)
            flow__waiter_add(&c->in.await.waiter, c->what);
        break;
    case FLOW__TIMEOUT:
        c->in.nap.waker = self->waker;
        break;
    case FLOW__SEND: case FLOW__NEXT:
        break;
    }
}

static void wait_for_all(flow_gen *self, struct flow__select *s)
{
    flow_waker *w;

    if (!s->waits)
        begin_to_wait(self, s);
    s->waits = true;
    stand_to_send(self, s);
    for (size_t i = 0; i < s->n; i++)
        if (!s->cases[i].over)
            wait_for_others(self, &s->cases[i]);
    flow__wait_for(self, &w, "one of several", NULL);
    self->chooses = s;
}

static bool is_served(const struct flow__select *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->cases[i].kind == FLOW__SEND && s->cases[i].in.peer.done)
            return true;
    return false;
}

/* A stage may receive what is to be sent here: it is asked while that stands in
 * line, or each would call the other for ever. */
static void ask_stages(flow_gen *self, struct flow__select *s)
{
    for (size_t i = 0; i < s->n && self->waker != NULL && !is_served(s); i++)
        if (s->cases[i].kind == FLOW__NEXT && !s->cases[i].over)
            s->failed = flow__ask(self, s->cases[i].what) == FLOW_FAILED;
}

/* Leaves all lines; one that sends may have been served. */
static void leave_lines(struct flow__select *s)
{
    for (size_t i = 0; i < s->n; i++) {
        struct flow__party *p = &s->cases[i].in.peer;
        if (s->cases[i].kind == FLOW__SEND && p->waker != NULL) {
            if (p->done) {
                s->chosen = (int)i;
                *s->cases[i].value = flow_none();
            }
            flow__chan_end_sending(p);
            p->waker = NULL;
        }
    }
    for (size_t i = 0; i < s->n; i++)
        if (s->cases[i].kind == FLOW__RECEIVE && s->cases[i].holds)
            flow__chan_leave(&s->cases[i].in.peer, s->chosen == (int)i);
}

static void stop_waiting(flow_case *c)
{
    switch (c->kind) {
    case FLOW__RECEIVE:
        if (c->holds)
            flow__chan_remove_reader(c->what);
        break;
    case FLOW__SEND:
        if (c->holds)
            flow_chan_release(c->what);
        break;
    case FLOW__AWAIT:
        flow__waiter_remove(&c->in.await.waiter);
        break;
    case FLOW__TIMEOUT:
        if (c->in.nap.task.posted)
            c->in.nap.host->cancel(c->in.nap.host, &c->in.nap.task);
        break;
    case FLOW__NEXT:
        break;
    }
}

/* ---- The three steps --------------------------------------------------- */
static bool waits_on(flow_gen *self, struct flow__select *s)
{
    if (s->chosen < 0 && self->waker != NULL)
        try_all(self, s);
    if (s->chosen >= 0 || s->failed || self->waker == NULL || is_over(s))
        return false;
    wait_for_all(self, s);
    return true;
}

bool flow__select_begin(flow_gen *self, struct flow__select *s,
                        flow_case *cases, size_t n)
{
    *s = (struct flow__select){ .cases = cases, .n = n, .chosen = -1 };
    return waits_on(self, s);
}

bool flow__select_on(flow_gen *self, struct flow__select *s)
{
    ask_stages(self, s);
    leave_lines(s);
    return waits_on(self, s);
}

int flow__select_end(flow_gen *self, struct flow__select *s)
{
    if (s->waits)
        for (size_t i = 0; i < s->n; i++)
            stop_waiting(&s->cases[i]);
    self->chooses = NULL;
    return flow__may_go_on(self) ? s->chosen : -1;
}
