/* SPDX-License-Identifier: MIT */
/* PostgreSQL by libpq, which never waits here: it sends and receives what the
 * socket takes and has, and says when to come back. Rows come one by one, in
 * the text form of their types. */
#include <flow/pq.h>
#include <flow/sql_driver.h>

#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "pq_cancel.h"
#include "pq_send.h"

enum doing {
    NOTHING,
    CONNECTING,
    ASKING,                         /* until there are no more results      */
    COPYING,                        /* rows are sent, or may be             */
    HEARING                         /* notices                              */
};

/* What the text of a value is to be made. */
enum form { TEXT, TRUTH, WHOLE, REAL, BYTES };

struct pq {
    PGconn *db;
    enum doing doing;
    bool commits;                   /* what is asked is a commit            */
    bool inserts;                   /* ... is to take rows                  */
    bool listens;                   /* ... is to be told notices            */
    bool flushes;                   /* not all has been sent                */
    bool refused;                   /* what is asked has failed             */
    bool broken;                    /* it cannot be used any more           */
    enum form *forms;               /* of the columns of its rows           */
    size_t forms_room;
    struct flow__pq_cancel *cancel; /* on its way; or NULL                  */
};

/* Types whose form is not only text: their numbers are the same for ever. */
enum {
    BOOL = 16, BYTEA = 17, INT8 = 20, INT2 = 21, INT4 = 23, OID = 26,
    FLOAT4 = 700, FLOAT8 = 701
};

/* ---- Results ------------------------------------------------------------ */
static int hex(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Decoded where it lies: it becomes shorter. */
static flow_value bytes_of(flow_sql_call *c, char *s, size_t n)
{
    unsigned char *other;
    flow_value v;

    if (n >= 2 && s[0] == '\\' && s[1] == 'x') {
        for (size_t i = 1; 2 * i + 1 < n; i++)
            s[i - 1] = (char)(hex(s[2 * i]) << 4 | hex(s[2 * i + 1]));
        return flow_sql_bytes(c, s, n / 2 - 1);
    }
    other = PQunescapeBytea((const unsigned char *)s, &n);
    if (other == NULL) {
        flow_sql_raise(c, flow_error(FLOW_ENOMEM, 0, "no memory for bytes"));
        return flow_none();
    }
    v = flow_sql_bytes(c, other, n);
    PQfreemem(other);
    return v;
}

static int64_t whole(const char *s)
{
    bool minus = *s == '-';
    uint64_t n = 0;

    for (s += minus; *s != '\0'; s++)
        n = n * 10 + (uint64_t)(*s - '0');
    return (int64_t)(minus ? 0 - n : n);
}

/* With up to fifteen digits and one division it is exact. */
static double real(const char *text)
{
    static const double tens[] = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
        1e13, 1e14, 1e15
    };
    const char *s = text + (*text == '-');
    const char *point = NULL;
    int64_t n = 0;
    size_t digits = 0;

    for (; (*s >= '0' && *s <= '9') || (*s == '.' && point == NULL); s++) {
        if (*s == '.') {
            point = s;
        } else {
            n = n * 10 + (*s - '0');
            digits++;
        }
        if (digits > 15)
            break;
    }
    if (*s != '\0' || digits == 0)
        return strtod(text, NULL);
    if (point != NULL)
        return (*text == '-' ? -(double)n : (double)n) / tens[s - point - 1];
    return *text == '-' ? -(double)n : (double)n;
}

static enum form form_of(Oid type)
{
    switch (type) {
    case BOOL:
        return TRUTH;
    case INT2: case INT4: case INT8: case OID:
        return WHOLE;
    case FLOAT4: case FLOAT8:
        return REAL;
    case BYTEA:
        return BYTES;
    default:
        return TEXT;
    }
}

/* Of NULL the text is empty; of others too, if they are text or bytes. */
static flow_value value_at(flow_sql_call *c, const PGresult *r, int i,
                           enum form form)
{
    char *s = PQgetvalue(r, 0, i);

