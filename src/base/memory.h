/* SPDX-License-Identifier: MIT */
/* The process-wide settings, and pages. Memory itself is had by
 * flow_alloc and its siblings, see flow/stage.h. */
#ifndef FLOW_BASE_MEMORY_H
#define FLOW_BASE_MEMORY_H

#include <flow/flow.h>

/* Every field is filled in, but resize NULL: the system's own, called directly.
 */
extern flow_config flow__config;

void *flow__map(size_t size);               /* pages, zeroed when touched   */
void flow__unmap(void *p, size_t size);

#endif
