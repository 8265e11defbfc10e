/* SPDX-License-Identifier: MIT */
/* Builders: the list of steps. It grows until it is first executed or made a
 * part of another builder, and never changes after that; so a builder cannot
 * become a part of itself, and executions may look at it as they like. */
#include "builder.h"

#include "base/value.h"

#include <string.h>

/* Stands for one there was no memory for. Never written to. */
static flow_builder no_memory = { .complete = true };

static bool is_lost(const flow_builder *b)
{
    return b == NULL || b == &no_memory;
}

/* ---- Adding ------------------------------------------------------------ */
/* The first failure counts. */
static void fail(flow_builder *b, flow_value error)
{
    if (b->failure.kind == FLOW_ERROR)
        flow_drop(error);
    else
        b->failure = error;
}

/* Whether b can be changed by the call of that name. */
static bool is_open(flow_builder *b, const char *call)
{
    if (is_lost(b))
        return false;
    if (b->complete)
        fail(b, flow_error(FLOW_EINVAL, 0, "%s: the builder has been executed, "
                           "or is part of a builder; add its steps before that",
                           call));
    return b->failure.kind != FLOW_ERROR;
}

static bool make_room(flow_builder *b)
{
    size_t room = b->room > 0 ? 2 * b->room : 8;
    struct flow__step *steps;

    if (b->n < b->room)
        return true;
    steps = flow_resize(b->steps, b->room * sizeof *steps,
                        room * sizeof *steps);
    if (steps == NULL)
        return false;
    b->steps = steps;
    b->room = room;
    return true;
}

static void add(flow_builder *b, const struct flow__step *step)
{
    if (!make_room(b)) {
        flow_drop(step->value);
        fail(b, flow__no_memory_error());
        return;
    }
    b->steps[b->n++] = *step;
}

/* Counts a frame that stays open while the steps behind it are executed. */
static void add_frame(flow_builder *b)
{
    b->frames++;
    if (b->most_frames < b->frames)
        b->most_frames = b->frames;
}

static void add_context(flow_builder *b, flow_function *on_flush, void *arg)
{
    add(b, &(struct flow__step){
        .kind = FLOW__CONTEXT, .at_end = on_flush, .arg = arg,
        .place = b->places++, .name = "context"
    });
    add_frame(b);
    b->scope = b->n - 1;
}

/* Fails instead if the step has no function, or a value that is a failure. */
static flow_builder *add_calling(flow_builder *b, const char *call, bool calls,
                                 const struct flow__step *step)
{
    if (!is_open(b, call)) {
        flow_drop(step->value);
    } else if (flow_is_failure(step->value)) {
        fail(b, step->value);
    } else if (!calls) {
        flow_drop(step->value);
        fail(b, flow_error(FLOW_EINVAL, 0, "%s: give it a function, not NULL",
                           call));
    } else {
        add(b, step);
    }
    return b;
}

/* A merge accumulates in the nearest scope. */
static flow_builder *add_merge(flow_builder *b, const char *call, bool calls,
                               const struct flow__step *step)
{
    add_calling(b, call, calls, step);
    if (!is_lost(b) && b->failure.kind != FLOW_ERROR) {
        b->steps[b->n - 1].place = b->places++;
        b->steps[b->scope].merges++;
    }
    return b;
}

/* ---- The steps --------------------------------------------------------- */
flow_builder *(flow_add_branch)(flow_builder *b, flow_expand *f,
                                flow_function *on_finish, void *arg)
{
    add_calling(b, "flow_add_branch", f != NULL, &(struct flow__step){
        .kind = FLOW__BRANCH, .does.expand = f, .at_end = on_finish, .arg = arg,
        .name = "branch"
    });
    if (!is_lost(b))
        add_frame(b);
    return b;
}

flow_builder *(flow_add_function)(flow_builder *b, flow_function *f, void *arg)
{
    return add_calling(b, "flow_add_function", f != NULL, &(struct flow__step){
        .kind = FLOW__FUNCTION, .does.function = f, .arg = arg,
        .name = "function"
    });
}

flow_builder *flow_add_stop(flow_builder *b, flow_value stop)
{
    return add_calling(b, "flow_add_stop", true, &(struct flow__step){
        .kind = FLOW__STOP, .value = stop, .name = "stop"
    });
}

flow_builder *flow_add_discard(flow_builder *b)
{
    return add_calling(b, "flow_add_discard", true, &(struct flow__step){
        .kind = FLOW__DISCARD, .name = "discard"
    });
}

