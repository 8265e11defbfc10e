/* SPDX-License-Identifier: MIT */
/* Executing a builder: one stage for all steps.
 *
 * A value goes from step to step until it comes out of the last one, is taken
 * by a step, or becomes a branch. Then the execution goes back to the frame
 * that was opened last, for the next value: to a branch for its next item, to a
 * scope for what its next merge has accumulated, to a chain for the value that
 * it put by. A frame that has no more is left. So nothing recurses, however
 * many steps there are, or builders in builders.
 *
 * A step keeps its value until it has been taken: an execution that was set
 * aside, wherever that was, is simply asked again. */
#include "builder.h"

#include "base/value.h"
#include "operator/alarm.h"
#include "operator/gather.h"
#include "stage/stage.h"

#include <string.h>

struct frame {
    const flow_builder *in;         /* whose step opened it                 */
    size_t base;                    /* of that builder's places             */
    size_t step;
    flow_value v;                   /* what the branch, the chain is for    */
    size_t next;                    /* of a scope: the step to flush next   */
    bool gave;                      /* the branch: at least one item        */
};

struct execution {
    flow_builder *b;
    /* Where the value is; if there is none, in which frame to go on. */
    const flow_builder *in;
    size_t base, step;
    flow_value v;
    bool has_value;
    /* One allocation, of the size that b needs. */
    size_t depth;
    flow_value *places;
    struct flow__gather *lists;     /* a merge to a list has one at its place */
    struct frame *frames;
    flow_stage **stages;            /* of frames; NULL: no branch, or ended */
    struct flow__alarm alarm;       /* set while a step has paused ...      */
    const char *paused;             /* ... of that name                     */
};

static struct frame *top(struct execution *x)
{
    return &x->frames[x->depth - 1];
}

static const struct flow__step *step_of(const struct frame *f)
{
    return &f->in->steps[f->step];
}

/* ---- Where the value goes ---------------------------------------------- */
static void goes_on(struct execution *x, flow_value v, size_t step)
{
    x->v = v;
    x->step = step;
    x->has_value = true;
}

static void open_frame(struct execution *x, flow_value v)
{
    x->frames[x->depth] = (struct frame){
        .in = x->in, .base = x->base, .step = x->step, .v = v,
        .next = x->step + 1
    };
    x->stages[x->depth++] = NULL;
}

/* ---- What a step answers ------------------------------------------------ */
static flow_status wait(struct execution *x, flow_stage *out, flow_waker *w)
{
    x->alarm.waker = w;
    flow_waits_for(out, w, x->paused);
    return FLOW_WAIT;
}

/* Closes the branches, the last first, and tells the parts that it leaves. */
static void fails_through(struct execution *x, flow_value *error)
{
    for (size_t i = x->depth; i-- > 0; x->stages[i] = NULL) {
        const struct flow__step *s = step_of(&x->frames[i]);

        if (s->kind == FLOW__CHAIN)
            flow__error_through(error, s->name, s->made);
        flow_close(x->stages[i]);
    }
}

/* A step answered an ERROR: it is tried again later, or all is over. */
static flow_status refused(struct execution *x, const struct flow__step *s,
                           flow_value error, flow_stage *out, flow_waker *w)
{
    if (flow_is(&error, FLOW_EPAUSE)) {
        flow_drop(error);
        flow__alarm_set(&x->alarm, w, x->in->seconds);
        x->paused = s->name;
        return wait(x, out, w);
    }
    flow__error_through(&error, s->name, s->made);
    fails_through(x, &error);
    return flow_raise_in(out, error);
}

/* Calls on_finish or on_flush, if there is one, with v, which it takes. */
static flow_status end_frame(struct execution *x, flow_value v, flow_stage *out,
                             flow_waker *w)
{
    const struct flow__step *s = step_of(top(x));
    flow_value answer = s->at_end != NULL ? s->at_end(v, s->arg) : v;

    if (flow_is_failure(answer))
        return refused(x, s, answer, out, w);
    flow_drop(answer);
    flow_drop(top(x)->v);
    x->depth--;
    return FLOW_READY;
}

