/* SPDX-License-Identifier: MIT */
/* An array that grows by doubling: see gather.h. */
#include "gather.h"

#include "set.h"

#include <string.h>

enum { FIRST_ROOM = 16 };           /* a small list costs one allocation    */

static bool make_room(struct flow__gather *g, size_t n)
{
    size_t room = g->room > 0 ? g->room : FIRST_ROOM;

    while (room - g->n < n)
        room *= 2;
    if (room == g->room)
        return true;

    flow_value *v = flow_resize(g->v, g->room * sizeof *v, room * sizeof *v);
    if (v == NULL)
        return false;
    g->v = v;
    g->room = room;
    return true;
}

bool flow__gather_add(struct flow__gather *g, const flow_value *v, size_t n)
{
    if (!make_room(g, n)) {
        flow__drop_all(v, n);
        return false;
    }
    memcpy(g->v + g->n, v, n * sizeof *v);
    g->n += n;
    return true;
}

flow_value flow__gather_list(struct flow__gather *g)
{
    size_t n = g->n;

    g->n = 0;
    return flow_pack(g->v, n);
}

void flow__gather_free(struct flow__gather *g)
{
    flow__drop_all(g->v, g->n);
    flow_free(g->v, g->room * sizeof *g->v);
}
