/* SPDX-License-Identifier: MIT */
/* A transaction: a stage, and the database that its work uses, which has one
 * connection of a pool for one query at a time. It begins with the first of
 * them, so one without any costs nothing. */
#include "transaction.h"

struct scope {
    struct flow_database database;  /* first                                */
    struct flow__sql_ticket ticket; /* at the pool                          */
    struct flow__sql_ticket *user;  /* the query that uses it, or NULL      */
    flow_waker *waker;              /* who waits until it has settled       */
    bool over;
};

enum state { NEW, WORKING, COMMITTING, UNDOING, OVER };

struct transaction {
    flow_stage *work;               /* first; NULL: not yet, or ended       */
    flow_unit *make;
    void *arg;
    struct scope *scope;            /* held                                 */
    struct flow_sql_call *call;     /* of the commit                        */
    enum state state;
    flow_value error;               /* why it is undone                     */
};

/* ---- The database of the work ------------------------------------------- */
static flow_status refuse(flow_value *why, const char *because)
{
    *why = flow_error(FLOW_EINVAL, 0, "%s", because);
    return FLOW_FAILED;
}

static flow_status scope_borrow(flow_database *db, struct flow__sql_ticket *t,
                                flow_waker *w, flow_value *why)
{
    struct scope *s = (struct scope *)db;
    flow_status st;

    if (s->over)
        return refuse(why, "the transaction is over");
    if (s->user != NULL && s->user != t)
        return refuse(why, "another query of the transaction is not at its "
                      "end: read it to the end, or close it, first");
    s->user = t;
    st = flow__sql_borrow(&s->ticket, w, why);
    if (st != FLOW_READY)
        return st;
    if (s->ticket.conn->settling) {
        s->waker = w;
        return FLOW_WAIT;
    }
    if (t->conn != NULL)
        return FLOW_READY;
    if (s->ticket.conn->lost)
        return refuse(why, "the connection of the transaction is lost");
    t->conn = s->ticket.conn;
    t->conn->begins = true;
    return FLOW_READY;
}

static void has_settled(struct flow__sql_conn *n)
{
    struct scope *s = n->owner;
    flow_waker *w = s->waker;

    s->waker = NULL;
    flow_wake(w);
}

static void settle(struct scope *s, struct flow_sql_call *call, bool keeps)
{
    struct flow__sql_conn *n = s->ticket.conn;

    n->owner = s;
    n->settled = has_settled;
    flow__sql_conn_settle(n, call, keeps);
}

static void scope_give_back(flow_database *db, struct flow__sql_ticket *t,
                            struct flow_sql_call *call)
{
    struct scope *s = (struct scope *)db;
    struct flow__sql_conn *n = t->conn;

    if (s->user == t) {
        s->user = NULL;
        s->waker = s->ticket.waker = NULL;
    }
    t->conn = NULL;
    if (n != NULL && !s->over && !flow__sql_conn_rests(n)) {
        settle(s, call, true);
        return;
    }
    if (n != NULL && !s->over) {
        flow__sql_conn_forget(n);
        n->call = NULL;
    }
    flow__sql_call_free(call);
}

static void scope_free(flow_database *db)
{
    flow_free(db, sizeof(struct scope));
}

static const struct flow__sql_kind scope_kind = {
    scope_borrow, scope_give_back, scope_free
};

/* Gives the connection to the pool, which undoes what is not committed. */
static void end_scope(struct scope *s, struct flow_sql_call *call)
{
    if (s->over)
        return;
    s->over = true;
    flow__sql_give_back(&s->ticket, call);
}

/* ---- The stage ---------------------------------------------------------- */
static void begin_work(struct transaction *t, flow_stage *out)
{
    t->work = t->make(&t->scope->database, t->arg);
    if (t->work == NULL)
        t->work = (flow_failed)(flow_error(FLOW_EINVAL, 0, "the work of a "
                                           "transaction is NULL, not a stage"));
    flow_read_by(t->work, out);
    t->state = WORKING;
}

static void end_work(struct transaction *t, enum state next)
{
    flow_close(t->work);
    t->work = NULL;
    t->state = next;
}

static void undo(struct transaction *t, flow_value error)
{
    struct flow__sql_conn *n = t->scope->ticket.conn;

    t->error = error;
    end_work(t, UNDOING);
    if (n != NULL && (n->driver->blocks || n->connected))
        settle(t->scope, NULL, false);
}

static flow_status wait(struct transaction *t, flow_stage *out, flow_waker *w,
                        const char *what)
{
    t->scope->waker = w;
    flow_waits_for(out, w, what);
    return FLOW_WAIT;
}