/* ---- Branches ---------------------------------------------------------- */
static flow_status branch(struct execution *x, const struct flow__step *s,
                          flow_stage *out)
{
    flow_stage *made = s->does.expand(flow_share(x->v), s->arg);

    if (made != NULL)
        flow_read_by(made, out);
    open_frame(x, x->v);
    x->stages[x->depth - 1] = made;
    x->has_value = false;
    return FLOW_READY;
}

/* A stage that has paused is asked again. One that has ended by that cannot be,
 * and is made again; unless it had given items, which would come twice. */
static flow_status branch_failed(struct execution *x, flow_value error,
                                 flow_stage *out, flow_waker *w)
{
    struct frame *f = top(x);
    const struct flow__step *s = step_of(f);
    flow_stage *stage = x->stages[x->depth - 1];

    if (!flow_is(&error, FLOW_EPAUSE) || !flow_has_ended(stage))
        return refused(x, s, error, out, w);
    if (f->gave) {
        flow_drop(error);
        error = flow_error(FLOW_EINVAL, 0, "the branch paused after it had "
                           "given items, and ended by that; let its generator "
                           "wait with flow_cooperate");
        return refused(x, s, error, out, w);
    }
    flow_close(stage);
    x->depth--;
    goes_on(x, f->v, f->step);
    return refused(x, s, error, out, w);
}

static flow_status next_item(struct execution *x, flow_stage *out,
                             flow_waker *w)
{
    struct frame *f = top(x);
    flow_stage **s = &x->stages[x->depth - 1];
    flow_value v = flow_none();

    switch (*s != NULL ? flow_pull(*s, w, &v) : FLOW_DONE) {
    case FLOW_READY:
        f->gave = true;
        goes_on(x, v, f->step + 1);
        return FLOW_READY;
    case FLOW_WAIT:
        return FLOW_WAIT;
    case FLOW_FAILED:
        return branch_failed(x, v, out, w);
    case FLOW_DONE:
        break;
    }
    flow_close(*s);
    *s = NULL;
    return end_frame(x, flow_share(f->v), out, w);
}

/* ---- Scopes ------------------------------------------------------------ */
static bool is_in_scope(const flow_builder *b, size_t step)
{
    return step < b->n && b->steps[step].kind != FLOW__CONTEXT;
}

static flow_status open_scope(struct execution *x, const struct flow__step *s)
{
    flow_value *own = x->places + x->base;

    own[s->place] = s->at_end != NULL ? flow_share(x->v) : flow_none();
    for (size_t i = x->step + 1; is_in_scope(x->in, i); i++) {
        const struct flow__step *m = &x->in->steps[i];

        if (m->kind == FLOW__MERGE || m->kind == FLOW__MERGE_RUNNING)
            own[m->place] = flow_share(m->value);
    }
    open_frame(x, flow_none());
    x->step++;
    return FLOW_READY;
}

/* The next merge of the scope passes on what it has accumulated. */
static flow_status pass_on(struct execution *x, const struct flow__step *m,
                           flow_stage *out, flow_waker *w)
{
    struct frame *f = top(x);
    size_t at = f->base + m->place;

    if (m->kind == FLOW__MERGE_TO_LIST) {
        x->places[at] = flow__gather_list(&x->lists[at]);
        if (flow_is_failure(x->places[at]))
            return refused(x, m, flow_share(x->places[at]), out, w);
    }
    goes_on(x, flow_share(x->places[at]), ++f->next);
    return FLOW_READY;
}

static flow_status close_scope(struct execution *x, flow_stage *out,
                               flow_waker *w)
{
    const struct flow__step *s = step_of(top(x));
    flow_value *own = x->places + x->base + s->place, all = flow_none();
    flow_status st;

    if (s->at_end != NULL) {
        for (size_t i = 0; i <= s->merges; i++)
            flow_share(own[i]);
        all = flow_tuple(own, s->merges + 1);
        if (flow_is_failure(all))
            return refused(x, s, all, out, w);
    }
    st = end_frame(x, all, out, w);
    for (size_t i = 0; st == FLOW_READY && i <= s->merges; i++) {
        flow_drop(own[i]);
        own[i] = flow_none();
    }
    return st;
}

