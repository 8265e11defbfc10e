/* SPDX-License-Identifier: MIT */
/* See conn.h. */
#include "conn.h"

#include <math.h>
#include <string.h>

static const double PATIENCE = 5;   /* seconds until a thread is left alone */


/* ---- Asking the driver, in whatever thread ------------------------------ */
enum what { CONNECT, BEGIN, ORDER };

static enum what is_next(const struct flow__sql_conn *n)
{
    if (!n->connected)
        return CONNECT;
    return n->begins && !n->begun ? BEGIN : ORDER;
}

static flow_status has_no_notices(struct flow__sql_conn *n)
{
    return flow_sql_raise(n->call, flow_error(FLOW_EINVAL, 0, "%s has no "
                          "notices to listen to", n->driver->name));
}

static flow_status start_order(struct flow__sql_conn *n)
{
    const flow_sql_driver *d = n->driver;
    struct flow_sql_call *c = n->call;

    switch (c->order) {
    case FLOW__SQL_QUERY:
        return d->query(n->data, c->text, c->values, c->n, c);
    case FLOW__SQL_TRANSACT:
        return d->transact(n->data, c->verb, c);
    case FLOW__SQL_INSERT:
        return d->insert(n->data, c->text, c->width, c);
    case FLOW__SQL_PUT:
        return d->put(n->data, c->values, c->n, c);
    case FLOW__SQL_LISTEN:
        return d->listen == NULL ? has_no_notices(n)
                                 : d->listen(n->data, c->text, c);
    }
    return FLOW_FAILED;
}

static flow_status start(struct flow__sql_conn *n, enum what what)
{
    switch (what) {
    case CONNECT:
        return n->driver->connect(n->data, n->url, n->call);
    case BEGIN:
        return n->driver->transact(n->data, FLOW_SQL_BEGIN, n->call);
    case ORDER:
        return start_order(n);
    }
    return FLOW_FAILED;
}

/* As far as that goes, or until there are rows enough. */
static flow_status step(struct flow__sql_conn *n)
{
    for (;;) {
        enum what what = is_next(n);
        bool in_vain = !n->started && flow_sql_given_up(n->call);
        flow_status st;

        if (in_vain)
            n->ends_insert = n->inserts;    /* which nobody ends any more   */
        if (n->started || n->ends_insert)
            st = n->driver->go(n->data, n->call);
        else if (in_vain)
            return FLOW_DONE;
        else
            st = start(n, what);
        n->started = st == FLOW_WAIT || st == FLOW_READY;
        if (st == FLOW_FAILED && !n->driver->alive(n->data))
            n->lost = true;
        if (st == FLOW_READY && !flow_sql_full(n->call))
            continue;
        if (st != FLOW_DONE || what == ORDER)
            return st;
        n->connected = true;
        n->begun = what == BEGIN;
    }
}

/* While these rows are read, more may be made. */
static bool gives(struct flow__sql_conn *n)
{
    return !flow_sql_has_failed(n->call) && flow__sql_call_give(n->call)
        && flow__sql_worker_tell(n->worker, &n->gave);
}

static void work(void *arg)
{
    struct flow__sql_conn *n = arg;

    do
        n->answer = step(n);
    while (n->answer == FLOW_READY && gives(n));
}

/* ---- Making and closing ------------------------------------------------- */
static size_t size_of(const struct flow__sql_conn *n)
{
    return sizeof *n + n->driver->size;
}

static void wake(struct flow__sql_conn *n)
{
    flow_waker *w = n->waker;

    n->waker = NULL;
    flow_wake(w);
}

static void has_worked(flow_task *t)
{
    struct flow__sql_conn *n = (struct flow__sql_conn *)(void *)
        ((char *)t - offsetof(struct flow__sql_conn, worked));

    n->host->cancel(n->host, &n->alive);
    n->working = false;
    n->answered = true;
    wake(n);
}

static void has_given(flow_task *t)
{
    struct flow__sql_conn *n = (struct flow__sql_conn *)(void *)
        ((char *)t - offsetof(struct flow__sql_conn, gave));

    n->has_rows = true;
    wake(n);
}

static void is_alive(flow_task *t)
{
    (void)t;
}

static void settle_later(flow_waker *w)
{
    struct flow__sql_conn *n = (struct flow__sql_conn *)(void *)
        ((char *)w - offsetof(struct flow__sql_conn, own));

    n->host->post(n->host, &n->later, 0);
}

