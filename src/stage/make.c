/* SPDX-License-Identifier: MIT */
/* Making a stage, which never fails. */
#include "stage.h"

#include "base/memory.h"

#include <string.h>

static flow_stage *without_memory(const flow_type *t, const void *self)
{
    void *own = (void *)(uintptr_t)self;    /* the caller's copy is dead    */
    flow_stage **list;
    size_t n = t->inputs != NULL ? t->inputs(own, &list) : 0;

    for (size_t i = 0; i < n; i++)
        flow_close(list[i]);
    if (t->close != NULL)
        t->close(own);
    return &flow__no_memory_stage;
}

flow_stage *flow_stage_new(const flow_type *t, const void *self)
{
    flow_stage *s = flow_alloc(sizeof *s + t->size);
    flow_stage **list;
    size_t n;

    if (s == NULL)
        return without_memory(t, self);
    flow__stage_begin(s, t);
    memcpy(flow_self(s), self, t->size);
    n = flow__inputs(s, &list);
    for (size_t i = 0; i < n; i++)
        flow_read_by(list[i], s);
    return s;
}
