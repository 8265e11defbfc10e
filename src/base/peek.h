/* SPDX-License-Identifier: MIT */
/* Looking at memory that may be gone, for listings and signal handlers. */
#ifndef FLOW_BASE_PEEK_H
#define FLOW_BASE_PEEK_H

#include <stdbool.h>
#include <stddef.h>

/* Copies size bytes; false if they cannot be read. Async-signal-safe. */
bool flow__peek(void *to, const void *from, size_t size);

#endif
