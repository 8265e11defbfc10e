/* SPDX-License-Identifier: MIT */
/* What the files of values share. */
#ifndef FLOW_BASE_VALUE_H
#define FLOW_BASE_VALUE_H

#include <flow/flow.h>

struct flow__list {
    struct flow__held held;
    size_t size, left;
    flow_value items[];
};

const flow_class *flow__box_class(const flow_value *v, void **object_out);

/* The error that needs no memory. */
flow_value flow__no_memory_error(void);
void flow__error_freed(flow_value v);

/* Adds a line to an error's trace: who it came through (NULL: where it was
 * raised) and where that was made. Both are borrowed for ever. */
void flow__error_through(flow_value *error, const char *name,
                         const char *where);

#endif
