/* SPDX-License-Identifier: MIT */
/* See network.h. */
#include "network.h"

#include "sockets.h"

#include <string.h>

static _Thread_local const struct flow__network *chosen
    __attribute__((tls_model("initial-exec")));

const struct flow__network *flow__network_here(flow_value *why)
{
    if (chosen != NULL)
        return chosen;
    *why = flow__sockets_wanting();
    return flow_is_failure(*why) ? NULL : &flow__sockets;
}

void flow__network_use(const struct flow__network *network)
{
    chosen = network;
}

static size_t rounded(size_t size)
{
    return (size + 15) & ~(size_t)15;
}

void *flow__link_new(const struct flow__network *network, size_t size,
                     struct flow__link **out)
{
    size_t all = rounded(size) + network->link_size;
    char *p = flow_alloc(all);

    if (p == NULL)
        return NULL;
    memset(p, 0, all);
    *out = (struct flow__link *)(void *)(p + rounded(size));
    (*out)->network = network;
    (*out)->owner = p;
    return p;
}

void flow__link_free(struct flow__link *l, size_t size)
{
    flow_free(l->owner, rounded(size) + l->network->link_size);
}
