/* SPDX-License-Identifier: MIT */
/* What bodies of our own may do that others cannot. */
#ifndef FLOW_THREAD_WORKER_H
#define FLOW_THREAD_WORKER_H

#include "bell.h"

#include <flow/thread.h>

/* Has b rung when nobody listens any more, at once if that is so already; NULL:
 * not any more. b hangs in a loop of the worker's thread. */
void flow__worker_on_close(flow_worker *self, struct flow__bell *b);

#endif
