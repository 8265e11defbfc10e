/* SPDX-License-Identifier: MIT */
/* See describe.h. May run in a signal handler, at any moment in the life of a
 * stage: whatever a stage points to may just have been closed, and is looked at
 * before it is used. */
#include "describe.h"

#include "stage.h"

#include <stdio.h>

/* ---- Generators ---------------------------------------------------------- */
static bool is_suspended(const flow_gen *g)
{
    return g->stage.inside.ip != NULL || g->aside != NULL;
}

static enum flow__state generator_state(flow_stage *s)
{
    const flow_gen *g = (const flow_gen *)s;

    if (g->over)
        return g->failure.kind == FLOW_ERROR ? FLOW__HAS_FAILED : FLOW__ENDED;
    if (!g->begun)
        return FLOW__NOT_BEGUN;
    if (!is_suspended(g))
        return FLOW__RUNNING;
    if (flow__generator_waits(g))
        return s->waits != NULL ? FLOW__WAITS : FLOW__WAITS_FOR_INPUT;
    return FLOW__IDLE;
}

/* ---- Others -------------------------------------------------------------- */
static bool is_waiting(flow_stage *s)
{
    return flow__is_generator(s) ? flow__generator_waits((flow_gen *)s)
                                 : !s->ended && s->status == FLOW_WAIT;
}

static flow_stage *waiting_input(flow_stage *s)
{
    flow_stage **list;
    size_t n = flow__inputs(s, &list);

    for (size_t i = 0; i < n; i++)
        if (flow__is_live(list[i]) && is_waiting(list[i]))
            return list[i];
    return NULL;
}

static enum flow__state operator_state(flow_stage *s)
{
    if (s->ended)
        return FLOW__ENDED;
    if (s->status == FLOW__FILLING)
        return FLOW__RUNNING;
    if (s->status != FLOW_WAIT)
        return FLOW__IDLE;
    return s->waits != NULL ? FLOW__WAITS : FLOW__WAITS_FOR_INPUT;
}

/* ---- Both ---------------------------------------------------------------- */
enum flow__state flow__state_of(flow_stage *s)
{
    if (s->next != s->end)
        return FLOW__HAS_RESULTS;
    if (s->failing)
        return FLOW__HAS_FAILED;
    return flow__is_generator(s) ? generator_state(s) : operator_state(s);
}

flow_stage *flow__waiting_input(flow_stage *s)
{
    const flow_gen *g = (const flow_gen *)s;

    if (!is_waiting(s) || s->waits != NULL)
        return NULL;
    if (flow__is_generator(s))
        return flow__is_live(g->asks) ? g->asks : NULL;
    return waiting_input(s);
}

static size_t add(char *text, size_t size, size_t at, const char *format,
                  const char *s)
{
    int n = at < size ? snprintf(text + at, size - at, format, s) : 0;

    return at + (size_t)(n > 0 ? n : 0);
}

void flow__describe(flow_stage *s, char *text, size_t size)
{
    size_t at = 0;

    text[0] = 0;
    for (; s != NULL && at < size; s = flow__waiting_input(s)) {
        at = add(text, size, at, at > 0 ? " < %s" : "%s", s->name);
        if (s->waits == NULL)
            continue;
        at = add(text, size, at, " (waits for %s", s->waits);
        if (s->at != NULL)
            at = add(text, size, at, " '%s'", s->at);
        at = add(text, size, at, "%s", ")");
    }
}