    if (*s == '\0' && PQgetisnull(r, 0, i))
        return flow_none();
    switch (form) {
    case TRUTH:
        return flow_bool(*s == 't');
    case WHOLE:
        return flow_int(whole(s));
    case REAL:
        return flow_real(real(s));
    case BYTES:
        return bytes_of(c, s, (size_t)PQgetlength(r, 0, i));
    case TEXT:
        break;
    }
    return flow_sql_text(c, s, (size_t)PQgetlength(r, 0, i));
}

static bool has_forms(struct pq *p, size_t n)
{
    enum form *forms;

    if (n <= p->forms_room)
        return true;
    forms = flow_resize(p->forms, p->forms_room * sizeof *forms,
                        n * sizeof *forms);
    if (forms == NULL)
        return false;
    p->forms = forms;
    p->forms_room = n;
    return true;
}

static bool make_columns(struct pq *p, flow_sql_call *c, const PGresult *r)
{
    int n = PQnfields(r);
    flow_value *names;

    if (!has_forms(p, (size_t)n)) {
        flow_sql_raise(c, flow_error(FLOW_ENOMEM, 0, "no memory for columns"));
        return false;
    }
    names = flow_sql_columns(c, (size_t)n);
    for (int i = 0; names != NULL && i < n; i++) {
        const char *name = PQfname(r, i);

        names[i] = flow_sql_text(c, name, strlen(name));
        p->forms[i] = form_of(PQftype(r, i));
    }
    return names != NULL;
}

static void make_row(struct pq *p, flow_sql_call *c, const PGresult *r)
{
    flow_value *row;
    int n = PQnfields(r);

    if (!flow_sql_has_columns(c) && !make_columns(p, c, r))
        return;
    row = flow_sql_row(c);
    for (int i = 0; row != NULL && i < n; i++)
        row[i] = value_at(c, r, i, p->forms[i]);
    if (row != NULL && flow_sql_has_failed(c))
        flow_sql_drop_row(c);
}

static void note_count(flow_sql_call *c, PGresult *r)
{
    const char *tag = PQcmdStatus(r);

    if (strncmp(tag, "SELECT", 6) != 0 && strncmp(tag, "FETCH", 5) != 0)
        flow_sql_changed(c, atoll(PQcmdTuples(r)));
}

/* Of a transaction that has failed, a commit only says that it rolls back. */
static void note_command(struct pq *p, flow_sql_call *c, PGresult *r)
{
    note_count(c, r);
    if (!p->commits || strcmp(PQcmdStatus(r), "ROLLBACK") != 0)
        return;
    p->refused = true;
    flow_sql_fail(c, "25P02", "the transaction was rolled back, because a "
                  "statement in it had failed");
}

static void lose(struct pq *p, flow_sql_call *c)
{
    p->broken = true;
    flow_sql_fail(c, "08006", "%s", PQerrorMessage(p->db));
}

/* A query that turns out to be a COPY gets nothing, and fails. */
static void begin_copy(struct pq *p)
{
    if (p->inserts)
        p->doing = COPYING;
    else
        p->broken |= PQputCopyEnd(p->db, "rows are for flow_insert") <= 0;
    p->flushes |= !p->inserts;
    p->inserts = false;
}

static void take_result(struct pq *p, flow_sql_call *c, PGresult *r)
{
    switch (PQresultStatus(r)) {
    case PGRES_SINGLE_TUPLE:
        if (!flow_sql_given_up(c))
            make_row(p, c, r);
        break;
    case PGRES_TUPLES_OK:
        note_count(c, r);
        break;
    case PGRES_COMMAND_OK:
        note_command(p, c, r);
        break;
    case PGRES_COPY_IN:
        begin_copy(p);
        break;
    case PGRES_COPY_OUT: case PGRES_COPY_BOTH:
        p->broken = true;
        flow_sql_fail(c, "0A000", "COPY cannot be asked for as a query");
        break;
    case PGRES_EMPTY_QUERY:
        p->refused = true;
        flow_sql_fail(c, "42601", "the statement is empty");
        break;
    case PGRES_BAD_RESPONSE: case PGRES_NONFATAL_ERROR: case PGRES_FATAL_ERROR:
        p->refused = true;
        flow_sql_fail(c, PQresultErrorField(r, PG_DIAG_SQLSTATE), "%s",
                      PQresultErrorMessage(r));
        break;
    case PGRES_PIPELINE_SYNC: case PGRES_PIPELINE_ABORTED:
        break;
    }
}

