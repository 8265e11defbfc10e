/* SPDX-License-Identifier: MIT */
/* ODBC. One statement at a time, of which another thread may only cancel the
 * handle, and that not while it is given back. */
#include <flow/odbc.h>
#include <flow/sql_driver.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "odbc_send.h"

static const SQLULEN PATIENCE = 30;         /* seconds, to connect          */

struct odbc {
    SQLHENV environment;
    SQLHDBC db;
    SQLHSTMT statement;             /* NULL: at rest                        */
    pthread_mutex_t lock;           /* of the statement's handle            */
    atomic_bool has_lock;
    bool connected, lost;
    SQLSMALLINT columns;
    SQLSMALLINT *types;             /* of them                              */
    struct flow__odbc_values values;
    char *buffer;                   /* for long values                      */
    size_t room;
};

/* ---- What is wrong ------------------------------------------------------ */
static flow_status fail_of(struct odbc *o, flow_sql_call *c, SQLSMALLINT kind,
                           SQLHANDLE handle)
{
    SQLCHAR state[6] = "HY000", text[900] = "there is no message";
    SQLINTEGER code;
    SQLSMALLINT n;

    SQLGetDiagRec(kind, handle, 1, state, &code, text, sizeof text, &n);
    if (memcmp(state, "08", 2) == 0)
        o->lost = true;
    return flow_sql_fail(c, (const char *)state, "%s", (const char *)text);
}

static void finish(struct odbc *o)
{
    SQLHSTMT s = o->statement;

    if (s == NULL)
        return;
    pthread_mutex_lock(&o->lock);
    o->statement = NULL;
    pthread_mutex_unlock(&o->lock);
    SQLFreeHandle(SQL_HANDLE_STMT, s);
    flow__odbc_values_end(&o->values);
    if (o->types != NULL)
        flow_free(o->types, (size_t)o->columns * sizeof *o->types);
    o->types = NULL;
}

static flow_status fail(struct odbc *o, flow_sql_call *c)
{
    fail_of(o, c, SQL_HANDLE_STMT, o->statement);
    finish(o);
    return FLOW_FAILED;
}

static flow_status no_memory(struct odbc *o, flow_sql_call *c)
{
    flow_sql_raise(c, flow_error(FLOW_ENOMEM, 0, "no memory for a query"));
    finish(o);
    return FLOW_FAILED;
}

/* ---- Connecting --------------------------------------------------------- */
static bool begin(struct odbc *o)
{
    o->has_lock = pthread_mutex_init(&o->lock, NULL) == 0;
    return o->has_lock
        && SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE,
                                        &o->environment))
        && SQL_SUCCEEDED(SQLSetEnvAttr(o->environment, SQL_ATTR_ODBC_VERSION,
                                       (SQLPOINTER)SQL_OV_ODBC3, 0))
        && SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, o->environment,
                                        &o->db));
}

static flow_status odbc_connect(void *conn, const char *url, flow_sql_call *c)
{
    struct odbc *o = conn;
    SQLCHAR *string = (SQLCHAR *)(uintptr_t)(strchr(url, ':') + 1);
    SQLCHAR whole[1024];
    SQLSMALLINT n;
    SQLRETURN st;

    if (!begin(o))
        return flow_sql_raise(c, flow_error(FLOW_ENOMEM, 0, "no memory for a "
                                            "connection"));
    SQLSetConnectAttr(o->db, SQL_ATTR_LOGIN_TIMEOUT, (SQLPOINTER)PATIENCE, 0);
    st = SQLDriverConnect(o->db, NULL, string, SQL_NTS, whole, sizeof whole, &n,
                          SQL_DRIVER_NOPROMPT);
    o->connected = SQL_SUCCEEDED(st);
    return o->connected ? FLOW_DONE : fail_of(o, c, SQL_HANDLE_DBC, o->db);
}

