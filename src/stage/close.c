/* SPDX-License-Identifier: MIT */
/* Closing stages, and all they read from. */
#include "stage.h"

#include "base/memory.h"

static void close_one(flow_stage *s)
{
    if (s->type->own != NULL) {
        s->type->own->free(s);
        return;
    }
    if (s->type->close != NULL)
        s->type->close(flow_self(s));
    flow__stage_end(s);
    flow__free(s, sizeof *s + s->type->size);
}

/* A stage is closed before its inputs. Those still to close are kept in a list
 * through `owner`, so that chains may be of any length. */
void flow_close(flow_stage *s)
{
    flow_stage *left = NULL;

    if (flow__is_shared(s))
        return;
    s->owner = NULL;
    for (; s != NULL; s = left, left = s != NULL ? s->owner : NULL) {
        flow_stage **list;
        size_t n;
        if (s->type->own != NULL && !s->type->own->end(s))
            continue;
        n = flow__inputs(s, &list);
        while (n-- > 0)
            if (!flow__is_shared(list[n])) {
                list[n]->owner = left;
                left = list[n];
            }
        close_one(s);
    }
}