/* ---- Sending and receiving ---------------------------------------------- */
static flow_status wait_for(struct pq *p, flow_sql_call *c)
{
    return flow_sql_wait(c, PQsocket(p->db), FLOW_SQL_READ
                         | (p->flushes ? FLOW_SQL_WRITE : 0));
}

/* False: the connection is lost. */
static bool send_on(struct pq *p, flow_sql_call *c)
{
    int left = p->flushes ? PQflush(p->db) : 0;

    p->flushes = left > 0;
    if (left < 0)
        lose(p, c);
    return left >= 0;
}

static bool has_come(struct pq *p, flow_sql_call *c, bool *yes)
{
    *yes = !PQisBusy(p->db);
    if (*yes)
        return true;
    if (!PQconsumeInput(p->db)) {
        lose(p, c);
        return false;
    }
    *yes = !PQisBusy(p->db);
    return true;
}

static flow_status is_done(struct pq *p, flow_sql_call *c)
{
    p->commits = p->inserts = p->refused = false;
    p->doing = p->listens ? HEARING : NOTHING;
    if (flow_sql_has_failed(c)) {
        p->doing = NOTHING;
        p->listens = false;
        return FLOW_FAILED;
    }
    return p->listens ? FLOW_READY : FLOW_DONE;
}

/* Rows; or a row that is wrong, but not a statement that is. */
static bool has_enough(const struct pq *p, const flow_sql_call *c)
{
    return flow_sql_full(c) && !flow_sql_given_up(c) && !p->refused;
}

static flow_status ask_on(struct pq *p, flow_sql_call *c)
{
    PGresult *r;
    bool yes;

    if (!send_on(p, c))
        return FLOW_FAILED;
    while (p->doing == ASKING && !p->broken) {
        if (has_enough(p, c))
            return FLOW_READY;
        if (!has_come(p, c, &yes))
            return FLOW_FAILED;
        if (!yes)
            return wait_for(p, c);
        r = PQgetResult(p->db);
        if (r == NULL)
            return is_done(p, c);
        take_result(p, c, r);
        PQclear(r);
    }
    return p->broken ? FLOW_FAILED : FLOW_DONE;
}

/* Has what libpq has taken to send sent, whatever the answer of `sent` was. */
static flow_status ask(struct pq *p, flow_sql_call *c, int sent)
{
    if (!sent) {
        if (PQstatus(p->db) != CONNECTION_OK)
            lose(p, c);
        else
            flow_sql_fail(c, "HY000", "%s", PQerrorMessage(p->db));
        return FLOW_FAILED;
    }
    p->doing = ASKING;
    p->flushes = true;
    return FLOW_READY;
}

/* ---- Connecting --------------------------------------------------------- */
static void keep_quiet(void *arg, const char *message)
{
    (void)arg, (void)message;
}

static flow_status is_connected(struct pq *p, flow_sql_call *c)
{
    const char *style = PQparameterStatus(p->db, "DateStyle");

    PQsetnonblocking(p->db, 1);
    p->doing = NOTHING;
    if (style != NULL && strncmp(style, "ISO", 3) == 0)
        return FLOW_DONE;
    return ask(p, c, PQsendQuery(p->db, "SET DateStyle TO ISO"));
}

static flow_status connect_on(struct pq *p, flow_sql_call *c)
{
    switch (PQconnectPoll(p->db)) {
    case PGRES_POLLING_OK:
        return is_connected(p, c);
    case PGRES_POLLING_READING:
        return flow_sql_wait(c, PQsocket(p->db), FLOW_SQL_READ);
    case PGRES_POLLING_WRITING:
        return flow_sql_wait(c, PQsocket(p->db), FLOW_SQL_WRITE);
    case PGRES_POLLING_FAILED: case PGRES_POLLING_ACTIVE:
        break;
    }
    p->broken = true;
    return flow_sql_fail(c, "08001", "%s", PQerrorMessage(p->db));
}

