/* SPDX-License-Identifier: MIT */
/* A thread that does one thing at a time for the loop, of a connection whose
 * driver blocks. It begins with the first and waits between them. */
#ifndef FLOW_SQL_WORKER_H
#define FLOW_SQL_WORKER_H

#include <flow/flow.h>

struct flow__sql_worker;

/* `done` is posted to `host` when a run has come to its end. NULL: without
 * memory, or *why. */
struct flow__sql_worker *flow__sql_worker_new(flow_host *host, flow_task *done,
                                              flow_value *why);

/* Calls run(arg) there. Only when nothing runs. */
void flow__sql_worker_run(struct flow__sql_worker *w, void (*run)(void *arg),
                          void *arg);

/* [what runs] Posts a task, as post_from does. False: the loop does not listen
 * any more. */
bool flow__sql_worker_tell(struct flow__sql_worker *w, flow_task *t);

/* Waits for what runs, at most so many seconds, and ends the thread: true.
 * Otherwise last(arg) is called there when it has come back, and the thread
 * ends after that; nothing is posted any more. */
bool flow__sql_worker_end(struct flow__sql_worker *w, double seconds,
                          void (*last)(void *arg), void *arg);

#endif
