/* SPDX-License-Identifier: MIT */
/* Something that lives as long as this thread's host of libuv. */
#ifndef FLOW_REACTOR_GUEST_H
#define FLOW_REACTOR_GUEST_H

#include <flow/flow.h>

struct flow__guest {
    struct flow__guest *next;
    void (*close)(struct flow__guest *g);   /* may give it back             */
};

#pragma GCC visibility push(default)        /* for the other libraries      */

/* Has g->close(g) called when the host is closed, while it still works. NONE,
 * or why not: the host in use is not one of libuv. */
flow_value flow__guest_enter(struct flow__guest *g);

#pragma GCC visibility pop

#endif
