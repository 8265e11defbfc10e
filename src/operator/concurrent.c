/* SPDX-License-Identifier: MIT */
/* A box handed out holds a ticket: the stage, as long as it is open. It may
 * outlive the stage, and then leads nowhere. */
#include "rotation.h"
#include "trouble.h"

struct concurrent {
    struct flow__rotation rotation; /* first: it is filled as one           */
    flow_value *boxes;              /* by place; NONE: not handed out yet   */
    size_t n;
};

struct ticket { flow_stage *stage; };

static void tear_up(void *p)
{
    flow_free(p, sizeof(struct ticket));
}

static const flow_class ticket_class = { .name = "stage", .release = tear_up };

flow_stage *flow_stage_of(const flow_value *v)
{
    struct ticket *t = v == NULL ? NULL : flow_unbox(v, &ticket_class);

    return t == NULL ? NULL : t->stage;
}

static flow_value new_box(flow_stage *s)
{
    struct ticket *t = flow_alloc(sizeof *t);

    if (t == NULL)
        return flow_error(FLOW_ENOMEM, 0, "out of memory");
    t->stage = s;
    return flow_box(&ticket_class, t);
}

static void void_box(struct concurrent *c, size_t place)
{
    struct ticket *t = flow_unbox(&c->boxes[place], &ticket_class);

    if (t != NULL)
        t->stage = NULL;
    flow_drop(c->boxes[place]);
    c->boxes[place] = flow_none();
}

static void void_all(struct concurrent *c)
{
    for (size_t i = 0; i < c->n; i++)
        void_box(c, i);
}

/* Has the input results? Its reader may have asked it, too. */
static flow_status look_at(struct flow__input *in, flow_waker *w,
                           flow_value *error)
{
    flow_stage *s = flow__fan_stage(in);

    if (flow_ready(s) > 0)
        return FLOW_READY;

    flow_status st = flow_fill(s, flow__fan_waker(in, w));

    return st == FLOW_FAILED ? flow_pull(s, &in->waker, error) : st;
}

static flow_status concurrent_turn(void *self, struct flow__input *in,
                                   flow_stage *out, flow_waker *w,
                                   flow_value *error)
{
    struct concurrent *c = self;
    size_t place = flow__fan_place(in);
    flow_value *box = &c->boxes[place];
    flow_status st = look_at(in, w, error);

    if (st == FLOW_DONE || st == FLOW_FAILED)
        void_box(c, place);
    if (st != FLOW_READY)
        return st;
    if (box->kind == FLOW_NONE) {
        flow_value v = new_box(flow__fan_stage(in));

        if (flow_is_failure(v)) {
            *error = v;
            return FLOW_FAILED;
        }
        *box = v;
    }
    flow_give(out, flow_share(*box));
    return FLOW_READY;
}

/* No more turns than there are inputs in the queue: nobody is handed out twice
 * before its results can have been taken. */
static flow_status concurrent_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct concurrent *c = self;
    flow_status st = flow__rotate(&c->rotation, out, w, concurrent_turn,
                                  c->rotation.fan->queued);

    if (st == FLOW_FAILED)
        void_all(c);
    return st;
}

static void concurrent_close(void *self)
{
    struct concurrent *c = self;

    void_all(c);
    flow_free(c->boxes, c->n * sizeof *c->boxes);
    flow__rotation_close(&c->rotation);
}

static const flow_type concurrent_type = {
    .name = "concurrent", .size = sizeof(struct concurrent),
    .fill = concurrent_fill, .close = concurrent_close,
    .inputs = flow__rotation_inputs
};

flow_stage *(flow_concurrent)(flow_stage *const *s, size_t n)
{
    flow_stage *refused;
    struct concurrent c = {
        .rotation.fan = flow__fan_of(s, n, "concurrent", &refused), .n = n
    };

    if (c.rotation.fan == NULL)
        return refused;
    if (n > 0 && (c.boxes = flow_alloc(n * sizeof *c.boxes)) == NULL) {
        flow__fan_free(c.rotation.fan);
        return flow__out_of_memory("concurrent", s, n);
    }
    for (size_t i = 0; i < n; i++)
        c.boxes[i] = flow_none();
    return flow_stage_new(&concurrent_type, &c);
}
