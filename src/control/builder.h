/* SPDX-License-Identifier: MIT */
/* What builders are made of: their steps, and how much an execution of them
 * needs.
 *
 * The first step of every builder is a context of its own, so that each merge
 * has one before it. An execution has open, at any moment, one frame for each
 * branch and context before the step where it is, and for the chain it is in.
 * So what it needs is known when the steps are, and it allocates once. */
#ifndef FLOW_CONTROL_BUILDER_H
#define FLOW_CONTROL_BUILDER_H

#include <flow/builder.h>

enum flow__step_kind {
    FLOW__CONTEXT, FLOW__BRANCH, FLOW__FUNCTION, FLOW__STOP,
    FLOW__MERGE, FLOW__MERGE_RUNNING, FLOW__MERGE_TO_LIST, FLOW__CHAIN,
    FLOW__DISCARD
};

struct flow__step {
    enum flow__step_kind kind;
    union {
        flow_expand *expand;
        flow_function *function;
        flow_fold *fold;
        flow_running *running;
        flow_builder *sub;
    } does;
    flow_function *at_end;          /* on_finish, on_flush, or NULL         */
    void *arg;
    flow_value value;               /* of a merge its start; of a stop      */
    size_t most;                    /* items of a list                      */
    size_t place;                   /* of a merge or a context, see below   */
    size_t merges;                  /* of a context: in its scope           */
    const char *name, *made;        /* for traces                           */
};

/* An execution has a row of places for accumulated values. A scope takes one
 * for the value it began with, then one for each of its merges. */
struct flow_builder {
    size_t holders;
    struct flow__step *steps;
    size_t n, room;
    size_t scope;                   /* the last context so far: its step    */
    size_t frames, most_frames;     /* open at its end; at most, with parts */
    size_t places, sub_places;      /* its own; the most that a part needs  */
    double seconds;                 /* the wait interval                    */
    bool complete;                  /* executed, or a part of another       */
    bool told;                      /* the failure, to someone              */
    flow_value failure;             /* of each execution begun, or NONE     */
    flow_builder *next;             /* among those that are being freed     */
};

/* b has all its steps from now on. The failure that every use of it is to have
 * in the call of that name, or NONE. */
flow_value flow__builder_use(flow_builder *b, const char *call);

/* One more holder, of one that can be used. */
void flow__builder_hold(flow_builder *b);

#endif