static void settle(flow_task *t);

struct flow__sql_conn *flow__sql_conn_new(const flow_sql_driver *driver,
                                          const char *url)
{
    struct flow__sql_conn *n = flow_alloc(sizeof *n + driver->size);

    if (n == NULL)
        return NULL;
    memset(n, 0, sizeof *n + driver->size);
    n->driver = driver;
    n->url = url;
    n->host = flow_host_here();
    n->worked.call = has_worked;
    n->gave.call = has_given;
    n->alive.call = is_alive;
    n->later.call = settle;
    n->own = (flow_waker){ settle_later, n->host };
    flow__sql_call_begin(&n->undo);
    return n;
}

static void end_call(struct flow__sql_conn *n)
{
    if (n->settling && n->call != &n->undo)
        flow__sql_call_free(n->call);
    n->call = NULL;
}

/* In the loop's thread, or in its own when that came back too late. */
static void free_conn(void *arg)
{
    struct flow__sql_conn *n = arg;

    n->driver->close(n->data);
    end_call(n);
    flow__sql_call_end(&n->undo);
    flow_free(n, size_of(n));
}

static void give_up(struct flow__sql_conn *n, bool cancel)
{
    n->call->given_up = true;
    n->driver->abandon(n->data, cancel);
}

void flow__sql_conn_free(struct flow__sql_conn *n)
{
    bool is_back = true;

    flow__poll_close(n->watch);
    n->watch = NULL;
    n->host->cancel(n->host, &n->later);
    if (n->working)
        give_up(n, true);
    if (n->worker != NULL)
        is_back = flow__sql_worker_end(n->worker, PATIENCE, free_conn, n);
    n->host->cancel(n->host, &n->worked);
    n->host->cancel(n->host, &n->gave);
    n->host->cancel(n->host, &n->alive);
    if (is_back)
        free_conn(n);
    else
        flow_report("a call of %s does not come back; its thread was left "
                    "alone with it", n->driver->name);
}

/* ---- Going on ----------------------------------------------------------- */
void flow__sql_conn_ask(struct flow__sql_conn *n, struct flow_sql_call *call)
{
    n->call = call;
    call->blocks = n->driver->blocks;
    call->most = call->blocks ? FLOW__ROWS_FIRST : FLOW__ROWS_HERE;
}

bool flow__sql_conn_rests(const struct flow__sql_conn *n)
{
    return !n->working && !n->started && !n->answered && !n->inserts;
}

bool flow__sql_conn_is_good(struct flow__sql_conn *n)
{
    return !n->lost && n->connected && n->driver->alive(n->data);
}

void flow__sql_conn_forget(struct flow__sql_conn *n)
{
    n->waker = NULL;
    flow__poll_forget(n->watch);
}

static flow_status raise(struct flow__sql_conn *n, flow_value error)
{
    n->started = false;
    n->lost = true;
    return flow_sql_raise(n->call, error);
}

/* What is made here, or was by a thread that rests. */
static size_t take_rows(struct flow__sql_conn *n)
{
    return flow__sql_call_give(n->call) ? flow__sql_call_take(n->call) : 0;
}

/* A driver may change its descriptor while it connects. */
static flow_status watch(struct flow__sql_conn *n, flow_waker *w)
{
    flow_value why;

    if (flow__poll_fd(n->watch) != n->call->fd) {
        flow__poll_close(n->watch);
        n->watch = flow__poll_new(n->call->fd, &why);
        if (n->watch == NULL)
            return raise(n, why);
    }
    flow__poll_wait(n->watch, n->call->events, w);
    return FLOW_WAIT;
}

static flow_status start_work(struct flow__sql_conn *n)
{
    flow_value why;

    if (n->worker == NULL) {
        n->worker = flow__sql_worker_new(n->host, &n->worked, &why);
        if (n->worker == NULL)
            return raise(n, why);
    }
    n->working = true;
    n->host->post(n->host, &n->alive, INFINITY);
    flow__sql_worker_run(n->worker, work, n);
    return FLOW_WAIT;
}

