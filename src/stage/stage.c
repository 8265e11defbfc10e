/* SPDX-License-Identifier: MIT */
/* Asking stages: the order in which results, failure and end are told, for all
 * of them in one place. */
#include "stage.h"

#include "base/memory.h"
#include "base/peek.h"
#include "base/thread.h"
#include "base/value.h"

#include <string.h>
#include <time.h>

static const flow_type no_memory_type = { .name = "out of memory" };

flow_stage flow__no_memory_stage = { .type = &no_memory_type };

/* ---- Making ------------------------------------------------------------ */
void flow__stage_begin(flow_stage *s, const flow_type *t)
{
    struct flow__thread *here = &flow__thread;

    s->first = s->next = s->end = &s->slot;
    s->limit = s->first + 1;
    s->inside.ip = NULL;
    s->type = t;
    s->failure = flow_none();
    s->owner = NULL;
    s->live_prev = NULL;
    s->live_next = here->live;
    s->name = t->name;
    s->made = s->waits = s->at = NULL;
    s->since = 0;
    s->room = 1;
    s->status = FLOW_READY;
    s->failing = s->ended = s->seen = s->is_read = false;
    if (here->live != NULL)
        here->live->live_prev = s;
    /* A signal handler may walk the list between any two instructions. */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    here->live = s;
}

size_t flow__inputs(flow_stage *s, flow_stage ***list)
{
    return s->type->inputs != NULL ? s->type->inputs(flow_self(s), list) : 0;
}

size_t flow_first_input(void *self, flow_stage ***list)
{
    *list = self;
    return 1;
}

void flow_read_by(flow_stage *s, flow_stage *by)
{
    if (!flow__is_shared(s) && s->owner == NULL)
        s->owner = by;
}

flow_stage *flow_made(flow_stage *s, const char *where)
{
    if (!flow__is_shared(s) && s->made == NULL)
        s->made = where;
    return s;
}

flow_stage *flow_named(flow_stage *s, const char *name)
{
    if (!flow__is_shared(s))
        s->name = name;
    return s;
}

flow_stage *flow_read_ahead(flow_stage *s, size_t n)
{
    flow_value *buffer;

    if (flow__is_shared(s) || n <= s->room || n > UINT32_MAX / sizeof *buffer
        || s->next != s->end)
        return s;
    buffer = flow_alloc(n * sizeof *buffer);
    if (buffer == NULL)
        return s;                           /* goes on one by one           */
    if (s->first != &s->slot)
        flow_free(s->first, s->room * sizeof *buffer);
    s->room = (uint32_t)n;
    s->first = s->next = s->end = buffer;
    s->limit = buffer + n;
    return s;
}

/* A pointer to any stage may have outlived it; the memory is looked at with
 * care, see peek.h. */
bool flow__is_live(const flow_stage *s)
{
    flow_stage copy, *next;

    if (s == NULL || !flow__peek(&copy, s, sizeof copy))
        return false;
    if (copy.live_prev == NULL)
        return flow__thread.live == s;
    return flow__peek(&next, &copy.live_prev->live_next, sizeof(flow_stage *))
        && next == s;
}

/* ---- Asking ------------------------------------------------------------ */
static double clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* As fill; a stage whose own time in it, without that of those it asks, is
 * longer than flow_config.slow_step is reported. */
static __attribute__((noinline)) flow_status fill_timed(flow_stage *s,
                                                        flow_waker *w)
{
    double before = flow__thread.asked, began = clock_now(), all, own;
    flow_status st;

    flow__thread.asked = 0;
    st = s->type->fill(flow_self(s), s, w);
    all = clock_now() - began;
    own = all - flow__thread.asked;
    flow__thread.asked = before + all;
    if (own > flow__config.slow_step)
        flow_report("'%s' (made at %s) held the loop for %.3f seconds",
                     s->name, s->made != NULL ? s->made : "?", own);
    return st;
}

static flow_status fill_once(flow_stage *s, flow_waker *w)
{
    flow_status st;

    s->next = s->end = s->first;
    s->waits = NULL;
    s->status = FLOW__FILLING;
    st = FLOW__RARELY(flow__config.slow_step > 0)
       ? fill_timed(s, w) : s->type->fill(flow_self(s), s, w);
    s->status = (uint8_t)st;
    if (st == FLOW_DONE || st == FLOW_FAILED)
        s->ended = true;
    return st;
}

