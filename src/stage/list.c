/* SPDX-License-Identifier: MIT */
/* Sources of values that are there already: a list, one value, a failure. */
#include "base/memory.h"
#include "base/value.h"
#include "stage.h"

#include <string.h>

struct list {
    flow_value items;                       /* a LIST of our own            */
    flow_value failure;                     /* comes after them; or NONE    */
};

/* The items are handed on where they are; the list is kept as their memory. */
static flow_status list_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct list *l = self;
    struct flow__list *mine = (struct flow__list *)(void *)l->items.as.held;
    flow_value failure = l->failure;

    (void)w;
    if (l->items.kind != FLOW_LIST) {
        failure = l->items;
        l->items = flow_none();
        return flow_raise_in(out, failure);
    }
    mine->left = 0;                         /* they are moved out           */
    flow_lend(out, mine->items, mine->size);
    l->failure = flow_none();
    return failure.kind == FLOW_ERROR ? flow_raise_in(out, failure) : FLOW_DONE;
}

static void list_close(void *self)
{
    struct list *l = self;

    flow_drop(l->items);
    flow_drop(l->failure);
}

/* An ERROR among the items is the failure after those before it. */
flow_stage *(flow_list)(const flow_value *items, size_t n)
{
    static const flow_type type = {
        .name = "list", .size = sizeof(struct list), .fill = list_fill,
        .close = list_close
    };
    struct list l = { flow_none(), flow_none() };
    size_t good = 0;

    if (items == NULL || n > UINT32_MAX)
        good = n;                           /* flow_pack says what is wrong */
    while (good < n && !flow_is_failure(items[good]))
        good++;
    l.items = flow_pack(items, good);
    if (good < n)
        l.failure = items[good++];
    while (good < n)
        flow_drop(items[good++]);
    return flow_stage_new(&type, &l);
}

static flow_status once_fill(void *self, flow_stage *out, flow_waker *w)
{
    flow_value *v = self;

    (void)w;
    flow_give(out, *v);
    *v = flow_none();
    return FLOW_DONE;
}

static void once_close(void *self)
{
    flow_drop(*(flow_value *)self);
}

flow_stage *(flow_once)(flow_value v)
{
    static const flow_type type = {
        .name = "once", .size = sizeof(flow_value), .fill = once_fill,
        .close = once_close
    };

    return flow_stage_new(&type, &v);
}

static flow_status failed_fill(void *self, flow_stage *out, flow_waker *w)
{
    flow_value *error = self, e = *error;

    (void)w;
    *error = flow_none();
    if (e.kind != FLOW_ERROR) {
        flow_drop(e);
        return FLOW_DONE;
    }
    return flow_raise_in(out, e);
}

flow_stage *(flow_failed)(flow_value error)
{
    static const flow_type type = {
        .name = "failed", .size = sizeof(flow_value), .fill = failed_fill,
        .close = once_close
    };

    return flow_stage_new(&type, &error);
}