static flow_status pq_connect(void *conn, const char *url, flow_sql_call *c)
{
    static const char *const keys[] = { "dbname", "client_encoding", NULL };
    const char *const values[] = { url, "UTF8", NULL };
    struct pq *p = conn;

    p->db = PQconnectStartParams(keys, values, 1);
    if (p->db == NULL)
        return flow_sql_raise(c, flow_error(FLOW_ENOMEM, 0, "no memory for a "
                                            "connection"));
    if (PQstatus(p->db) == CONNECTION_BAD) {
        p->broken = true;
        return flow_sql_fail(c, "08001", "%s", PQerrorMessage(p->db));
    }
    PQsetNoticeProcessor(p->db, keep_quiet, NULL);
    p->doing = CONNECTING;
    return flow_sql_wait(c, PQsocket(p->db), FLOW_SQL_WRITE);
}

/* ---- Asking ------------------------------------------------------------- */
static flow_status pq_query(void *conn, const char *sql,
                            const flow_value *values, size_t n,
                            flow_sql_call *c)
{
    struct pq *p = conn;
    struct flow__pq_values v;
    flow_value wrong = flow__pq_values_begin(&v, values, n);
    int sent;

    if (flow_is_failure(wrong))
        return flow_sql_raise(c, wrong);
    sent = PQsendQueryParams(p->db, sql, (int)n, v.types, v.chars, v.sizes,
                             v.formats, 0);
    flow__pq_values_end(&v);
    if (sent)
        PQsetSingleRowMode(p->db);
    return ask(p, c, sent);
}

static flow_status pq_transact(void *conn, flow_sql_verb verb, flow_sql_call *c)
{
    static const char *const sql[] = {
        [FLOW_SQL_BEGIN] = "BEGIN", [FLOW_SQL_COMMIT] = "COMMIT",
        [FLOW_SQL_ROLLBACK] = "ROLLBACK"
    };
    struct pq *p = conn;

    p->commits = verb == FLOW_SQL_COMMIT;
    return ask(p, c, PQsendQuery(p->db, sql[verb]));
}

static flow_status ask_with(struct pq *p, flow_sql_call *c, const char *before,
                            const char *word, const char *after)
{
    flow_value sql = flow_textf("%s %s%s%c", before, word, after, '\0');
    int sent;

    if (flow_is_failure(sql))
        return flow_sql_raise(c, sql);
    sent = PQsendQuery(p->db, flow_chars(&sql, NULL));
    flow_drop(sql);
    return ask(p, c, sent);
}

static flow_status pq_listen(void *conn, const char *channel, flow_sql_call *c)
{
    struct pq *p = conn;
    char *word = PQescapeIdentifier(p->db, channel, strlen(channel));
    flow_status st;

    if (word == NULL)
        return flow_sql_fail(c, "22021", "%s", PQerrorMessage(p->db));
    st = ask_with(p, c, "LISTEN", word, "");
    p->listens = st == FLOW_READY;
    PQfreemem(word);
    return st;
}

static void make_notice(flow_sql_call *c, const PGnotify *notice)
{
    flow_value *row;

    if (!flow_sql_has_columns(c)) {
        flow_value *name = flow_sql_columns(c, 1);

        if (name == NULL)
            return;
        *name = flow_literal("payload");
    }
    row = flow_sql_row(c);
    if (row != NULL)
        *row = flow_sql_text(c, notice->extra, strlen(notice->extra));
}

static flow_status hear_on(struct pq *p, flow_sql_call *c)
{
    PGnotify *notice;

    if (!PQconsumeInput(p->db)) {
        lose(p, c);
        return FLOW_FAILED;
    }
    while (!flow_sql_full(c)) {
        notice = PQnotifies(p->db);
        if (notice == NULL)
            return wait_for(p, c);
        make_notice(c, notice);
        PQfreemem(notice);
    }
    return FLOW_READY;
}

/* ---- Inserting ---------------------------------------------------------- */
static flow_status pq_insert(void *conn, const char *into, size_t columns,
                             flow_sql_call *c)
{
    (void)columns;
    ((struct pq *)conn)->inserts = true;
    return ask_with(conn, c, "COPY", into, " FROM STDIN");
}

