/* SPDX-License-Identifier: MIT */
/* A fan: a fixed number of places for inputs, each with a waker of its own.
 *
 * A queue holds the inputs that may have something: those never asked, those
 * that had something the last time, and those that were woken. An operator
 * takes inputs from its front, asks them, and puts back behind what is worth
 * asking again. An input that waits is in no queue and costs nothing; its waker
 * puts it back and wakes whoever waits for the operator. So a fill costs as
 * much as inputs woke, however many there are. The queue is linked through the
 * inputs: waking cannot fail.
 *
 * A fan never moves. A waker's call only queues; it never runs a stage. */
#ifndef FLOW_OPERATOR_FAN_H
#define FLOW_OPERATOR_FAN_H

#include <flow/flow.h>

struct flow__fan;

struct flow__input {
    flow_waker waker;               /* handed to the input's stage          */
    struct flow__fan *fan;
    struct flow__input *next;       /* in the queue                         */
    bool queued;
};

struct flow__fan {
    size_t places, live;            /* of live ones the place is not empty  */
    size_t queued;
    struct flow__input *first, *last;
    flow_waker *up;                 /* who waits for the operator, or NULL  */
    flow_stage **stages;            /* by place; NULL: empty                */
    struct flow__input inputs[];
};

/* NULL without memory. Freeing closes nothing: that is done by the library, or
 * by flow__fan_close. NULL is fine. */
struct flow__fan *flow__fan_new(size_t places);
void flow__fan_free(struct flow__fan *fan);

/* A fan whose places are filled with the n stages, which it takes. Otherwise,
 * for want of memory or because one is NULL, the stages are closed and *refused
 * is the operator `name` that says so. */
struct flow__fan *flow__fan_of(flow_stage *const *s, size_t n,
                               const char *name, flow_stage **refused);

/* For the `inputs` of a type. */
size_t flow__fan_stages(struct flow__fan *fan, flow_stage ***list);

/* Puts s, which it takes, into an empty place, and into the queue. */
void flow__fan_put(struct flow__fan *fan, size_t place, flow_stage *s);

/* The first of the queue, now in no queue; NULL: nobody has anything. */
struct flow__input *flow__fan_next(struct flow__fan *fan);

/* Puts an input back, behind all others. */
void flow__fan_again(struct flow__input *in);

static inline size_t flow__fan_place(const struct flow__input *in)
{
    return (size_t)(in - in->fan->inputs);
}

static inline flow_stage *flow__fan_stage(const struct flow__input *in)
{
    return in->fan->stages[flow__fan_place(in)];
}

/* The waker to ask the input with: one of its own on the host of w. */
static inline flow_waker *flow__fan_waker(struct flow__input *in,
                                          const flow_waker *w)
{
    in->waker.host = w->host;
    return &in->waker;
}

/* Closes an input and empties its place; it is never the next one again. */
void flow__fan_finish(struct flow__input *in);

/* Closes them all. */
void flow__fan_close(struct flow__fan *fan);

/* For `return`: remembers w for the next wake. Wakes it now if an input came
 * back while the operator ran. */
flow_status flow__fan_wait(struct flow__fan *fan, flow_waker *w);

#endif