static flow_status flush(struct execution *x, flow_stage *out, flow_waker *w)
{
    struct frame *f = top(x);

    for (; is_in_scope(x->in, f->next); f->next++) {
        const struct flow__step *s = &x->in->steps[f->next];

        if (s->kind == FLOW__MERGE || s->kind == FLOW__MERGE_TO_LIST)
            return pass_on(x, s, out, w);
    }
    return close_scope(x, out, w);
}

/* ---- Merges ------------------------------------------------------------ */
static flow_status merge(struct execution *x, const struct flow__step *s,
                         flow_stage *out, flow_waker *w)
{
    flow_value *so_far = &x->places[x->base + s->place];
    flow_value sum = s->does.fold(flow_share(*so_far), flow_share(x->v),
                                  s->arg);

    if (flow_is_failure(sum))
        return refused(x, s, sum, out, w);
    flow_drop(*so_far);
    *so_far = sum;
    flow_drop(x->v);
    x->has_value = false;
    return FLOW_READY;
}

static flow_status merge_running(struct execution *x,
                                 const struct flow__step *s, flow_stage *out,
                                 flow_waker *w)
{
    flow_value *so_far = &x->places[x->base + s->place];
    flow_value answer = s->does.running(so_far, flow_share(x->v), s->arg);

    if (flow_is_failure(*so_far)) {
        flow_drop(answer);
        answer = flow_share(*so_far);
    }
    if (flow_is_failure(answer))
        return refused(x, s, answer, out, w);
    flow_drop(x->v);
    goes_on(x, answer, x->step + 1);
    return FLOW_READY;
}

static flow_status merge_to_list(struct execution *x,
                                 const struct flow__step *s, flow_stage *out,
                                 flow_waker *w)
{
    struct flow__gather *list = &x->lists[x->base + s->place];

    if (list->n == s->most)
        return refused(x, s, flow_error(
            FLOW_ELIMIT, 0, "flow_add_merge_to_list: more than %zu values; "
            "allow more", s->most), out, w);
    x->has_value = false;
    if (!flow__gather_one(list, x->v))
        return refused(x, s, flow__no_memory_error(), out, w);
    return FLOW_READY;
}

/* ---- Steps ------------------------------------------------------------- */
static flow_status drop_value(struct execution *x)
{
    flow_drop(x->v);
    x->has_value = false;
    return FLOW_READY;
}

static flow_status function(struct execution *x, const struct flow__step *s,
                            flow_stage *out, flow_waker *w)
{
    flow_value answer = s->does.function(flow_share(x->v), s->arg);

    if (flow_is_failure(answer))
        return refused(x, s, answer, out, w);
    flow_drop(x->v);
    goes_on(x, answer, x->step + 1);
    return FLOW_READY;
}

static flow_status stop(struct execution *x, const struct flow__step *s)
{
    if (flow_compare(&x->v, &s->value) == 0)
        return drop_value(x);
    x->step++;
    return FLOW_READY;
}

static flow_status enter_part(struct execution *x, const struct flow__step *s)
{
    open_frame(x, x->v);
    x->base += x->in->places;
    x->in = s->does.sub;
    goes_on(x, flow_share(x->v), 0);
    return FLOW_READY;
}

/* Whether a settled error passes the step by. */
static bool passes_by(const struct execution *x, const struct flow__step *s)
{
    return x->v.kind == FLOW_ERROR && s->kind != FLOW__CONTEXT
        && s->kind != FLOW__MERGE_TO_LIST && s->kind != FLOW__CHAIN
        && s->kind != FLOW__DISCARD;
}

static flow_status take_step(struct execution *x, flow_stage *out,
                             flow_waker *w)
{
    const struct flow__step *s = &x->in->steps[x->step];

    if (passes_by(x, s)) {
        x->step++;
        return FLOW_READY;
    }
    switch (s->kind) {
    case FLOW__CONTEXT:
        return open_scope(x, s);
    case FLOW__BRANCH:
        return branch(x, s, out);
    case FLOW__FUNCTION:
        return function(x, s, out, w);
    case FLOW__STOP:
        return stop(x, s);
    case FLOW__MERGE:
        return merge(x, s, out, w);
    case FLOW__MERGE_RUNNING:
        return merge_running(x, s, out, w);
    case FLOW__MERGE_TO_LIST:
        return merge_to_list(x, s, out, w);
    case FLOW__CHAIN:
        return enter_part(x, s);
    case FLOW__DISCARD:
        break;
    }
    return drop_value(x);
}

