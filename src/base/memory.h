/* SPDX-License-Identifier: MIT */
/* The one way to memory, and the process-wide settings behind it. Every call
 * may answer NULL; whoever frees says the size. */
#ifndef FLOW_BASE_MEMORY_H
#define FLOW_BASE_MEMORY_H

#include <flow/flow.h>

/* Every field is filled in, but resize NULL: the system's own, called directly.
 */
extern flow_config flow__config;

/* On failure the old block is as it was. */
void *flow__resize(void *p, size_t old, size_t size);

void *flow__map(size_t size);               /* pages, zeroed when touched   */
void flow__unmap(void *p, size_t size);

#pragma GCC visibility push(default)        /* for the other libraries      */
void *flow__alloc(size_t size);
void flow__free(void *p, size_t size);      /* p NULL is fine               */

/* Hands one line to the reporter. */
void flow__report(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
#pragma GCC visibility pop

#endif
