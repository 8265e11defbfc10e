/* SPDX-License-Identifier: MIT */
/* All but the first n; settled errors are not counted, and not skipped. */
#include "set.h"

struct skip { flow_stage *source; size_t left; };

static bool after_them(void *self, const flow_value *v)
{
    struct skip *s = self;

    (void)v;
    if (s->left == 0)
        return true;
    s->left--;
    return false;
}

static flow_status skip_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct skip *s = self;

    if (s->left == 0)
        return flow__pass_set(s->source, out, w);
    return flow__choose_each(s->source, out, w, after_them, s);
}

static const flow_type skip_type = {
    .name = "skip", .size = sizeof(struct skip), .fill = skip_fill,
    .inputs = flow_first_input
};

flow_stage *(flow_skip)(flow_stage *s, size_t n)
{
    return flow_stage_new(&skip_type, &(struct skip){ s, n });
}
