/* SPDX-License-Identifier: MIT */
/* Databases from within: where a stage gets its connection, and where it leaves
 * it. There are two kinds: the pool, and the one of a transaction, which is one
 * connection of a pool. */
#ifndef FLOW_SQL_DATABASE_H
#define FLOW_SQL_DATABASE_H

#include "conn.h"

/* What a stage has to get a connection by, and then the connection. It lives in
 * the stage, which must not move. */
struct flow__sql_ticket {
    flow_database *db;              /* held; NULL: there was no memory      */
    struct flow__sql_conn *conn;    /* NULL: not yet                        */
    struct flow__sql_ticket *next, *prev;
    flow_waker *waker;
    bool queued;
    bool rung;                      /* it has waited too long               */
    flow_task alarm;
    flow_host *host;                /* of the alarm; NULL: it is not set    */
};

struct flow__sql_kind {
    flow_status (*borrow)(flow_database *db, struct flow__sql_ticket *t,
                          flow_waker *w, flow_value *why);
    void (*give_back)(flow_database *db, struct flow__sql_ticket *t,
                      struct flow_sql_call *call);
    void (*free)(flow_database *db);
};

struct flow_database {
    const struct flow__sql_kind *kind;
    uint32_t holders;
};

flow_database *flow__sql_hold(flow_database *db);

/* READY: t->conn is yours, connected or not. WAIT: w will be woken. FAILED:
 * *why says why. To be called before each go. */
flow_status flow__sql_borrow(struct flow__sql_ticket *t, flow_waker *w,
                             flow_value *why);
/* Leaves the connection, or the queue, and forgets the database. Takes the
 * call, in memory of its own or NULL, whether it is at its end or not. */
void flow__sql_give_back(struct flow__sql_ticket *t,
                         struct flow_sql_call *call);

#endif
