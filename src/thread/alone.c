/* SPDX-License-Identifier: MIT */
/* See alone.h. What is asked for is looked at in the thread that holds it, so
 * the counts stand still. */
#include "alone.h"

#include "base/value.h"

#include <string.h>

static flow_value alone(flow_value v, int depth);

static bool has_others(const struct flow__held *h)
{
    return h != NULL && h->refs != 1 && h->refs != FLOW__FOR_EVER;
}

static flow_value text_alone(flow_value v)
{
    const struct flow__far *far = flow__far_of(&v);
    bool shared = has_others(flow__held_of(v))
        || (far != NULL && has_others(flow__held_of(far->owner)));
    size_t n;
    const char *chars = flow_chars(&v, &n);
    flow_value copy;

    if (!shared)
        return v;
    copy = v.kind == FLOW_TEXT ? flow_text(chars, n) : flow_bytes(chars, n);
    flow_drop(v);
    return copy;
}

/* The same items, in a list that is nobody else's. */
static flow_value list_again(flow_value v)
{
    size_t n;
    const flow_value *items = flow_items(&v, &n);
    flow_value copy;

    for (size_t i = 0; i < n; i++)
        flow_share(items[i]);
    copy = v.kind == FLOW_LIST ? flow_pack(items, n) : flow_tuple(items, n);
    flow_drop(v);
    return copy;
}

static flow_value list_alone(flow_value v, int depth)
{
    struct flow__list *l;

    if (has_others(flow__held_of(v)))
        v = list_again(v);
    if (flow_is_failure(v))
        return v;
    l = flow__list_of(&v);
    for (size_t i = 0; i < l->size; i++) {
        flow_value item = alone(l->items[i], depth + 1);

        if (flow_is_failure(item)) {
            l->items[i] = flow_none();
            flow_drop(v);
            return item;
        }
        l->items[i] = item;
    }
    return v;
}

static flow_value box_alone(flow_value v)
{
    flow_value error;

    if (!has_others(flow__held_of(v)))
        return v;
    error = flow_error(FLOW_EINVAL, 0, "a box of class '%s' has other holders "
                       "in its thread, and cannot go to another one; hand over "
                       "the only one", flow__box_of(&v)->class->name);
    flow_drop(v);
    return error;
}

static flow_value error_again(flow_value v)
{
    const struct flow__error *e = flow__error_of(&v);
    struct flow__error *copy = flow_alloc(e->size);

    if (copy == NULL) {
        flow_drop(v);
        return flow_error(FLOW_ENOMEM, 0, "an error for another thread");
    }
    memcpy(copy, e, e->size);
    copy->held.refs = 1;
    copy->message = (char *)copy + (e->message - (const char *)e);
    flow_share(copy->cause);
    flow_drop(v);
    v.as.held = &copy->held;
    return v;
}

static flow_value error_alone(flow_value v, int depth)
{
    struct flow__error *e;

    if (has_others(flow__held_of(v)))
        v = error_again(v);
    e = flow__error_of(&v);
    if (e->held.refs != FLOW__FOR_EVER)
        e->cause = flow_settle(alone(e->cause, depth + 1));
    return v;
}

static flow_value alone(flow_value v, int depth)
{
    if (depth > FLOW__DEEPEST) {
        flow_drop(v);
        return flow_error(FLOW_ELIMIT, 0, "lists more than %d deep in others "
                          "do not go to another thread", FLOW__DEEPEST);
    }
    switch ((flow_kind)v.kind) {
    case FLOW_NONE: case FLOW_BOOL: case FLOW_INT: case FLOW_REAL:
        return v;
    case FLOW_TEXT: case FLOW_BYTES:
        return text_alone(v);
    case FLOW_LIST: case FLOW_TUPLE:
        return list_alone(v, depth);
    case FLOW_BOX:
        return box_alone(v);
    case FLOW_ERROR:
        return error_alone(v, depth);
    }
    return v;
}

flow_value flow__alone_slowly(flow_value v)
{
    return alone(v, 0);
}