static flow_status go_in_thread(struct flow__sql_conn *n, flow_waker *w,
                                size_t *rows)
{
    flow_status st = FLOW_WAIT;

    if (n->has_rows) {              /* it may have come back after them     */
        n->has_rows = false;
        *rows = flow__sql_call_take(n->call);
        return FLOW_READY;
    }
    if (!n->working && !n->answered)
        st = start_work(n);
    if (n->working)
        n->waker = w;
    if (!n->answered)
        return st;
    st = n->answer;
    n->answered = false;
    *rows = take_rows(n);
    if (st == FLOW_READY && !flow_sql_has_failed(n->call))
        start_work(n);              /* while the rows are read              */
    return st;
}

static flow_status go_here(struct flow__sql_conn *n, flow_waker *w,
                           size_t *rows)
{
    flow_status st = step(n);

    *rows = take_rows(n);
    if (st == FLOW_WAIT && *rows > 0)
        return FLOW_READY;
    if (st == FLOW_WAIT && !flow_sql_has_failed(n->call))
        return watch(n, w);
    return st;
}

/* Inserting goes on from one call to the next. */
static void note_insert(struct flow__sql_conn *n, flow_status st)
{
    const struct flow_sql_call *c = n->call;

    if (st == FLOW_DONE || st == FLOW_FAILED)
        n->inserts = st == FLOW_DONE && !n->ends_insert
                  && (c->order == FLOW__SQL_INSERT
                      || (c->order == FLOW__SQL_PUT && c->n > 0));
}

flow_status flow__sql_conn_go(struct flow__sql_conn *n, flow_waker *w,
                              size_t *rows)
{
    flow_status st;

    *rows = 0;
    flow__sql_call_leave(n->call);
    if (!n->working && !n->answered && !n->started)
        n->ends_insert = n->inserts && n->settling;
    st = n->driver->blocks ? go_in_thread(n, w, rows)
                           : go_here(n, w, rows);
    if (!n->working)
        note_insert(n, st);
    /* What is wrong with a row the driver need not know. */
    if (!n->working && flow_sql_has_failed(n->call))
        return FLOW_FAILED;
    return st;
}

/* ---- Giving up ---------------------------------------------------------- */
static flow_status go_in_vain(struct flow__sql_conn *n)
{
    size_t rows;
    flow_status st = flow__sql_conn_go(n, &n->own, &rows);

    flow__sql_call_leave(n->call);
    if (st == FLOW_FAILED)
        flow_drop(flow__sql_call_take_error(n->call));
    return st;
}

/* Whether what was asked has come to its end, or the connection to its own. */
static bool comes_to_rest(struct flow__sql_conn *n)
{
    while (!flow__sql_conn_rests(n))
        if (go_in_vain(n) == FLOW_WAIT)
            return false;
    return true;
}

static void begin_undo(struct flow__sql_conn *n)
{
    end_call(n);
    if (!n->begun || n->keeps || n->lost)
        return;
    flow__sql_call_order(&n->undo, FLOW__SQL_TRANSACT);
    n->undo.verb = FLOW_SQL_ROLLBACK;
    flow__sql_conn_ask(n, &n->undo);
}

static void settle(flow_task *t)
{
    struct flow__sql_conn *n = (struct flow__sql_conn *)(void *)
        ((char *)t - offsetof(struct flow__sql_conn, later));
    flow_status st;

    if (n->call != &n->undo) {
        if (!comes_to_rest(n))
            return;
        begin_undo(n);
    }
    if (n->call == &n->undo) {
        st = go_in_vain(n);
        if (st == FLOW_WAIT)
            return;
        n->lost |= st == FLOW_FAILED;       /* in the middle of what?       */
        n->begun = false;
        n->call = NULL;
    }
    n->settling = false;
    n->settled(n);
}

/* What has come already may be all there is. */
static bool rests_at_once(struct flow__sql_conn *n)
{
    if (!n->driver->blocks && n->started && !n->inserts)
        go_in_vain(n);
    return flow__sql_conn_rests(n);
}

void flow__sql_conn_settle(struct flow__sql_conn *n, struct flow_sql_call *call,
                           bool keeps)
{
    flow__sql_conn_forget(n);
    if (!n->settling && n->call != call)
        n->call = call;
    n->settling = true;
    n->keeps = keeps;
    if (n->call != &n->undo && !rests_at_once(n))
        give_up(n, !keeps);
    n->host->post(n->host, &n->later, 0);
}
