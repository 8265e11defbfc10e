/* SPDX-License-Identifier: MIT */
/* Names of files, as C strings of their own memory. */
#ifndef FLOW_REACTOR_PATH_H
#define FLOW_REACTOR_PATH_H

#include <flow/flow.h>

/* A copy of the text `name`, which it takes. NULL: *why says why; `what` is
 * what it should have been, as "the path of a file". */
char *flow__path_of(flow_value name, const char *what, flow_value *why);

/* Both as those of memory; NULL is fine. */
char *flow__path_copy(const char *path, size_t len);
void flow__path_free(char *path);

#endif
