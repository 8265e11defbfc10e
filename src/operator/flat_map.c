/* SPDX-License-Identifier: MIT */
/* One after the other the stages a function makes of the values. */
#include "set.h"

enum { SOURCE, MADE, READ };

struct flat_map { flow_stage *read[READ]; flow_expand *f; void *arg; };

static flow_status flat_map_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct flat_map *m = self;

    for (;;) {
        flow_value v;
        flow_status st;

        if (m->read[MADE] != NULL) {
            st = flow__pass_set(m->read[MADE], out, w);
            if (st != FLOW_DONE)
                return st;
            flow_close(m->read[MADE]);
            m->read[MADE] = NULL;
        }
        st = flow_pull(m->read[SOURCE], w, &v);
        if (st != FLOW_READY)
            return flow_pass(out, st, v);
        if (v.kind == FLOW_ERROR) {
            flow_give(out, v);
            return FLOW_READY;
        }
        m->read[MADE] = flow__answered(out, m->f(v, m->arg));
    }
}

static size_t flat_map_inputs(void *self, flow_stage ***list)
{
    struct flat_map *m = self;

    *list = m->read;
    return READ;
}

static const flow_type flat_map_type = {
    .name = "flat_map", .size = sizeof(struct flat_map),
    .fill = flat_map_fill, .inputs = flat_map_inputs
};

flow_stage *(flow_flat_map)(flow_stage *s, flow_expand *f, void *arg)
{
    if (f == NULL)
        return flow__misused("flat_map", s, "give it a function, not NULL");
    return flow_stage_new(&flat_map_type,
                          &(struct flat_map){ { s, NULL }, f, arg });
}
