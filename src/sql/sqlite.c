/* SPDX-License-Identifier: MIT */
/* SQLite. One statement at a time; only what asks it to stop comes from another
 * thread than that which works. */
#include <flow/sql_driver.h>
#include <flow/sqlite.h>

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct sqlite {
    sqlite3 *db;
    sqlite3_stmt *statement;        /* NULL: at rest                        */
    int columns;                    /* of its rows                          */
    int64_t changes;                /* of the connection, before it         */
    double timeout;                 /* seconds to wait for a lock           */
    double waits_since;
    const flow_sql_call *call;      /* the last one                         */
    sqlite3 *_Atomic opened;        /* db, as other threads see it          */
    atomic_bool only_reads;         /* the statement: it may be interrupted */
};

/* ---- What is wrong ------------------------------------------------------ */
static const char *state_of_constraint(int code)
{
    switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE: case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return "23505";
    case SQLITE_CONSTRAINT_NOTNULL:
        return "23502";
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return "23503";
    case SQLITE_CONSTRAINT_CHECK:
        return "23514";
    case SQLITE_CONSTRAINT_DATATYPE:
        return "42804";
    default:
        return "23000";
    }
}

/* The state by which PostgreSQL would say so. */
static const char *state_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
        return state_of_constraint(code);
    case SQLITE_ERROR:
        return "42000";
    case SQLITE_BUSY: case SQLITE_LOCKED:
        return "55P03";
    case SQLITE_INTERRUPT:
        return "57014";
    case SQLITE_MISMATCH:
        return "42804";
    case SQLITE_TOOBIG:
        return "54000";
    case SQLITE_NOMEM:
        return "53200";
    case SQLITE_FULL:
        return "53100";
    case SQLITE_READONLY:
        return "25006";
    case SQLITE_PERM: case SQLITE_AUTH:
        return "42501";
    case SQLITE_CANTOPEN:
        return "08001";
    case SQLITE_IOERR:
        return "58030";
    case SQLITE_CORRUPT: case SQLITE_NOTADB:
        return "XX001";
    default:
        return "HY000";
    }
}

static void finish(struct sqlite *q)
{
    sqlite3_finalize(q->statement);
    q->statement = NULL;
    q->only_reads = false;
}

static flow_status fail(struct sqlite *q, flow_sql_call *c)
{
    int code = sqlite3_extended_errcode(q->db);

    flow_sql_fail(c, state_of(code), "%s", sqlite3_errmsg(q->db));
    finish(q);
    return FLOW_FAILED;
}

/* ---- Waiting for another's lock ----------------------------------------- */
static double clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A little longer each time. Whether to try again. */
static int wait_for_lock(void *arg, int tries)
{
    struct sqlite *q = arg;
    struct timespec nap = { 0, 1000000L * (tries < 10 ? tries + 1 : 10) };

    if (tries == 0)
        q->waits_since = clock_now();
    if (flow_sql_given_up(q->call)
        || clock_now() - q->waits_since >= q->timeout)
        return 0;
    nanosleep(&nap, NULL);
    return 1;
}

/* ---- Connecting --------------------------------------------------------- */
struct place {
    char path[4096];
    bool only_reads, foreign_keys;
    double timeout;
};

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The path, in which %3F stands for a question mark. False: it is too long. */
static bool read_path(const char *url, struct place *p)
{
    const char *s = strchr(url, ':') + 1;
    size_t n = 0;

    for (; *s != '\0' && *s != '?' && n + 1 < sizeof p->path; s++) {
        p->path[n] = *s;
        if (*s == '%' && hex(s[1]) >= 0 && hex(s[2]) >= 0) {
            p->path[n] = (char)(hex(s[1]) << 4 | hex(s[2]));
            s += 2;
        }
        n++;
    }
    p->path[n] = '\0';
    return *s == '\0' || *s == '?';
}

static bool is_word(const char *s, size_t n, const char *word)
{
    return strlen(word) == n && memcmp(s, word, n) == 0;
}

/* False: there is no such option. */
static bool read_option(const char *s, size_t n, struct place *p)
{
    char *end;

    if (is_word(s, n, "mode=ro")) {
        p->only_reads = true;
    } else if (is_word(s, n, "foreign_keys=on")) {
        p->foreign_keys = true;
    } else if (n > 8 && memcmp(s, "timeout=", 8) == 0) {
        p->timeout = strtod(s + 8, &end);
        return end == s + n;
    } else {
        return false;
    }
    return true;
}

static flow_value read_url(const char *url, struct place *p)
{
    const char *s = strchr(url, '?');
    size_t n;

    *p = (struct place){ .timeout = 5 };
    if (!read_path(url, p))
        return flow_error(FLOW_EINVAL, 0, "the path of a database of SQLite is "
                          "longer than %zu bytes", sizeof p->path - 1);
    for (; s != NULL && *s != '\0'; s += n) {
        n = strcspn(++s, "&");
        if (!read_option(s, n, p))
            return flow_error(FLOW_EINVAL, 0, "'%.*s' is no option of a "
                              "database of SQLite: there are mode=ro, "
                              "timeout=SECONDS and foreign_keys=on", (int)n, s);
    }
    return flow_none();
}

