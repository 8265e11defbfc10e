/* SPDX-License-Identifier: MIT */
/* One result for each value, made where the value lies. */
#include "set.h"

struct map { flow_stage *source; flow_function *f; void *arg; };

static flow_value apply(void *self, flow_value v)
{
    struct map *m = self;

    return m->f(v, m->arg);
}

static flow_status map_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct map *m = self;

    return flow__change_each(m->source, out, w, apply, m);
}

static const flow_type map_type = {
    .name = "map", .size = sizeof(struct map), .fill = map_fill,
    .inputs = flow_first_input
};

flow_stage *(flow_map)(flow_stage *s, flow_function *f, void *arg)
{
    if (f == NULL)
        return flow__misused("map", s, "give it a function, not NULL");
    return flow_stage_new(&map_type, &(struct map){ s, f, arg });
}
