/* SPDX-License-Identifier: MIT */
/* Writing a driver for sql.h.
 *
 * A driver is a constant table of functions over one connection. It knows no
 * loop, no thread and no pool: what it is asked for, it does as far as that
 * goes, and says what comes next:
 *
 *     FLOW_DONE     that is done; of a query: there are no more rows
 *     FLOW_READY    there may be more, or it is not over yet, also if it has
 *                   failed: call `go`
 *     FLOW_WAIT     after flow_sql_wait, only if it does not block: `go` is to
 *                   be called when that has happened
 *     FLOW_FAILED   after flow_sql_fail; the connection is at rest, or `alive`
 *                   says that it is lost
 *
 * One thing is asked at a time, and the next when it is done or has failed. A
 * driver whose calls block is called from threads, never two at once. */
#ifndef FLOW_SQL_DRIVER_H
#define FLOW_SQL_DRIVER_H

#include <flow/sql.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct flow_sql_call flow_sql_call;     /* what comes of it         */

typedef enum flow_sql_verb {
    FLOW_SQL_BEGIN, FLOW_SQL_COMMIT, FLOW_SQL_ROLLBACK
} flow_sql_verb;

struct flow_sql_driver {
    const char *name;               /* "SQLite": in messages                */
    const char *scheme;             /* "sqlite": before the : of its URLs   */
    bool blocks;                    /* its calls wait by themselves         */
    size_t size;                    /* of a connection; it begins as zeros  */

    /* Whether such a database has one connection at most. NULL: none has. */
    bool (*alone)(const char *url);

    /* Borrowed is what these get, until they are done. */
    flow_status (*connect)(void *conn, const char *url, flow_sql_call *c);
    flow_status (*query)(void *conn, const char *sql, const flow_value *values,
                         size_t n, flow_sql_call *c);
    flow_status (*transact)(void *conn, flow_sql_verb verb, flow_sql_call *c);
    /* Begins to write rows of that many columns; put writes n of them, lists of
     * that size, and with n = 0 ends. */
    flow_status (*insert)(void *conn, const char *into, size_t columns,
                          flow_sql_call *c);
    flow_status (*put)(void *conn, const flow_value *rows, size_t n,
                       flow_sql_call *c);
    /* Makes rows of one TEXT until it is given up. NULL: there is none such. */
    flow_status (*listen)(void *conn, const char *channel, flow_sql_call *c);
    /* Goes on with what was asked last. */
    flow_status (*go)(void *conn, flow_sql_call *c);

    /* The call is given up (see flow_sql_given_up); `go` is called until it is
     * done or has failed. With `cancel` the database is to be told to stop it;
     * otherwise a transaction must be able to go on. Never waits. [any thread,
     * if it blocks: while another call is made, or before] */
    void (*abandon)(void *conn, bool cancel);
    bool (*alive)(void *conn);      /* as far as is known; never waits      */
    void (*close)(void *conn);      /* also one that was not connected      */
};

/* ---- Rows ---------------------------------------------------------------
 * For each query first its columns, if it has any: the places for their names,
 * to be filled in. NULL without memory: fail. */
flow_value *flow_sql_columns(flow_sql_call *c, size_t n);
bool flow_sql_has_columns(const flow_sql_call *c);

/* Whether nobody wants what comes of it any more. */
bool flow_sql_given_up(const flow_sql_call *c);

/* Whether no more rows are wanted at this call: answer FLOW_READY. */
bool flow_sql_full(const flow_sql_call *c);

/* The places for the values of a new row, all NONE. NULL without memory: fail.
 */
flow_value *flow_sql_row(flow_sql_call *c);
void flow_sql_drop_row(flow_sql_call *c);   /* the last: it has no values   */

/* Values of rows: copied, and the text looked at whether it is UTF-8. What is
 * wrong is remembered, and the query fails with it before that row. */
flow_value flow_sql_text(flow_sql_call *c, const char *chars, size_t len);
flow_value flow_sql_bytes(flow_sql_call *c, const void *p, size_t len);

/* How many rows a statement has changed. */
void flow_sql_changed(flow_sql_call *c, int64_t n);

/* ---- Waiting and failing ------------------------------------------------ */
enum { FLOW_SQL_READ = 1, FLOW_SQL_WRITE = 2 };
flow_status flow_sql_wait(flow_sql_call *c, int fd, int events);

/* FLOW_ESQL with the SQLSTATE, which becomes part of the message; a state that
 * is none counts as "HY000". The first failure counts. */
flow_status flow_sql_fail(flow_sql_call *c, const char *state,
                          const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Another error, which it takes. */
flow_status flow_sql_raise(flow_sql_call *c, flow_value error);
bool flow_sql_has_failed(const flow_sql_call *c);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
