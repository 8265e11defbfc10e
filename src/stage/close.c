/* SPDX-License-Identifier: MIT */
/* Closing stages, and all they read from; and telling of those that were never
 * closed. */
#include "stage.h"

#include "base/memory.h"
#include "base/thread.h"

#include <stdio.h>
#include <unistd.h>

static void close_one(flow_stage *s)
{
    if (s->type->own != NULL) {
        s->type->own->free(s);
        return;
    }
    if (s->type->close != NULL)
        s->type->close(flow_self(s));
    flow__stage_end(s);
    flow_free(s, sizeof *s + s->type->size);
}

/* ---- The whole tree ---------------------------------------------------------
 * What is left to do is a list through `owner`, so that chains may be of any
 * length. A stage is in it twice: before its inputs, to run its body out and to
 * drop its results, which may lie with an input; and after them, to go. For its
 * inputs have been given wakers that lie in it, and a body that runs out may
 * wake another input. */
static void push(flow_stage **left, flow_stage *s)
{
    if (flow__is_shared(s))
        return;
    s->owner = *left;
    *left = s;
}

/* The fill of an operator that runs would come back to memory that is gone. */
static bool is_running(flow_stage *s)
{
    if (s->status != FLOW__FILLING || s->type->own != NULL)
        return false;
    flow_report("'%s' (made at %s) was closed while it runs; whoever runs it "
                 "must close it", s->name, s->made != NULL ? s->made : "?");
    return true;
}

static void begin_to_close(flow_stage *s, flow_stage **left)
{
    flow_stage **list;
    size_t n;

    if (is_running(s) || (s->type->own != NULL && !s->type->own->end(s)))
        return;
    while (s->next != s->end)
        flow_drop(*s->next++);
    s->status = FLOW__GOING;
    push(left, s);
    n = flow__inputs(s, &list);
    while (n-- > 0)
        push(left, list[n]);
}

void flow_close(flow_stage *s)
{
    flow_stage *left = NULL;

    if (s != NULL && s->type->own != NULL && s->type->own->retire(s))
        return;
    push(&left, s);
    while ((s = left) != NULL) {
        left = s->owner;
        if (s->status == FLOW__GOING)
            close_one(s);
        else
            begin_to_close(s, &left);
    }
}

/* ---- At exit ------------------------------------------------------------- */
static bool is_unfinished(const flow_stage *s)
{
    return s->owner == NULL && !s->ended;
}

/* Of the thread that began the program: those of others are gone by now. */
static __attribute__((destructor)) void report_unfinished(void)
{
    char names[512] = "";
    size_t n = 0, at = 0;

    if (getpid() != gettid())
        return;
    for (const flow_stage *s = flow__thread.live; s != NULL; s = s->live_next)
        if (is_unfinished(s)) {
            if (at < sizeof names)
                at += (size_t)snprintf(names + at, sizeof names - at,
                                       "%s'%s' (made at %s)",
                                       n > 0 ? ", " : "", s->name,
                                       s->made != NULL ? s->made : "?");
            n++;
        }
    if (n > 0)
        flow_report("%zu flow%s not finished at exit: %s", n,
                     n > 1 ? "s were" : " was", names);
}
