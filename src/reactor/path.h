/* SPDX-License-Identifier: MIT */
/* Names of files and the like, as C strings of their own memory. */
#ifndef FLOW_REACTOR_PATH_H
#define FLOW_REACTOR_PATH_H

#include <flow/flow.h>

/* A copy, as that of memory; NULL without. */
char *flow__path_copy(const char *path, size_t len);

#pragma GCC visibility push(default)        /* for the other libraries      */

/* A copy of the text `name`, which it takes. NULL: *why says why; `what` is
 * what it should have been, as "the path of a file". */
char *flow__path_of(flow_value name, const char *what, flow_value *why);

void flow__path_free(char *path);           /* NULL is fine                 */

#pragma GCC visibility pop

#endif