static bool is_alone(const char *url)
{
    struct place p;

    read_path(url, &p);
    return p.path[0] == '\0' || strcmp(p.path, ":memory:") == 0;
}

static flow_status sqlite_connect(void *conn, const char *url, flow_sql_call *c)
{
    struct sqlite *q = conn;
    struct place p;
    flow_value wrong = read_url(url, &p);
    int code;

    if (flow_is_failure(wrong))
        return flow_sql_raise(c, wrong);
    code = sqlite3_open_v2(p.path, &q->db, SQLITE_OPEN_NOMUTEX
                           | (p.only_reads ? SQLITE_OPEN_READONLY
                              : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE),
                           NULL);
    q->timeout = p.timeout;
    if (code == SQLITE_OK) {
        sqlite3_extended_result_codes(q->db, 1);
        sqlite3_busy_handler(q->db, wait_for_lock, q);
        sqlite3_db_config(q->db, SQLITE_DBCONFIG_ENABLE_FKEY, p.foreign_keys,
                          NULL);
        q->opened = q->db;
        return FLOW_DONE;
    }
    flow_sql_fail(c, state_of(code), "%s: %s", p.path,
                  q->db != NULL ? sqlite3_errmsg(q->db) : "no memory");
    sqlite3_close(q->db);
    q->db = NULL;
    return FLOW_FAILED;
}

/* ---- Statements --------------------------------------------------------- */
static int bind(sqlite3_stmt *s, int i, const flow_value *v)
{
    size_t n;
    const char *chars = flow_chars(v, &n);

    switch ((flow_kind)v->kind) {
    case FLOW_NONE:
        return sqlite3_bind_null(s, i);
    case FLOW_BOOL:
        return sqlite3_bind_int(s, i, v->as.yes);
    case FLOW_INT:
        return sqlite3_bind_int64(s, i, v->as.num);
    case FLOW_REAL:
        return sqlite3_bind_double(s, i, v->as.real);
    case FLOW_TEXT:
        return sqlite3_bind_text64(s, i, chars, n, SQLITE_STATIC, SQLITE_UTF8);
    case FLOW_BYTES:
        return sqlite3_bind_blob64(s, i, chars, n, SQLITE_STATIC);
    case FLOW_LIST: case FLOW_TUPLE: case FLOW_BOX: case FLOW_ERROR:
        break;
    }
    return SQLITE_MISUSE;
}

static bool bind_all(sqlite3_stmt *s, const flow_value *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bind(s, (int)i + 1, &values[i]) != SQLITE_OK)
            return false;
    return true;
}

static bool is_blank(const char *s)
{
    return s[strspn(s, " \t\r\n;")] == '\0';
}

/* Refused: the statement is finished. */
static flow_status refuse(struct sqlite *q, flow_sql_call *c, const char *state,
                          const char *why)
{
    finish(q);
    return flow_sql_fail(c, state, "%s", why);
}

static flow_status prepare(struct sqlite *q, const char *sql, size_t n,
                           flow_sql_call *c)
{
    const char *rest;

    q->call = c;
    if (sqlite3_prepare_v2(q->db, sql, -1, &q->statement, &rest) != SQLITE_OK)
        return fail(q, c);
    if (q->statement == NULL)
        return refuse(q, c, "42601", "the statement is empty");
    if (!is_blank(rest))
        return refuse(q, c, "42601", "there are several statements: ask for "
                      "them one after the other");
    if ((size_t)sqlite3_bind_parameter_count(q->statement) != n)
        return refuse(q, c, "07001", "there are more or fewer values than "
                      "parameters in the statement");
    q->changes = sqlite3_total_changes64(q->db);
    q->only_reads = sqlite3_stmt_readonly(q->statement);
    return FLOW_DONE;
}

static flow_status sqlite_query(void *conn, const char *sql,
                                const flow_value *values, size_t n,
                                flow_sql_call *c)
{
    struct sqlite *q = conn;
    flow_value *names;

    if (prepare(q, sql, n, c) != FLOW_DONE)
        return FLOW_FAILED;
    if (!bind_all(q->statement, values, n))
        return fail(q, c);
    q->columns = sqlite3_column_count(q->statement);
    names = q->columns > 0 ? flow_sql_columns(c, (size_t)q->columns) : NULL;
    for (int i = 0; names != NULL && i < q->columns; i++) {
        const char *name = sqlite3_column_name(q->statement, i);

        if (name != NULL)
            names[i] = flow_sql_text(c, name, strlen(name));
    }
    return FLOW_READY;
}

/* Only this thread uses the connection now, so that the value may be looked at
 * without the care that the calls for columns take each time. */
static flow_value value_of(sqlite3_value *v, flow_sql_call *c)
{
    const void *p;

    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER:
        return flow_int(sqlite3_value_int64(v));
    case SQLITE_FLOAT:
        return flow_real(sqlite3_value_double(v));
    case SQLITE_TEXT:
        p = sqlite3_value_text(v);
        return flow_sql_text(c, p, (size_t)sqlite3_value_bytes(v));
    case SQLITE_BLOB:
        p = sqlite3_value_blob(v);
        return flow_sql_bytes(c, p, (size_t)sqlite3_value_bytes(v));
    default:
        return flow_none();
    }
}

