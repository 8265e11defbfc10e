/* SPDX-License-Identifier: MIT */
/* Descriptors of our own for files and for what others have opened. */
#ifndef FLOW_REACTOR_DESCRIPTOR_H
#define FLOW_REACTOR_DESCRIPTOR_H

#include <flow/flow.h>

/* A second descriptor for what `fd` is, that does not block if it can help it,
 * and leaves fd as it is. -1: errno. */
int flow__descriptor_of(int fd, bool to_write);

/* Whether one waits for it by watching, and not in a thread. */
bool flow__descriptor_is_stream(int fd);

/* Two ends of a pipe; `ours` does not block. False: errno. */
bool flow__descriptor_pipe(int *ours, int *theirs, bool we_write);

/* As write(2), without a signal if nobody reads a pipe any more. */
ssize_t flow__descriptor_write(int fd, const char *from, size_t n);

#endif
