/* SPDX-License-Identifier: MIT */
/* A connection: a driver's, and how it is kept going: by the loop's watching of
 * its descriptor, or, if its calls block, by a thread.
 *
 * It is asked one thing at a time. Before the first it connects, and before the
 * first of a transaction it begins that. Nothing here is called by a driver's
 * thread but `work`. */
#ifndef FLOW_SQL_CONN_H
#define FLOW_SQL_CONN_H

#include "call.h"
#include "worker.h"

#include "reactor/poll.h"

#include <stdalign.h>

struct flow__sql_conn {
    struct flow__sql_conn *next;    /* its owner's                          */
    void *owner;
    /* What was given up has come to its end: posted, never called at once. */
    void (*settled)(struct flow__sql_conn *n);

    const flow_sql_driver *driver;
    const char *url;                /* borrowed                             */
    flow_host *host;
    struct flow__poll *watch;      /* NULL: of no descriptor yet           */
    struct flow__sql_worker *worker;        /* NULL: has none, or not yet   */
    flow_task worked;               /* the thread came back                 */
    flow_task gave;                 /* it gave rows, and goes on            */
    flow_task alive;                /* keeps the loop so while it works     */
    flow_waker *waker;              /* who waits for the thread             */
    flow_status answer;             /* of the thread                        */
    bool working, answered;
    bool has_rows;                  /* that it gave                         */

    struct flow_sql_call *call;     /* what is being asked                  */
    bool connected;
    bool begun, begins;             /* a transaction; is to be              */
    bool started;                   /* what is asked has begun, not ended   */
    bool inserts;                   /* rows may be put, or that be ended    */
    bool ends_insert;               /* by what is asked now                 */
    bool lost;                      /* of no use any more                   */
    bool busy;                      /* its owner's: not idle                */

    bool settling;                  /* call is its own, to be given up      */
    bool keeps;                     /* the transaction, when it settles     */
    flow_waker own;
    flow_task later;
    struct flow_sql_call undo;      /* rolls back                           */
    alignas(max_align_t) char data[];       /* the driver's                 */
};

/* NULL: no memory. */
struct flow__sql_conn *flow__sql_conn_new(const flow_sql_driver *driver,
                                          const char *url);
/* Closes it now, in the middle of anything. */
void flow__sql_conn_free(struct flow__sql_conn *n);

/* What is in `call` is asked; only when it is at rest. */
void flow__sql_conn_ask(struct flow__sql_conn *n, struct flow_sql_call *call);

/* Goes on with it. DONE; READY: there may be more; WAIT: w will be woken;
 * FAILED: the call has the error. With each of them but WAIT there may be rows
 * to be read; those before must have been. */
flow_status flow__sql_conn_go(struct flow__sql_conn *n, flow_waker *w,
                              size_t *rows);
bool flow__sql_conn_rests(const struct flow__sql_conn *n);

/* As far as is known. */
bool flow__sql_conn_is_good(struct flow__sql_conn *n);

/* Nobody waits for it any more. */
void flow__sql_conn_forget(struct flow__sql_conn *n);

/* Gives up what is asked, and takes the call; then `settled` is called. Unless
 * it keeps the transaction, that is rolled back. One that settles already takes
 * none: call is NULL. */
void flow__sql_conn_settle(struct flow__sql_conn *n, struct flow_sql_call *call,
                           bool keeps);

#endif