static flow_status step(struct sqlite *q, flow_sql_call *c)
{
    flow_value *row;

    switch (sqlite3_step(q->statement)) {
    case SQLITE_ROW:
        row = flow_sql_row(c);
        for (int i = 0; row != NULL && i < q->columns; i++)
            row[i] = value_of(sqlite3_column_value(q->statement, i), c);
        return FLOW_READY;
    case SQLITE_DONE:
        if (sqlite3_total_changes64(q->db) > q->changes)
            flow_sql_changed(c, sqlite3_changes64(q->db));
        finish(q);
        return FLOW_DONE;
    default:
        return fail(q, c);
    }
}

/* ---- Transactions ------------------------------------------------------- */
/* What is serious enough, like a full disk, has rolled back by itself. */
static flow_status sqlite_transact(void *conn, flow_sql_verb verb,
                                   flow_sql_call *c)
{
    static const char *const sql[] = {
        [FLOW_SQL_BEGIN] = "BEGIN", [FLOW_SQL_COMMIT] = "COMMIT",
        [FLOW_SQL_ROLLBACK] = "ROLLBACK"
    };
    struct sqlite *q = conn;

    q->call = c;
    if (verb != FLOW_SQL_BEGIN && sqlite3_get_autocommit(q->db))
        return verb == FLOW_SQL_ROLLBACK ? FLOW_DONE
             : flow_sql_fail(c, "25P02", "the transaction was rolled back, "
                             "because a statement in it had failed");
    if (sqlite3_exec(q->db, sql[verb], NULL, NULL, NULL) == SQLITE_OK)
        return FLOW_DONE;
    return fail(q, c);
}

/* ---- Inserting ---------------------------------------------------------- */
static flow_status sqlite_insert(void *conn, const char *into, size_t columns,
                                 flow_sql_call *c)
{
    struct sqlite *q = conn;
    sqlite3_str *sql = sqlite3_str_new(q->db);
    char *text;
    flow_status st;

    sqlite3_str_appendf(sql, "INSERT INTO %s VALUES (?", into);
    for (size_t i = 1; i < columns; i++)
        sqlite3_str_appendall(sql, ",?");
    sqlite3_str_appendall(sql, ")");
    text = sqlite3_str_finish(sql);
    if (text == NULL)
        return flow_sql_raise(c, flow_error(FLOW_ENOMEM, 0, "no memory to "
                                            "insert rows"));
    st = prepare(q, text, columns, c);
    sqlite3_free(text);
    return st;
}

static flow_status put_row(struct sqlite *q, const flow_value *row,
                           flow_sql_call *c)
{
    size_t n;
    const flow_value *items = flow_items(row, &n);

    if (!bind_all(q->statement, items, n)
        || sqlite3_step(q->statement) != SQLITE_DONE)
        return fail(q, c);
    sqlite3_reset(q->statement);
    return FLOW_DONE;
}

static flow_status sqlite_put(void *conn, const flow_value *rows, size_t n,
                              flow_sql_call *c)
{
    struct sqlite *q = conn;

    q->call = c;
    if (n == 0)
        finish(q);
    for (size_t i = 0; i < n && !flow_sql_given_up(c); i++)
        if (put_row(q, &rows[i], c) != FLOW_DONE)
            return FLOW_FAILED;
    return FLOW_DONE;
}

/* ---- Going on, and not -------------------------------------------------- */
static flow_status sqlite_go(void *conn, flow_sql_call *c)
{
    struct sqlite *q = conn;
    flow_status st = FLOW_READY;

    while (st == FLOW_READY && !flow_sql_given_up(c) && !flow_sql_full(c))
        st = step(q, c);
    if (st != FLOW_READY || !flow_sql_given_up(c))
        return st;
    finish(q);
    return FLOW_DONE;
}

/* Interrupted in the middle of a change, a transaction would be rolled back. */
static void sqlite_abandon(void *conn, bool cancel)
{
    struct sqlite *q = conn;
    sqlite3 *db = q->opened;

    if (db != NULL && (cancel || q->only_reads))
        sqlite3_interrupt(db);
}

static bool sqlite_alive(void *conn)
{
    return ((struct sqlite *)conn)->db != NULL;
}

static void sqlite_close(void *conn)
{
    struct sqlite *q = conn;

    finish(q);
    sqlite3_close(q->db);
}

static const flow_sql_driver driver = {
    .name = "SQLite", .scheme = "sqlite", .blocks = true,
    .size = sizeof(struct sqlite), .alone = is_alone,
    .connect = sqlite_connect, .query = sqlite_query,
    .transact = sqlite_transact, .insert = sqlite_insert, .put = sqlite_put,
    .go = sqlite_go, .abandon = sqlite_abandon, .alive = sqlite_alive,
    .close = sqlite_close
};

const flow_sql_driver *const flow_sqlite = &driver;
