/* SPDX-License-Identifier: MIT */
/* Values gathered until they make a list. Starts as {0}; owns its values. */
#ifndef FLOW_OPERATOR_GATHER_H
#define FLOW_OPERATOR_GATHER_H

#include <flow/flow.h>

struct flow__gather { flow_value *v; size_t n, room; };

/* Takes n values. False, for want of memory: they have been dropped. */
bool flow__gather_add(struct flow__gather *g, const flow_value *v, size_t n);

static inline bool flow__gather_one(struct flow__gather *g, flow_value v)
{
    if (g->n == g->room)
        return flow__gather_add(g, &v, 1);
    g->v[g->n++] = v;
    return true;
}

/* The LIST of them all, or a failure; gathering begins anew. */
flow_value flow__gather_list(struct flow__gather *g);

void flow__gather_free(struct flow__gather *g);

#endif
