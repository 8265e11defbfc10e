/* SPDX-License-Identifier: MIT */
/* Writing the rows of a stage into a table. While the database works on some of
 * them, the next are gathered. */
#include "transaction.h"

#include <string.h>

enum { PUT = 512 };                 /* rows written at once, at most        */

enum state { GATHERING, BEGINNING, PUTTING, ENDING };

struct insert {
    flow_stage *rows;               /* first                                */
    struct flow__sql_ticket ticket;
    struct flow_sql_call *call;     /* with the rows that are being put     */
    enum state state;
    bool complete;                  /* the source has ended                 */
    size_t width;                   /* of the first row                     */
    int64_t gathered, written;
    size_t n;
    flow_value next[PUT];           /* gathered meanwhile                   */
};

/* ---- Gathering ---------------------------------------------------------- */
static flow_value check(struct insert *i, const flow_value *row)
{
    size_t n;
    const flow_value *items = flow_items(row, &n);

    if (items == NULL || n == 0)
        return flow_error(FLOW_EINVAL, 0, "row %lld to be inserted is no list "
                          "of values", (long long)i->gathered + 1);
    if (i->width == 0)
        i->width = n;
    if (n != i->width)
        return flow_error(FLOW_EINVAL, 0, "row %lld to be inserted has %zu "
                          "values, those before have %zu",
                          (long long)i->gathered + 1, n, i->width);
    for (size_t k = 0; k < n; k++) {
        flow_value wrong = flow__sql_check(&items[k], "column", k + 1);

        if (flow_is_failure(wrong))
            return flow_because(flow_error(FLOW_EINVAL, 0, "row %lld cannot be "
                                           "inserted: %s",
                                           (long long)i->gathered + 1,
                                           flow_message(&wrong)), wrong);
    }
    return flow_none();
}

/* As many as there are, and are wanted. READY: there are enough of them. */
static flow_status gather(struct insert *i, flow_waker *w, flow_value *error)
{
    while (i->n < PUT) {
        flow_value row;
        flow_status st = flow_pull(i->rows, w, &row);

        if (st == FLOW_FAILED)
            *error = row;
        if (st != FLOW_READY)
            return st;
        *error = check(i, &row);
        if (flow_is_failure(*error)) {
            flow_drop(row);
            return FLOW_FAILED;
        }
        i->next[i->n++] = row;
        i->gathered++;
    }
    return FLOW_READY;
}

/* ---- Writing ------------------------------------------------------------ */
static void ask(struct insert *i, enum state state, flow__sql_order order)
{
    i->state = state;
    flow__sql_call_order(i->call, order);
    flow__sql_conn_ask(i->ticket.conn, i->call);
}

static void ask_to_put(struct insert *i)
{
    memcpy(i->call->values, i->next, i->n * sizeof *i->next);
    i->call->n = i->n;
    i->n = 0;
    ask(i, PUTTING, FLOW__SQL_PUT);
}

/* What is next, when nothing is being done. WAIT: that there are rows. */
static flow_status begin_next(struct insert *i, flow_waker *w,
                              flow_status gathered, flow_value *error)
{
    flow_status st;

    if (i->n == 0 && gathered == FLOW_WAIT)
        return FLOW_WAIT;
    st = flow__sql_borrow(&i->ticket, w, error);
    if (st != FLOW_READY)
        return st;
    if (i->n > 0 && !i->ticket.conn->inserts) {
        i->call->width = i->width;
        ask(i, BEGINNING, FLOW__SQL_INSERT);
    } else if (i->n > 0) {
        ask_to_put(i);
    } else {
        ask(i, ENDING, FLOW__SQL_PUT);
    }
    return FLOW_READY;
}

/* Goes on with what is being done. READY: it has been done. */
static flow_status go_on(struct insert *i, flow_waker *w, flow_value *error)
{
    size_t rows;
    flow_status st = flow__sql_borrow(&i->ticket, w, error);

    if (st != FLOW_READY)
        return st;
    do
        st = flow__sql_conn_go(i->ticket.conn, w, &rows);
    while (st == FLOW_READY);
    if (st == FLOW_FAILED)
        *error = flow__sql_call_take_error(i->call);
    return st == FLOW_DONE ? FLOW_READY : st;
}

static flow_status end(struct insert *i, flow_stage *out)
{
    flow__sql_give_back(&i->ticket, NULL);
    if (i->written == 0)
        flow_give(out, flow_int(0));
    return FLOW_DONE;
}

/* What was being done is done. */
static flow_status has_done(struct insert *i, flow_stage *out)
{
    enum state was = i->state;

    i->state = GATHERING;
    if (was == ENDING)
        return end(i, out);
    if (was == PUTTING) {
        i->written += (int64_t)i->call->n;
        flow__sql_call_drop_values(i->call);
        flow_give(out, flow_int(i->written));
    }
    return FLOW_READY;
}

static flow_status insert_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct insert *i = self;
    flow_status gathered = FLOW_DONE, st;
    flow_value error;

    if (!i->complete)
        gathered = gather(i, w, &error);
    if (gathered == FLOW_FAILED)
        return flow_raise_in(out, error);
    i->complete = gathered == FLOW_DONE;
    if (i->complete && i->gathered == 0)
        return end(i, out);
    st = i->state == GATHERING ? begin_next(i, w, gathered, &error)
                               : FLOW_READY;
    if (st == FLOW_READY)
        st = go_on(i, w, &error);
    if (st == FLOW_FAILED)
        return flow_raise_in(out, error);
    if (st == FLOW_WAIT) {
        flow_waits_for(out, w, "the database, or rows");
        return FLOW_WAIT;
    }
    return has_done(i, out);
}

static void insert_close(void *self)
{
    struct insert *i = self;

    while (i->n > 0)
        flow_drop(i->next[--i->n]);
    if (i->ticket.db != NULL)
        flow__sql_give_back(&i->ticket, i->call);
    else
        flow__sql_call_free(i->call);
}

/* ---- Making ------------------------------------------------------------- */
struct order { const char *into; flow_stage *rows; };

static flow_stage *failed(flow_stage *rows)
{
    flow_close(rows);
    return flow_named((flow_failed)(flow_error(FLOW_ENOMEM, 0, "no memory to "
                                               "insert rows")), "insert");
}

static flow_stage *insert(flow_database *db, void *arg)
{
    static const flow_type type = {
        .name = "insert", .size = sizeof(struct insert), .fill = insert_fill,
        .close = insert_close, .inputs = flow_first_input
    };
    const struct order *o = arg;
    struct insert i;

    i.call = flow__sql_call_new();
    if (i.call != NULL
        && !flow__sql_call_set(i.call, FLOW__SQL_INSERT, o->into,
                               strlen(o->into), PUT)) {
        flow__sql_call_free(i.call);
        i.call = NULL;
    }
    if (i.call == NULL)
        return failed(o->rows);
    i.rows = o->rows;
    i.ticket = (struct flow__sql_ticket){ .db = flow__sql_hold(db) };
    i.state = GATHERING;
    i.complete = false;
    i.width = i.n = 0;
    i.gathered = i.written = 0;
    return flow_stage_new(&type, &i);
}

/* All or none of them: so in a transaction, if it is not in one already. */
flow_stage *(flow_insert)(flow_database *db, const char *into, flow_stage *rows)
{
    struct order o = { into, rows };
    flow_stage *s;

    if (flow__sql_is_transaction(db))
        return insert(db, &o);
    s = flow__sql_transaction_now(db, insert, &o);
    return s != NULL ? s : failed(rows);
}