/* ---- Asking ------------------------------------------------------------- */
static flow_status prepare(struct odbc *o, const char *sql, size_t n,
                           flow_sql_call *c)
{
    SQLHSTMT s = NULL;
    SQLSMALLINT wanted = 0;

    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, o->db, &s)))
        return fail_of(o, c, SQL_HANDLE_DBC, o->db);
    pthread_mutex_lock(&o->lock);
    o->statement = s;
    pthread_mutex_unlock(&o->lock);
    o->columns = 0;
    if (!flow__odbc_values_begin(&o->values, n))
        return no_memory(o, c);
    if (!SQL_SUCCEEDED(SQLPrepare(s, (SQLCHAR *)(uintptr_t)sql, SQL_NTS)))
        return fail(o, c);
    if (!SQL_SUCCEEDED(SQLNumParams(s, &wanted)) || (size_t)wanted == n)
        return FLOW_DONE;
    flow_sql_fail(c, "07001", "there are more or fewer values than parameters "
                  "in the statement");
    finish(o);
    return FLOW_FAILED;
}

static flow_status execute(struct odbc *o, const flow_value *values,
                           flow_sql_call *c)
{
    SQLRETURN st = flow__odbc_values_bind(&o->values, o->statement, values);

    if (SQL_SUCCEEDED(st))
        st = SQLExecute(o->statement);
    return SQL_SUCCEEDED(st) || st == SQL_NO_DATA ? FLOW_DONE : fail(o, c);
}

/* Names and types of the columns of what was executed. False: no memory. */
static bool learn_columns(struct odbc *o, flow_sql_call *c)
{
    flow_value *names = flow_sql_columns(c, (size_t)o->columns);

    o->types = flow_alloc((size_t)o->columns * sizeof *o->types);
    if (names == NULL || o->types == NULL)
        return false;
    for (SQLSMALLINT i = 0; i < o->columns; i++) {
        SQLCHAR name[256] = "";
        SQLSMALLINT n = 0, digits, may_be_null;
        SQLULEN size;

        o->types[i] = SQL_VARCHAR;
        SQLDescribeCol(o->statement, (SQLUSMALLINT)(i + 1), name, sizeof name,
                       &n, &o->types[i], &size, &digits, &may_be_null);
        names[i] = flow_sql_text(c, (const char *)name,
                                 strlen((const char *)name));
    }
    return true;
}

static flow_status odbc_query(void *conn, const char *sql,
                              const flow_value *values, size_t n,
                              flow_sql_call *c)
{
    struct odbc *o = conn;
    SQLLEN changed = 0;

    if (prepare(o, sql, n, c) != FLOW_DONE
        || execute(o, values, c) != FLOW_DONE)
        return FLOW_FAILED;
    SQLNumResultCols(o->statement, &o->columns);
    if (o->columns > 0)
        return learn_columns(o, c) ? FLOW_READY : no_memory(o, c);
    SQLRowCount(o->statement, &changed);
    flow_sql_changed(c, changed > 0 ? changed : 0);
    finish(o);
    return FLOW_DONE;
}

/* ---- Rows --------------------------------------------------------------- */
enum { BUFFER = 4096 };

static bool make_room(struct odbc *o, size_t size)
{
    char *larger;

    if (size <= o->room)
        return true;
    larger = flow_resize(o->buffer, o->room, size);
    if (larger == NULL)
        return false;
    o->buffer = larger;
    o->room = size;
    return true;
}

enum { FAILED = SQL_NULL_DATA - 100, NO_MEMORY };

/* All of a text or bytes into the buffer, piece by piece; its size, or one of
 * these, or SQL_NULL_DATA. Texts are ended by a 0 each time. */
