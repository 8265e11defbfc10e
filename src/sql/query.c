/* SPDX-License-Identifier: MIT */
/* Stages that ask a database for one statement. The rows lie in the call; they
 * are lent from there. */
#include "database.h"

#include <string.h>

enum gives { ROWS, COUNT, NOTICES };

struct query {
    struct flow__sql_ticket ticket; /* NULL database: it has been left      */
    struct flow_sql_call *call;
    enum gives gives;
    bool asked;
    flow_status then;               /* after the rows: READY, DONE, FAILED  */
    flow_value rows[FLOW__TUPLES];  /* lent                                 */
};

static flow_status fail(struct query *q, flow_stage *out)
{
    flow_value error = flow__sql_call_take_error(q->call);

    flow__sql_give_back(&q->ticket, q->call);
    q->call = NULL;
    return flow_raise_in(out, error);
}

/* Of a notice its one value is given. */
static void unpack(flow_value *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        flow_value row = rows[i];

        rows[i] = flow_share(*flow_items(&row, NULL));
        flow_drop(row);
    }
}

/* Rows that were taken. DONE: there are none left. */
static flow_status give_rows(struct query *q, flow_stage *out)
{
    size_t n;

    if (q->gives == COUNT || flow__sql_call_left(q->call) == 0)
        return FLOW_DONE;
    n = flow__sql_call_read(q->call, q->rows);
    if (n == 0)
        return flow_raise_in(out, flow_error(FLOW_ENOMEM, 0, "no memory for "
                                             "rows"));
    if (q->gives == NOTICES)
        unpack(q->rows, n);
    flow_lend(out, q->rows, n);
    return FLOW_READY;
}

/* What came after the last row. */
static flow_status end(struct query *q, flow_stage *out)
{
    if (flow_sql_has_failed(q->call))
        return fail(q, out);
    if (q->gives == COUNT)
        flow_give(out, flow_int(q->call->changed));
    return FLOW_DONE;
}

static flow_status go_on(struct query *q, flow_stage *out, flow_waker *w)
{
    size_t rows;
    flow_status st;

    do {
        st = flow__sql_conn_go(q->ticket.conn, w, &rows);
        if (q->gives == COUNT)
            flow__sql_call_leave(q->call);
    } while (st == FLOW_READY && (rows == 0 || q->gives == COUNT));
    if (st == FLOW_WAIT) {
        flow_waits_for(out, w, "the database");
        return FLOW_WAIT;
    }
    q->then = st;
    if (st == FLOW_DONE)            /* the rows need no connection          */
        flow__sql_give_back(&q->ticket, NULL);
    return FLOW_READY;
}

static flow_status connect_and_go(struct query *q, flow_stage *out,
                                  flow_waker *w)
{
    flow_value why;
    flow_status st = flow__sql_borrow(&q->ticket, w, &why);

    if (st == FLOW_FAILED)
        return flow_raise_in(out, why);
    if (st == FLOW_WAIT) {
        flow_waits_for(out, w, "a connection to the database");
        return FLOW_WAIT;
    }
    if (!q->asked)
        flow__sql_conn_ask(q->ticket.conn, q->call);
    q->asked = true;
    return go_on(q, out, w);
}

static flow_status query_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct query *q = self;

    for (;;) {
        flow_status st = give_rows(q, out);

        if (st != FLOW_DONE)
            return st;
        if (q->then != FLOW_READY)
            return end(q, out);
        st = connect_and_go(q, out, w);
        if (st != FLOW_READY)
            return st;
    }
}

static void query_close(void *self)
{
    struct query *q = self;

    if (q->ticket.db != NULL)
        flow__sql_give_back(&q->ticket, q->call);
    else
        flow__sql_call_free(q->call);
}

/* ---- Making ------------------------------------------------------------- */
/* What is wrong with a statement, or NONE. */
static flow_value check(const flow_value *statement, size_t n)
{
    flow_value wrong = flow_none();

    if (n > 0 && flow_is_failure(statement[0]))
        return flow_share(statement[0]);
    if (n == 0 || statement[0].kind != FLOW_TEXT)
        return flow_error(FLOW_EINVAL, 0, "a statement begins with a text of "
                          "SQL");
    for (size_t i = 1; i < n && !flow_is_failure(wrong); i++)
        wrong = flow__sql_check(&statement[i], "parameter", i);
    return wrong;
}

static struct flow_sql_call *call_of(flow__sql_order order,
                                     const flow_value *statement, size_t n)
{
    struct flow_sql_call *c = flow__sql_call_new();
    size_t len;
    const char *sql = flow_chars(&statement[0], &len);

    if (c == NULL)
        return NULL;
    if (!flow__sql_call_set(c, order, sql, len, n - 1)) {
        flow__sql_call_free(c);
        return NULL;
    }
    for (size_t i = 1; i < n; i++)
        c->values[c->n++] = flow_share(statement[i]);
    return c;
}

static const flow_type types[] = {
    [ROWS] = {
        .name = "query", .size = sizeof(struct query), .fill = query_fill,
        .close = query_close
    },
    [COUNT] = {
        .name = "execute", .size = sizeof(struct query), .fill = query_fill,
        .close = query_close
    },
    [NOTICES] = {
        .name = "listen", .size = sizeof(struct query), .fill = query_fill,
        .close = query_close
    },
};

static flow_stage *make(enum gives gives, flow_database *db,
                        const flow_value *statement, size_t n)
{
    struct query q = { .gives = gives, .then = FLOW_READY };
    flow_value wrong = check(statement, n);

    if (!flow_is_failure(wrong)) {
        q.call = call_of(gives == NOTICES ? FLOW__SQL_LISTEN : FLOW__SQL_QUERY,
                         statement, n);
        if (q.call == NULL)
            wrong = flow_error(FLOW_ENOMEM, 0, "no memory for a query");
    }
    for (size_t i = 0; i < n; i++)
        flow_drop(statement[i]);
    if (flow_is_failure(wrong))
        return flow_named((flow_failed)(wrong), types[gives].name);
    q.ticket.db = flow__sql_hold(db);
    return flow_stage_new(&types[gives], &q);
}

flow_stage *flow_query_values(flow_database *db, const flow_value *statement,
                              size_t n)
{
    return make(ROWS, db, statement, n);
}

flow_stage *flow_execute_values(flow_database *db, const flow_value *statement,
                                size_t n)
{
    return make(COUNT, db, statement, n);
}

flow_stage *(flow_listen)(flow_database *db, const char *channel)
{
    return make(NOTICES, db, FLOW_VALUES(channel));
}
