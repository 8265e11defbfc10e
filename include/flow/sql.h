/* SPDX-License-Identifier: MIT */
/* Flows from and to databases.
 *
 * A query is a stage of rows: it takes a connection when it is asked first,
 * gives the rows as they come, and lets the connection go when it ends, fails
 * or is closed. This is a whole program:
 *
 *     #include <flow/reactor.h>
 *     #include <flow/sql.h>
 *     #include <flow/sqlite.h>
 *
 *     int main(void)
 *     {
 *         flow_host_use(flow_uv_host());
 *         flow_database *db =
 *             flow_database_new(flow_sqlite, "sqlite:shop.db", NULL);
 *         flow_stage *cheap = flow_query(db,
 *             "SELECT name, price FROM article WHERE price < ?", 10);
 *         for (flow_value row; flow_block(cheap, &row);)
 *             flow_print(stdout, row);                     ('apple', 3) ...
 *         if (flow_failure(cheap) != NULL)
 *             flow_print_trace(stderr, flow_failure(cheap));
 *         flow_close(cheap);
 *         flow_database_release(db);
 *         flow_uv_close();
 *     }
 *
 * A million rows take no more memory than a thousand: they stay in the database
 * until somebody asks for them. One row: flow_first, or flow_take. Those that
 * are ready: flow_next_set. All: flow_collect, or flow_block_all.
 *
 * Promises that hold for every driver:
 *
 *   Values  NULL is NONE. Integers are INT, floating numbers REAL, truths BOOL
 *           where the database has them, strings TEXT, binary data BYTES.
 *           Whatever else there is (exact decimals, dates, times, JSON, ...) is
 *           TEXT as the database writes it, with dates and times as ISO 8601
 *           has them: '2026-11-21 15:20:00'. TEXT is UTF-8 on both ways; other
 *           text fails with FLOW_EFORMAT. Of parameters, a LIST, BOX or ERROR
 *           fails with FLOW_EINVAL.
 *   Bound   A parameter never becomes part of the SQL. How it is marked there
 *           is the database's: ? in SQLite and ODBC, $1 in PostgreSQL.
 *   Failure What the database refuses is an error of class FLOW_ESQL: its code
 *           is the SQLSTATE, the message is the database's own, and it is the
 *           connection of that query alone that may be lost by it.
 *   Close   A query that is closed in the middle is cancelled in the database.
 *           Its connection is used again once that is over.
 *
 * Everything here belongs to the thread that made the database, whose host must
 * be one of libuv, see reactor.h. Drivers are libraries of their own, each with
 * a header of its own: sqlite.h, pq.h, odbc.h. */
#ifndef FLOW_SQL_H
#define FLOW_SQL_H

#include <flow/flow.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ---- Databases ----------------------------------------------------------
 * A database is a few connections to it, made when there is need of them and
 * kept for the next query. One that was lost is made anew. */
typedef struct flow_database   flow_database;
typedef struct flow_sql_driver flow_sql_driver;

typedef struct flow_database_options {
    size_t most;            /* connections at once: 4                       */
    size_t waiting;         /* queries that may wait for one; a further one
                               fails with FLOW_ELIMIT: 1000                 */
    double patience;        /* seconds a query waits for one until it fails
                               with FLOW_ETIMEOUT, at most: 30              */
} flow_database_options;

/* The database of that URL, which begins with the driver's name; nothing is
 * done before the first query, and what is wrong with the URL its failure
 * tells. `o` may be NULL. Yours to release: its connections are closed when
 * nobody uses them any more. NULL without memory, and then what is asked of it
 * fails. */
flow_database *flow_database_new(const flow_sql_driver *driver, const char *url,
                                 const flow_database_options *o);
void flow_database_release(flow_database *db);              /* NULL is fine */

/* ---- Queries ------------------------------------------------------------
 * All three are stages: nothing is done before they are asked. A database is
 * held by its stages. To set a limit of time: flow_within, flow_deadline. */

/* flow_query(db, sql, parameters...): the rows of a statement, as TUPLEs. */
#define flow_query(db, ...)                                                  \
    flow_made(flow_query_values((db), FLOW_VALUES(__VA_ARGS__)), FLOW_HERE)

/* flow_execute(db, sql, parameters...): runs a statement to its end, and gives
 * one INT: how many rows it has changed. */
#define flow_execute(db, ...)                                                \
    flow_made(flow_execute_values((db), FLOW_VALUES(__VA_ARGS__)), FLOW_HERE)

/* The same for a number of parameters that is not known before: statement[0] is
 * the SQL, which is copied; the parameters follow. Takes all n of them. */
flow_stage *flow_query_values(flow_database *db, const flow_value *statement,
                              size_t n);
flow_stage *flow_execute_values(flow_database *db, const flow_value *statement,
                                size_t n);

/* Writes rows, LISTs or TUPLEs of one value for each column, into a table by
 * the fastest way there is, all or none of them:
 *
 *     flow_insert(db, "reading (station, celsius)", rows)
 *
 * What stands there is the program's own, not data: it becomes part of the SQL.
 * Takes `rows`. Gives INTs, as it goes on: how many have been sent by now. That
 * all of them are there, its end says. */
flow_stage *flow_insert(flow_database *db, const char *into, flow_stage *rows);

/* ---- Transactions -------------------------------------------------------
 * What `work` gives is what the transaction gives. When it ends, the changes
 * made through `db` are committed, and only then the transaction ends; when it
 * fails or is closed, they are undone. `db` is the transaction's: queries use
 * it one after the other. One that is asked while another is neither at its end
 * nor closed fails, rather than wait for ever. Transactions do not nest. */
typedef flow_stage *flow_unit(flow_database *db, void *arg);
flow_stage *flow_transaction(flow_database *db, flow_unit *work, void *arg);

/* ---- Notices ------------------------------------------------------------
 * What others send to `channel` (NOTIFY of PostgreSQL) from the first ask on,
 * as TEXTs, without an end. Takes a connection for itself. Fails for databases
 * that have none. */
flow_stage *flow_listen(flow_database *db, const char *channel);

/* ---- Rows ---------------------------------------------------------------
 * By index: flow_items. By name: the value in that column, borrowed from the
 * row; NULL if there is none, or v is no row of a query. Case counts. */
const flow_value *flow_column(const flow_value *row, const char *name);

/* The names of the columns, a TUPLE of TEXTs, borrowed from the row; or NULL.
 */
const flow_value *flow_columns(const flow_value *row);

/* ---- Errors -------------------------------------------------------------
 * Where a database has no SQLSTATEs, its driver gives the one that means it. */
extern const flow_error_class FLOW_ESQL[1];

/* The code of an error with that SQLSTATE, five letters and digits:
 * if (flow_code(&error) == flow_sqlstate("23505")) ... */
int flow_sqlstate(const char *state);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#define flow_insert(...)    flow_made(flow_insert(__VA_ARGS__), FLOW_HERE)
#define flow_transaction(...)                                                \
    flow_made(flow_transaction(__VA_ARGS__), FLOW_HERE)
#define flow_listen(...)    flow_made(flow_listen(__VA_ARGS__), FLOW_HERE)

#endif
