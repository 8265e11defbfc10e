/* SPDX-License-Identifier: MIT */
/* Telling a server of PostgreSQL to stop what it does. That takes a connection
 * of its own, which libpq waits for: so it has a thread of its own. */
#ifndef FLOW_SQL_PQ_CANCEL_H
#define FLOW_SQL_PQ_CANCEL_H

#include <libpq-fe.h>

struct flow__pq_cancel;

/* NULL: it cannot be had, and the server goes on. */
struct flow__pq_cancel *flow__pq_cancel(PGconn *db);

/* A descriptor that can be read when the server has been told; -1: it has been,
 * or there is none, and *k is NULL now. */
int flow__pq_cancel_wait(struct flow__pq_cancel **k);

/* Nobody waits for it any more. NULL is fine. */
void flow__pq_cancel_leave(struct flow__pq_cancel *k);

#endif