/* There is no value: to the frame that was opened last, for the next. */
static flow_status go_back(struct execution *x, flow_stage *out, flow_waker *w)
{
    struct frame *f;

    if (x->depth == 0)
        return FLOW_DONE;
    f = top(x);
    x->in = f->in;
    x->base = f->base;
    if (step_of(f)->kind == FLOW__BRANCH)
        return next_item(x, out, w);
    if (step_of(f)->kind == FLOW__CONTEXT)
        return flush(x, out, w);
    x->depth--;
    goes_on(x, f->v, f->step + 1);
    return FLOW_READY;
}

/* ---- The stage --------------------------------------------------------- */
static flow_status execution_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct execution *x = self;
    flow_status st = FLOW_READY;

    if (x->alarm.host != NULL)
        return wait(x, out, w);
    while (st == FLOW_READY) {
        if (!x->has_value) {
            st = go_back(x, out, w);
        } else if (x->step < x->in->n) {
            st = take_step(x, out, w);
        } else if (x->in != x->b) {
            drop_value(x);
        } else {
            flow_give(out, x->v);
            x->has_value = false;
            if (flow_room(out) == 0)
                return FLOW_READY;
        }
    }
    return st;
}

static size_t execution_inputs(void *self, flow_stage ***list)
{
    struct execution *x = self;

    *list = x->stages;
    return x->depth;
}

static size_t size_for(const flow_builder *b)
{
    return (b->places + b->sub_places)
         * (sizeof(flow_value) + sizeof(struct flow__gather))
         + b->most_frames * (sizeof(struct frame) + sizeof(flow_stage *));
}

static void execution_close(void *self)
{
    struct execution *x = self;
    size_t places = x->b->places + x->b->sub_places;

    flow__alarm_stop(&x->alarm);
    if (x->has_value)
        flow_drop(x->v);
    for (size_t i = 0; i < x->depth; i++)
        flow_drop(x->frames[i].v);
    for (size_t i = 0; i < places; i++) {
        flow_drop(x->places[i]);
        flow__gather_free(&x->lists[i]);
    }
    flow_free(x->places, size_for(x->b));
    flow_builder_release(x->b);
}

static const flow_type execution_type = {
    .name = "execution", .size = sizeof(struct execution),
    .fill = execution_fill, .close = execution_close,
    .inputs = execution_inputs
};

/* Places and frames for b, in one piece; false without memory. */
static bool make_room(struct execution *x, const flow_builder *b)
{
    size_t places = b->places + b->sub_places;

    x->places = flow_alloc(size_for(b));
    if (x->places == NULL)
        return false;
    memset(x->places, 0, size_for(b));
    x->lists = (void *)(x->places + places);
    x->frames = (void *)(x->lists + places);
    x->stages = (void *)(x->frames + b->most_frames);
    return true;
}

flow_stage *(flow_builder_execute)(flow_builder *b, flow_value start)
{
    flow_value failure = flow__builder_use(b, "flow_builder_execute");
    struct execution x = { .b = b, .in = b, .v = start, .has_value = true };

    if (failure.kind != FLOW_ERROR && !flow_is_failure(start)
        && !make_room(&x, b))
        failure = flow__no_memory_error();
    if (failure.kind == FLOW_ERROR)
        flow_drop(start);
    else if (flow_is_failure(start))
        failure = start;
    if (failure.kind == FLOW_ERROR)
        return flow_named((flow_failed)(failure), "execution");
    flow__builder_hold(b);
    return flow_stage_new(&execution_type, &x);
}

flow_stage *flow_each_item(flow_value v, void *arg)
{
    (void)arg;
    return flow_unbatch(flow_once(v));
}

/* ---- Pausing ----------------------------------------------------------- */
const flow_error_class FLOW_EPAUSE[1] = {{ "Pause", FLOW_EANY }};

static struct flow__error paused = {
    .held = { FLOW__FOR_EVER }, .class = FLOW_EPAUSE,
    .message = "flow_pause(), but not in a step of a builder"
};

flow_value flow_pause(void)
{
    flow_value v = { FLOW_ERROR, 0, 0, { .held = &paused.held } };

    return v;
}
