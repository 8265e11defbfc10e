/* SPDX-License-Identifier: MIT */
/* One mapping with many stacks in it. */
#ifndef FLOW_COROUTINE_SLAB_H
#define FLOW_COROUTINE_SLAB_H

#include <stddef.h>

struct flow__slab {
    struct flow__slab *next;        /* of the thread                        */
    char *base;
    size_t stack_size, count;
    size_t carved;                  /* stacks made, from the base on        */
    size_t in_use;
    size_t split;                   /* guards that split the mapping        */
};

#endif