static flow_status work_on(struct transaction *t, flow_stage *out,
                           flow_waker *w)
{
    flow_set set;
    flow_status st = flow_pull_set(t->work, w, &set);

    switch (st) {
    case FLOW_READY:
        flow_lend(out, set.v, set.n);
        break;
    case FLOW_WAIT:
        break;
    case FLOW_DONE:
        end_work(t, COMMITTING);
        return FLOW_READY;
    case FLOW_FAILED:
        undo(t, set.error);
        return FLOW_READY;
    }
    return st;
}

static flow_status commit(struct transaction *t, flow_stage *out, flow_waker *w)
{
    struct flow__sql_conn *n = t->scope->ticket.conn;
    size_t rows;
    flow_status st = FLOW_DONE;

    if (n != NULL && n->settling)
        return wait(t, out, w, "an end of its queries");
    if (n != NULL && n->begun) {
        if (n->call != t->call) {
            flow__sql_call_order(t->call, FLOW__SQL_TRANSACT);
            t->call->verb = FLOW_SQL_COMMIT;
            flow__sql_conn_ask(n, t->call);
        }
        st = flow__sql_conn_go(n, w, &rows);
    }
    if (st == FLOW_WAIT)
        flow_waits_for(out, w, "its commit");
    if (st == FLOW_FAILED) {
        n->call = NULL;
        undo(t, flow__sql_call_take_error(t->call));
        return FLOW_READY;
    }
    if (st != FLOW_DONE)
        return st;
    if (n != NULL) {
        n->begun = false;
        n->call = NULL;
    }
    t->state = OVER;
    end_scope(t->scope, NULL);
    return FLOW_DONE;
}

static flow_status fail(struct transaction *t, flow_stage *out, flow_waker *w)
{
    struct flow__sql_conn *n = t->scope->ticket.conn;
    flow_value error = t->error;

    if (n != NULL && n->settling)
        return wait(t, out, w, "its changes to be undone");
    t->error = flow_none();
    t->state = OVER;
    end_scope(t->scope, NULL);
    return flow_raise_in(out, error);
}

static flow_status transaction_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct transaction *t = self;

    switch (t->state) {
    case NEW:
        begin_work(t, out);
        return FLOW_READY;
    case WORKING:
        return work_on(t, out, w);
    case COMMITTING:
        return commit(t, out, w);
    case UNDOING:
        return fail(t, out, w);
    case OVER:
        break;
    }
    return FLOW_DONE;
}

/* A commit on its way goes on in its connection. */
static void transaction_close(void *self)
{
    struct transaction *t = self;
    struct flow__sql_conn *n = t->scope->ticket.conn;
    bool commits = n != NULL && t->call != NULL && n->call == t->call;

    flow_drop(t->error);
    end_scope(t->scope, commits ? t->call : NULL);
    if (!commits)
        flow__sql_call_free(t->call);
    flow_database_release(&t->scope->database);
}

/* ---- Making ------------------------------------------------------------- */
static const flow_type type = {
    .name = "transaction", .size = sizeof(struct transaction),
    .fill = transaction_fill, .close = transaction_close,
    .inputs = flow_first_input
};

static flow_stage *failed(flow_value error)
{
    return flow_named((flow_failed)(error), "transaction");
}

static struct scope *new_scope(flow_database *pool)
{
    struct scope *s = flow_alloc(sizeof *s);

    if (s == NULL)
        return NULL;
    *s = (struct scope){ .database = { &scope_kind, 1 } };
    s->ticket.db = flow__sql_hold(pool);
    return s;
}

/* False: no memory. */
static bool begin(struct transaction *t, flow_database *db)
{
    t->error = flow_none();
    t->call = flow__sql_call_new();
    t->scope = t->call != NULL ? new_scope(db) : NULL;
    if (t->scope == NULL)
        flow__sql_call_free(t->call);
    return t->scope != NULL;
}

flow_stage *(flow_transaction)(flow_database *db, flow_unit *work, void *arg)
{
    struct transaction t = { .make = work, .arg = arg };

    if (work == NULL)
        return failed(flow_error(FLOW_EINVAL, 0, "a transaction wants a "
                                 "function, not NULL"));
    if (flow__sql_is_transaction(db))
        return failed(flow_error(FLOW_EINVAL, 0, "transactions do not nest: "
                                 "this one is inside another"));
    if (!begin(&t, db))
        return failed(flow_error(FLOW_ENOMEM, 0, "no memory for a "
                                 "transaction"));
    return flow_stage_new(&type, &t);
}

bool flow__sql_is_transaction(const flow_database *db)
{
    return db != NULL && db->kind == &scope_kind;
}

flow_stage *flow__sql_transaction_now(flow_database *db, flow_unit *work,
                                      void *arg)
{
    struct transaction t = { .state = WORKING };

    if (!begin(&t, db))
        return NULL;
    t.work = work(&t.scope->database, arg);
    return flow_stage_new(&type, &t);
}
