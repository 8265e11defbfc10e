/* SPDX-License-Identifier: MIT */
/* Giving values back whose last owner has gone: all kinds in one file, as each
 * may hold any other. */
#include "value.h"

#include "base/memory.h"

/* Frees a list whose last owner has gone, and the lists in it, to any depth and
 * without recursion: the way back up is kept in the item slots that have been
 * emptied. `left` counts the items still to drop. */
static void free_list(struct flow__list *l)
{
    struct flow__list *up = NULL;

    while (l != NULL) {
        if (l->left > 0) {
            flow_value v = l->items[--l->left];
            if (flow__is_list(&v) && flow__list_of(&v)->held.refs == 1) {
                l->items[l->left].as.held = (struct flow__held *)(void *)up;
                up = l;
                l = flow__list_of(&v);
            } else {
                flow_drop(v);
            }
            continue;
        }
        flow_free(l, sizeof *l + l->size * sizeof *l->items);
        l = up;
        if (l != NULL)
            up = (struct flow__list *)(void *)l->items[l->left].as.held;
    }
}

static void free_box(struct flow__box *b)
{
    if (b->class->release != NULL)
        b->class->release(b->object);
    flow_free(b, sizeof *b);
}

static void free_text(flow_value v)
{
    if (v.back == FLOW__BACK_FAR) {
        struct flow__far *f = flow__far_of(&v);
        flow_value owner = f->owner;
        flow_free(f, sizeof *f);
        flow_drop(owner);
    } else {
        struct flow__buffer *b = (void *)flow__held_of(v);
        flow_free(b, sizeof *b + b->size);
    }
}

/* Causes may be many: one after the other, not one inside the other. */
static void free_error(struct flow__error *e)
{
    while (e != NULL) {
        flow_value cause = e->cause;
        flow_free(e, e->size);
        e = flow__error_of(&cause);
        if (e == NULL)
            flow_drop(cause);
        else if (e->held.refs == FLOW__FOR_EVER || --e->held.refs > 0)
            e = NULL;
    }
}

void flow__value_freed(flow_value v)
{
    switch ((flow_kind)v.kind) {
    case FLOW_NONE: case FLOW_BOOL: case FLOW_INT: case FLOW_REAL:
        break;
    case FLOW_TEXT: case FLOW_BYTES:
        free_text(v);
        break;
    case FLOW_LIST: case FLOW_TUPLE:
        free_list(flow__list_of(&v));
        break;
    case FLOW_BOX:
        free_box(flow__box_of(&v));
        break;
    case FLOW_ERROR:
        free_error(flow__error_of(&v));
        break;
    }
}