flow_builder *(flow_add_chain)(flow_builder *b, flow_builder *sub)
{
    flow_value failure = flow__builder_use(sub, "flow_add_chain");

    if (!is_open(b, "flow_add_chain")) {
        flow_drop(failure);
        return b;
    }
    if (flow_is_failure(failure)) {
        fail(b, failure);
        return b;
    }
    add(b, &(struct flow__step){
        .kind = FLOW__CHAIN, .does.sub = sub, .name = "chain"
    });
    if (b->failure.kind == FLOW_ERROR)
        return b;
    flow__builder_hold(sub);
    if (b->most_frames < b->frames + 1 + sub->most_frames)
        b->most_frames = b->frames + 1 + sub->most_frames;
    if (b->sub_places < sub->places + sub->sub_places)
        b->sub_places = sub->places + sub->sub_places;
    return b;
}

flow_builder *(flow_add_context)(flow_builder *b, flow_function *on_flush,
                                 void *arg)
{
    if (is_open(b, "flow_add_context"))
        add_context(b, on_flush, arg);
    return b;
}

flow_builder *(flow_add_merge)(flow_builder *b, flow_value start, flow_fold *f,
                               void *arg)
{
    return add_merge(b, "flow_add_merge", f != NULL, &(struct flow__step){
        .kind = FLOW__MERGE, .does.fold = f, .value = start, .arg = arg,
        .name = "merge"
    });
}

flow_builder *(flow_add_merge_running)(flow_builder *b, flow_value start,
                                       flow_running *f, void *arg)
{
    return add_merge(b, "flow_add_merge_running", f != NULL,
                     &(struct flow__step){
        .kind = FLOW__MERGE_RUNNING, .does.running = f, .value = start,
        .arg = arg, .name = "merge"
    });
}

flow_builder *(flow_add_merge_to_list)(flow_builder *b, size_t most)
{
    return add_merge(b, "flow_add_merge_to_list", true, &(struct flow__step){
        .kind = FLOW__MERGE_TO_LIST, .most = most, .name = "merge_to_list"
    });
}

flow_builder *flow_wait_interval(flow_builder *b, double seconds)
{
    if (is_open(b, "flow_wait_interval"))
        b->seconds = seconds;
    return b;
}

flow_builder *flow_step_made(flow_builder *b, const char *name,
                             const char *where)
{
    if (is_lost(b) || b->complete || b->failure.kind == FLOW_ERROR)
        return b;
    b->steps[b->n - 1].name = name;
    b->steps[b->n - 1].made = where;
    return b;
}

/* ---- A builder --------------------------------------------------------- */
flow_builder *flow_builder_new(void)
{
    flow_builder *b = flow_alloc(sizeof *b);

    if (b == NULL)
        return &no_memory;
    *b = (flow_builder){ .holders = 1 };
    add_context(b, NULL, NULL);
    return b;
}

flow_value flow__builder_use(flow_builder *b, const char *call)
{
    if (b == NULL)
        return flow_error(FLOW_EINVAL, 0, "%s: give it a builder, not NULL",
                          call);
    if (is_lost(b))
        return flow__no_memory_error();
    b->complete = b->told = true;
    return flow_share(b->failure);
}

void flow__builder_hold(flow_builder *b)
{
    b->holders++;
}

/* Puts b before those that are left to free, if this was its last holder. */
static flow_builder *let_go(flow_builder *b, flow_builder *left)
{
    if (--b->holders > 0)
        return left;
    b->next = left;
    return b;
}

/* Frees b; a part whose last holder it was comes before those that are left. */
static flow_builder *free_one(flow_builder *b, flow_builder *left)
{
    for (size_t i = 0; i < b->n; i++) {
        flow_drop(b->steps[i].value);
        if (b->steps[i].kind == FLOW__CHAIN)
            left = let_go(b->steps[i].does.sub, left);
    }
    if (b->failure.kind == FLOW_ERROR && !b->told)
        flow_report("a builder was released with a failure nobody read: %s: %s",
                    flow_class_of(&b->failure)->name,
                    flow_message(&b->failure));
    flow_drop(b->failure);
    flow_free(b->steps, b->room * sizeof *b->steps);
    flow_free(b, sizeof *b);
    return left;
}

void flow_builder_release(flow_builder *b)
{
    flow_builder *left = NULL;

    if (is_lost(b))
        return;
    for (left = let_go(b, NULL); left != NULL;) {
        b = left;
        left = free_one(b, b->next);
    }
}