static SQLLEN get_long(struct odbc *o, int i, SQLSMALLINT type)
{
    size_t n = 0, end = type == SQL_C_CHAR, room = BUFFER;
    SQLRETURN st;
    SQLLEN size;

    for (;;) {
        if (!make_room(o, room))
            return NO_MEMORY;
        st = SQLGetData(o->statement, (SQLUSMALLINT)(i + 1), type,
                        o->buffer + n, (SQLLEN)(o->room - n), &size);
        if (st == SQL_NO_DATA)
            return (SQLLEN)n;
        if (!SQL_SUCCEEDED(st))
            return FAILED;
        if (size == SQL_NULL_DATA)
            return size;
        if (size != SQL_NO_TOTAL && (size_t)size + end <= o->room - n)
            return (SQLLEN)n + size;
        room = size == SQL_NO_TOTAL ? 2 * o->room : n + (size_t)size + end;
        n = o->room - end;
    }
}

static flow_value get_text(struct odbc *o, int i, SQLSMALLINT type,
                           flow_sql_call *c)
{
    SQLLEN n = get_long(o, i, type);

    if (n == SQL_NULL_DATA)
        return flow_none();
    if (n == NO_MEMORY)
        flow_sql_raise(c, flow_error(FLOW_ENOMEM, 0, "no memory for a value"));
    else if (n < 0)
        fail_of(o, c, SQL_HANDLE_STMT, o->statement);
    if (n < 0)
        return flow_none();
    return type == SQL_C_BINARY ? flow_sql_bytes(c, o->buffer, (size_t)n)
                                : flow_sql_text(c, o->buffer, (size_t)n);
}

/* A value that lies in place. */
static bool get(struct odbc *o, int i, SQLSMALLINT type, void *to,
                flow_sql_call *c)
{
    SQLLEN size;

    if (SQL_SUCCEEDED(SQLGetData(o->statement, (SQLUSMALLINT)(i + 1), type, to,
                                 0, &size)))
        return size != SQL_NULL_DATA;
    fail_of(o, c, SQL_HANDLE_STMT, o->statement);
    return false;
}

static flow_value value_of(struct odbc *o, int i, flow_sql_call *c)
{
    SQLBIGINT n;
    double x;
    unsigned char yes;

    switch (o->types[i]) {
    case SQL_BIT:
        return get(o, i, SQL_C_BIT, &yes, c) ? flow_bool(yes) : flow_none();
    case SQL_TINYINT: case SQL_SMALLINT: case SQL_INTEGER: case SQL_BIGINT:
        return get(o, i, SQL_C_SBIGINT, &n, c) ? flow_int(n) : flow_none();
    case SQL_REAL: case SQL_FLOAT: case SQL_DOUBLE:
        return get(o, i, SQL_C_DOUBLE, &x, c) ? flow_real(x) : flow_none();
    case SQL_BINARY: case SQL_VARBINARY: case SQL_LONGVARBINARY:
        return get_text(o, i, SQL_C_BINARY, c);
    default:
        return get_text(o, i, SQL_C_CHAR, c);
    }
}

static flow_status fetch(struct odbc *o, flow_sql_call *c)
{
    SQLRETURN st = SQLFetch(o->statement);
    flow_value *row;

    if (st == SQL_NO_DATA) {
        finish(o);
        return FLOW_DONE;
    }
    if (!SQL_SUCCEEDED(st))
        return fail(o, c);
    row = flow_sql_row(c);
    for (int i = 0; row != NULL && i < o->columns; i++)
        row[i] = value_of(o, i, c);
    if (row != NULL && flow_sql_has_failed(c))
        flow_sql_drop_row(c);
    return FLOW_READY;
}

/* ---- Transactions ------------------------------------------------------- */
static bool set_by_itself(struct odbc *o, bool by_itself)
{
    return SQL_SUCCEEDED(SQLSetConnectAttr(
        o->db, SQL_ATTR_AUTOCOMMIT, by_itself ? (SQLPOINTER)SQL_AUTOCOMMIT_ON
        : (SQLPOINTER)SQL_AUTOCOMMIT_OFF, 0));
}