static flow_status copy_on(struct pq *p, flow_sql_call *c)
{
    if (!send_on(p, c))
        return FLOW_FAILED;
    if (!p->flushes)
        return FLOW_DONE;
    if (PQconsumeInput(p->db))
        return wait_for(p, c);
    lose(p, c);
    return FLOW_FAILED;
}

static flow_status end_copy(struct pq *p, flow_sql_call *c, const char *wrong)
{
    return ask(p, c, PQputCopyEnd(p->db, wrong) > 0);
}

/* Refused, it is not at rest before the copy has been ended: READY. */
static flow_status pq_put(void *conn, const flow_value *rows, size_t n,
                          flow_sql_call *c)
{
    struct pq *p = conn;
    flow_value lines, wrong;
    size_t size;
    const char *chars;
    int taken;

    if (n == 0)
        return end_copy(p, c, NULL);
    wrong = flow__pq_lines(rows, n, &lines);
    if (flow_is_failure(wrong)) {
        flow_sql_raise(c, wrong);
        return FLOW_READY;
    }
    chars = flow_chars(&lines, &size);
    taken = PQputCopyData(p->db, chars, (int)size);
    flow_drop(lines);
    if (taken <= 0) {
        lose(p, c);
        return FLOW_FAILED;
    }
    p->flushes = true;
    return copy_on(p, c);
}

/* ---- Going on, and not -------------------------------------------------- */
static flow_status pq_go(void *conn, flow_sql_call *c)
{
    struct pq *p = conn;
    int fd = flow__pq_cancel_wait(&p->cancel);

    if (fd >= 0)
        return flow_sql_wait(c, fd, FLOW_SQL_READ);
    switch (p->doing) {
    case CONNECTING:
        return connect_on(p, c);
    case ASKING:
        return ask_on(p, c);
    case COPYING:
        return copy_on(p, c);
    case HEARING:
        return hear_on(p, c);
    case NOTHING:
        break;
    }
    return FLOW_DONE;
}

static void pq_abandon(void *conn, bool cancel)
{
    struct pq *p = conn;

    p->listens = false;
    switch (p->doing) {
    case ASKING:
        if (cancel && p->cancel == NULL)
            p->cancel = flow__pq_cancel(p->db);
        p->broken |= cancel && p->cancel == NULL;   /* who knows how long   */
        break;
    case COPYING:
        p->doing = ASKING;
        p->flushes = true;
        p->broken |= PQputCopyEnd(p->db, "the rest is not sent") <= 0;
        break;
    case HEARING:
        p->doing = ASKING;
        p->flushes = true;
        p->broken |= !PQsendQuery(p->db, "UNLISTEN *");
        break;
    case CONNECTING: case NOTHING:
        break;
    }
}

static bool may_be_read(const struct pq *p)
{
    struct pollfd socket = { .fd = PQsocket(p->db), .events = POLLIN };

    return poll(&socket, 1, 0) > 0;
}

/* One that rests looks whether the server has gone: it may have said why, and
 * then is at its end. */
static bool pq_alive(void *conn)
{
    struct pq *p = conn;

    if (p->broken || p->db == NULL)
        return false;
    for (int n = 0; n < 3 && p->doing == NOTHING && may_be_read(p); n++)
        if (!PQconsumeInput(p->db))
            return false;
    return PQstatus(p->db) == CONNECTION_OK;
}

static void pq_close(void *conn)
{
    struct pq *p = conn;

    flow__pq_cancel_leave(p->cancel);
    flow_free(p->forms, p->forms_room * sizeof *p->forms);
    PQfinish(p->db);
}

static const flow_sql_driver driver = {
    .name = "PostgreSQL", .scheme = "postgresql", .size = sizeof(struct pq),
    .connect = pq_connect, .query = pq_query, .transact = pq_transact,
    .insert = pq_insert, .put = pq_put, .listen = pq_listen, .go = pq_go,
    .abandon = pq_abandon, .alive = pq_alive, .close = pq_close
};

const flow_sql_driver *const flow_pq = &driver;
