/* SPDX-License-Identifier: MIT */
/* A zip gathers one value of each input. What it has gathered it keeps while
 * one of them is waiting, and asks all that are missing each time, so that they
 * wait at the same time. An input that ended has an empty place. */
#include "trouble.h"

enum uneven { CONTINUE, SHORTEST, STRICT };

struct zip {
    flow_value *row;                /* n values, n stages, n marks: a block */
    flow_stage **stages;
    bool *has;
    size_t n, got, ended;
    enum uneven uneven;
};

static size_t row_size(size_t n)
{
    return n * (sizeof(flow_value) + sizeof(flow_stage *) + sizeof(bool));
}

static void forget_row(struct zip *z)
{
    for (size_t i = 0; i < z->n; i++) {
        if (z->has[i])
            flow_drop(z->row[i]);
        z->has[i] = false;
        z->row[i] = flow_none();
    }
    z->got = 0;
}

static void end_input(struct zip *z, size_t i)
{
    flow_stage *s = z->stages[i];

    if (s == NULL)
        return;
    z->stages[i] = NULL;
    z->ended++;
    flow_close(s);
}

static void end_all(struct zip *z)
{
    forget_row(z);
    for (size_t i = 0; i < z->n; i++)
        end_input(z, i);
}

static size_t first_ended(const struct zip *z)
{
    size_t i = 0;

    while (z->stages[i] != NULL)
        i++;
    return i;
}

static flow_status raise_uneven(struct zip *z, flow_stage *out)
{
    size_t i = first_ended(z);

    end_all(z);
    return flow_raise_in(out, flow_error(FLOW_EINVAL, 0, "flow_zip_strict: "
                                         "input %zu ended before the others",
                                         i + 1));
}

static flow_status give_row(struct zip *z, flow_stage *out)
{
    flow_value v = flow_tuple(z->row, z->n);

    for (size_t i = 0; i < z->n; i++) {
        z->row[i] = flow_none();
        z->has[i] = false;
    }
    z->got = 0;
    if (flow_is_failure(v)) {
        end_all(z);
        return flow_raise_in(out, v);
    }
    flow_give(out, v);
    return FLOW_READY;
}

/* Asks one input for its value of this row. FLOW_DONE: it has ended. */
static flow_status gather(struct zip *z, size_t i, flow_stage *out,
                          flow_waker *w)
{
    flow_value v;
    flow_status st = flow_pull(z->stages[i], w, &v);

    switch (st) {
    case FLOW_READY:
        z->row[i] = v;
        z->has[i] = true;
        z->got++;
        break;
    case FLOW_WAIT:
        break;
    case FLOW_DONE:
        end_input(z, i);
        break;
    case FLOW_FAILED:
        end_all(z);
        return flow_raise_in(out, v);
    }
    return st;
}

/* A settled error goes by: it is no value of the row. */
static bool goes_by(struct zip *z, size_t i, flow_stage *out)
{
    if (!z->has[i] || z->row[i].kind != FLOW_ERROR)
        return false;
    flow_give(out, z->row[i]);
    z->row[i] = flow_none();
    z->has[i] = false;
    z->got--;
    return true;
}

/* FLOW_READY: the row is whole, or something went by. */
static flow_status fill_row(struct zip *z, flow_stage *out, flow_waker *w)
{
    bool waiting = false;

    for (size_t i = 0; i < z->n; i++) {
        if (z->has[i] || z->stages[i] == NULL)
            continue;

        flow_status st = gather(z, i, out, w);

        if (st == FLOW_FAILED || goes_by(z, i, out))
            return st;
        if (st == FLOW_DONE && z->uneven == SHORTEST) {
            end_all(z);
            return FLOW_DONE;
        }
        waiting |= st == FLOW_WAIT;
    }
    if (z->uneven == STRICT && z->ended > 0 && z->got > 0)
        return raise_uneven(z, out);
    if (waiting)
        return FLOW_WAIT;
    return z->got > 0 ? FLOW_READY : FLOW_DONE;
}

static flow_status zip_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct zip *z = self;

    while (flow_room(out) > 0) {
        flow_status st = fill_row(z, out, w);

        if (st == FLOW_READY && z->got + z->ended == z->n)
            st = give_row(z, out);
        if (st != FLOW_READY)
            return st;
    }
    return FLOW_READY;
}

static void zip_close(void *self)
{
    struct zip *z = self;

    forget_row(z);
    flow_free(z->row, row_size(z->n));
}

static size_t zip_inputs(void *self, flow_stage ***list)
{
    struct zip *z = self;

    *list = z->stages;
    return z->n;
}

static const flow_type zip_types[] = {
    [CONTINUE] = {
        .name = "zip", .size = sizeof(struct zip), .fill = zip_fill,
        .close = zip_close, .inputs = zip_inputs
    },
    [SHORTEST] = {
        .name = "zip_shortest", .size = sizeof(struct zip), .fill = zip_fill,
        .close = zip_close, .inputs = zip_inputs
    },
    [STRICT] = {
        .name = "zip_strict", .size = sizeof(struct zip), .fill = zip_fill,
        .close = zip_close, .inputs = zip_inputs
    },
};

static flow_stage *zip(flow_stage *const *s, size_t n, enum uneven uneven)
{
    const flow_type *type = &zip_types[uneven];
    flow_stage *refused = flow__check_inputs(type->name, s, n);

    if (refused != NULL)
        return refused;
    if (n == 0)
        return flow_named((flow_list)(NULL, 0), type->name);

    struct zip z = { .n = n, .uneven = uneven };

    z.row = n > UINT32_MAX ? NULL : flow_alloc(row_size(n));
    if (z.row == NULL)
        return flow__out_of_memory(type->name, s, n);
    z.stages = (flow_stage **)(void *)(z.row + n);
    z.has = (bool *)(void *)(z.stages + n);
    for (size_t i = 0; i < n; i++) {
        z.row[i] = flow_none();
        z.stages[i] = s[i];
        z.has[i] = false;
    }
    return flow_stage_new(type, &z);
}

flow_stage *(flow_zip)(flow_stage *const *s, size_t n)
{
    return zip(s, n, CONTINUE);
}

flow_stage *(flow_zip_shortest)(flow_stage *const *s, size_t n)
{
    return zip(s, n, SHORTEST);
}

flow_stage *(flow_zip_strict)(flow_stage *const *s, size_t n)
{
    return zip(s, n, STRICT);
}