static bool transact(struct odbc *o, flow_sql_verb verb)
{
    switch (verb) {
    case FLOW_SQL_BEGIN:
        return set_by_itself(o, false);
    case FLOW_SQL_COMMIT:
        return SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, o->db, SQL_COMMIT))
            && set_by_itself(o, true);
    case FLOW_SQL_ROLLBACK:
        return SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, o->db, SQL_ROLLBACK))
            && set_by_itself(o, true);
    }
    return false;
}

static flow_status odbc_transact(void *conn, flow_sql_verb verb,
                                 flow_sql_call *c)
{
    struct odbc *o = conn;

    return transact(o, verb) ? FLOW_DONE
                             : fail_of(o, c, SQL_HANDLE_DBC, o->db);
}

/* ---- Inserting ---------------------------------------------------------- */
static flow_status odbc_insert(void *conn, const char *into, size_t columns,
                               flow_sql_call *c)
{
    size_t len = strlen(into), size = len + 32 + 2 * columns;
    char *sql = flow_alloc(size), *at = sql;
    flow_status st;

    if (sql == NULL)
        return no_memory(conn, c);
    at += snprintf(at, size, "INSERT INTO %s VALUES (?", into);
    for (size_t i = 1; i < columns; i++, at += 2)
        memcpy(at, ",?", 2);
    memcpy(at, ")", 2);
    st = prepare(conn, sql, columns, c);
    flow_free(sql, size);
    return st;
}

static flow_status odbc_put(void *conn, const flow_value *rows, size_t n,
                            flow_sql_call *c)
{
    struct odbc *o = conn;

    if (n == 0)
        finish(o);
    for (size_t i = 0; i < n && !flow_sql_given_up(c); i++)
        if (execute(o, flow_items(&rows[i], NULL), c) != FLOW_DONE)
            return FLOW_FAILED;
    return FLOW_DONE;
}

/* ---- Going on, and not -------------------------------------------------- */
static flow_status odbc_go(void *conn, flow_sql_call *c)
{
    struct odbc *o = conn;
    flow_status st = FLOW_READY;

    while (st == FLOW_READY && !flow_sql_given_up(c) && !flow_sql_full(c))
        st = fetch(o, c);
    if (st != FLOW_READY || !flow_sql_given_up(c))
        return st;
    finish(o);
    return FLOW_DONE;
}

static void odbc_abandon(void *conn, bool cancel)
{
    struct odbc *o = conn;

    if (!cancel || !o->has_lock)
        return;
    pthread_mutex_lock(&o->lock);
    if (o->statement != NULL)
        SQLCancel(o->statement);
    pthread_mutex_unlock(&o->lock);
}

static bool odbc_alive(void *conn)
{
    struct odbc *o = conn;

    return o->connected && !o->lost;
}

static void odbc_close(void *conn)
{
    struct odbc *o = conn;

    finish(o);
    if (o->connected && !SQL_SUCCEEDED(SQLDisconnect(o->db))) {
        SQLEndTran(SQL_HANDLE_DBC, o->db, SQL_ROLLBACK);
        SQLDisconnect(o->db);
    }
    if (o->db != NULL)
        SQLFreeHandle(SQL_HANDLE_DBC, o->db);
    if (o->environment != NULL)
        SQLFreeHandle(SQL_HANDLE_ENV, o->environment);
    flow_free(o->buffer, o->room);
    if (o->has_lock)
        pthread_mutex_destroy(&o->lock);
}

static const flow_sql_driver driver = {
    .name = "ODBC", .scheme = "odbc", .blocks = true,
    .size = sizeof(struct odbc), .connect = odbc_connect, .query = odbc_query,
    .transact = odbc_transact, .insert = odbc_insert, .put = odbc_put,
    .go = odbc_go, .abandon = odbc_abandon, .alive = odbc_alive,
    .close = odbc_close
};

const flow_sql_driver *const flow_odbc = &driver;