flow_status flow__asks_itself(flow_stage *s)
{
    flow_raise_in(s, flow_error(FLOW_ENESTED, 0, "'%s' asks itself for a value",
                                s->name));
    return FLOW_READY;
}

flow_status flow_fill(flow_stage *s, flow_waker *w)
{
    flow_status st = FLOW_READY;

    if (flow__is_shared(s))
        return FLOW_FAILED;
    if (s->next != s->end)
        return FLOW_READY;
    if (FLOW__RARELY(s->status == FLOW__FILLING))
        flow__asks_itself(s);
    while (!s->ended && !s->failing && st == FLOW_READY) {
        st = fill_once(s, w);
        if (s->next != s->end)
            return FLOW_READY;
    }
    if (s->failing)
        return FLOW_FAILED;
    return s->ended ? FLOW_DONE : st;
}

/* Takes the failure that a fill has found. */
bool flow_has_ended(const flow_stage *s)
{
    return flow__is_shared(s)
        || (s->ended && !s->failing && s->next == s->end);
}

flow_value flow_take_failure(flow_stage *s)
{
    flow_value error;

    if (s == NULL)
        return flow_error(FLOW_EINVAL, 0, "asked a stage that is NULL");
    if (s == &flow__no_memory_stage)
        return flow__no_memory_error();
    flow__error_through(&s->failure, s->name, s->made);
    error = s->failure;
    s->failure = flow_none();
    s->failing = false;
    return error;
}

flow_status flow__pull(flow_stage *s, flow_waker *w, flow_value *out)
{
    flow_status st = flow_fill(s, w);

    switch (st) {
    case FLOW_READY:
        *out = *s->next++;
        break;
    case FLOW_FAILED:
        *out = flow_take_failure(s);
        break;
    case FLOW_DONE:
        *out = flow_none();
        break;
    case FLOW_WAIT:
        break;
    }
    return st;
}

flow_status flow_pull_set(flow_stage *s, flow_waker *w, flow_set *out)
{
    flow_status st = flow_fill(s, w);

    out->v = NULL;
    out->n = 0;
    out->error = flow_none();
    if (st == FLOW_READY) {
        out->v = s->next;
        out->n = (size_t)(s->end - s->next);
        s->next = s->end;
    } else if (st == FLOW_FAILED) {
        out->error = flow_take_failure(s);
    }
    return st;
}

/* ---- Giving ------------------------------------------------------------ */
void flow__drop_failure(flow_stage *s)
{
    if (s->failure.kind == FLOW_ERROR && !s->seen)
        flow_report("%s (made at %s) was closed with a failure nobody read: "
                     "%s: %s", s->name, s->made != NULL ? s->made : "?",
                     flow_class_of(&s->failure)->name,
                     flow_message(&s->failure));
    flow_drop(s->failure);
    s->failure = flow_none();
    s->seen = false;
}

flow_status flow_raise_in(flow_stage *out, flow_value error)
{
    if (out->failing) {
        flow_drop(error);
        return FLOW_FAILED;
    }
    if (error.kind != FLOW_ERROR) {
        flow_drop(error);
        error = flow_error(FLOW_EINVAL, 0, "'%s' failed with a value that is "
                           "no error", out->name);
    }
    error.back = 0;
    flow__drop_failure(out);                /* one that block has shown     */
    out->failure = error;
    out->failing = true;
    return FLOW_FAILED;
}

void flow_give(flow_stage *out, flow_value v)
{
    if (out->failing) {
        flow_drop(v);
    } else if (flow_is_failure(v)) {
        flow_raise_in(out, v);
    } else if (out->end == out->limit) {
        flow_drop(v);
        flow_raise_in(out, flow_error(FLOW_ELIMIT, 0, "'%s' gave more than "
                                      "flow_room allows", out->name));
    } else {
        *out->end++ = v;
    }
}

void flow_waits_for(flow_stage *out, flow_waker *w, const char *what)
{
    flow__waits_at(out, w, what, NULL);
}

/* ---- Ending ------------------------------------------------------------ */
void flow__stage_end(flow_stage *s)
{
    flow__drop_failure(s);
    if (s->first != &s->slot)
        flow_free(s->first, s->room * sizeof *s->first);
    if (s->live_prev != NULL)
        s->live_prev->live_next = s->live_next;
    else
        flow__thread.live = s->live_next;
    if (s->live_next != NULL)
        s->live_next->live_prev = s->live_prev;
}
