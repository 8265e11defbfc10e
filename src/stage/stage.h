/* SPDX-License-Identifier: MIT */
/* What the files of stages share. */
#ifndef FLOW_STAGE_STAGE_H
#define FLOW_STAGE_STAGE_H

#include <flow/flow.h>

/* The stage that stands for one there was no memory for. Never written to. */
extern flow_stage flow__no_memory_stage;

/* Begins a stage in memory of the caller's; undone by flow__stage_end. */
void flow__stage_begin(flow_stage *s, const flow_type *t);
/* Reports an unread failure, forgets the stage; it has no results any more. */
void flow__stage_end(flow_stage *s);

/* Forgets the failure of a stage, and reports it if nobody has looked at it. */
void flow__drop_failure(flow_stage *s);

size_t flow__inputs(flow_stage *s, flow_stage ***list);

/* Whether s, which may be anything, is a stage of this thread. */
bool flow__is_live(const flow_stage *s);

/* What a type of the library's own may do otherwise than others. */
struct flow__own_type {
    /* Closes it at once, if nothing is left to end and to close before. */
    bool (*retire)(flow_stage *s);
    /* Before it is closed. False: it cannot be now, and has been told. */
    bool (*end)(flow_stage *s);
    /* Instead of dropping self and giving the stage's memory back. */
    void (*free)(flow_stage *s);
};

extern const flow_type flow__generator_type;
static inline bool flow__is_generator(const flow_stage *s)
{
    return s->type == &flow__generator_type;
}
/* Whether it is suspended, and not because it has yielded all it may. */
bool flow__generator_waits(const flow_gen *g);

/* What `status` may be besides an answer. */
enum {
    FLOW__FILLING = FLOW_FAILED + 1,        /* its fill is running          */
    FLOW__GOING                             /* its inputs have been closed  */
};

/* Raises what a stage is told that asks itself. It has not ended by that: as
 * the answer of a fill, FLOW_READY. */
flow_status flow__asks_itself(flow_stage *s);

static inline bool flow__is_shared(const flow_stage *s)
{
    return s == NULL || s == &flow__no_memory_stage;
}

/* As flow_waits_for; `of` is the name of what that belongs to, or NULL. */
static inline void flow__waits_at(flow_stage *out, flow_waker *w,
                                  const char *what, const char *of)
{
    out->waits = what;
    out->at = of;
    if (w != NULL && w->host != NULL)
        out->since = w->host->ready.running ? w->host->ready.time
                                            : w->host->now(w->host);
}
/* A generator that waits: says for what. */
static inline void flow__wait_for(flow_gen *self, flow_waker **waker,
                                  const char *what, const char *of)
{
    *waker = self->waker;
    self->asks = NULL;
    flow__waits_at(&self->stage, self->waker, what, of);
}
/* Counts an answer that refuses a closed generator; false. May not return. */
bool flow__refuse(flow_gen *self);
/* A wait is over: whether the body may go on. If not, that is counted, and the
 * call may not return. */
static inline bool flow__may_go_on(flow_gen *self)
{
    self->stage.waits = NULL;
    return self->waker != NULL || flow__refuse(self);
}

#endif
