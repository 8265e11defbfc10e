/* SPDX-License-Identifier: MIT */
/* A pool of connections. Each is idle, or a ticket's, or settling; tickets wait
 * in a queue when there are no more to be had. */
#include "database.h"

#include <string.h>

enum { MOST = 4, WAITING = 1000 };
static const double PATIENCE = 30;

struct pool {
    struct flow_database database;  /* first                                */
    const flow_sql_driver *driver;
    flow_database_options may;
    flow_value wrong;               /* with what it was made of; or NONE    */
    struct flow__sql_conn *all;
    size_t count;                   /* of connections                       */
    struct flow__sql_ticket *first, *last;
    size_t waiting;                 /* of tickets                           */
    size_t size;                    /* of this, in memory                   */
    char url[];
};

/* ---- Tickets ------------------------------------------------------------ */
static void stop_alarm(struct flow__sql_ticket *t)
{
    if (t->host != NULL)
        t->host->cancel(t->host, &t->alarm);
    t->host = NULL;
}

static void ring(flow_task *alarm)
{
    struct flow__sql_ticket *t = (struct flow__sql_ticket *)(void *)
        ((char *)alarm - offsetof(struct flow__sql_ticket, alarm));

    t->host = NULL;
    t->rung = true;
    flow_wake(t->waker);
}

static void set_alarm(struct flow__sql_ticket *t, double seconds)
{
    t->alarm.call = ring;
    t->host = flow_host_here();
    t->host->post(t->host, &t->alarm, seconds);
}

static void enqueue(struct pool *p, struct flow__sql_ticket *t)
{
    t->next = NULL;
    t->prev = p->last;
    *(p->last != NULL ? &p->last->next : &p->first) = t;
    p->last = t;
    t->queued = true;
    p->waiting++;
}

static void dequeue(struct pool *p, struct flow__sql_ticket *t)
{
    *(t->prev != NULL ? &t->prev->next : &p->first) = t->next;
    *(t->next != NULL ? &t->next->prev : &p->last) = t->prev;
    t->queued = false;
    p->waiting--;
}

/* ---- Connections -------------------------------------------------------- */
static void remove_conn(struct pool *p, struct flow__sql_conn *n)
{
    struct flow__sql_conn **at = &p->all;

    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    p->count--;
    flow__sql_conn_free(n);
}

/* Whoever waits longest tries again: there is one, or room for one. */
static void serve_next(struct pool *p)
{
    struct flow__sql_ticket *t = p->first;

    if (t == NULL)
        return;
    dequeue(p, t);
    flow_wake(t->waker);
}

static void put_back(struct flow__sql_conn *n)
{
    struct pool *p = n->owner;

    n->begins = false;
    n->busy = false;
    if (!flow__sql_conn_is_good(n))
        remove_conn(p, n);
    serve_next(p);
}

static struct flow__sql_conn *find_idle(struct pool *p)
{
    struct flow__sql_conn *n = p->all, *next;

    for (; n != NULL; n = next) {
        next = n->next;
        if (n->busy)
            continue;
        if (flow__sql_conn_is_good(n))
            return n;
        remove_conn(p, n);          /* the server has gone meanwhile        */
    }
    return NULL;
}

/* NULL: no memory. */
static struct flow__sql_conn *make(struct pool *p)
{
    struct flow__sql_conn *n = flow__sql_conn_new(p->driver, p->url);

    if (n == NULL)
        return NULL;
    n->next = p->all;
    p->all = n;
    p->count++;
    return n;
}

static flow_status take(struct pool *p, struct flow__sql_ticket *t,
                        struct flow__sql_conn *n)
{
    n->busy = true;
    n->owner = p;
    n->settled = put_back;
    t->conn = n;
    return FLOW_READY;
}

/* ---- Borrowing ---------------------------------------------------------- */
static flow_status waited_too_long(struct pool *p, struct flow__sql_ticket *t,
                                   flow_value *why)
{
    if (t->queued)
        dequeue(p, t);
    *why = t->conn == NULL
         ? flow_error(FLOW_ETIMEOUT, 0, "none of the %zu connections to %s "
                      "came free within %g seconds", p->may.most,
                      p->driver->name, p->may.patience)
         : flow_error(FLOW_ETIMEOUT, 0, "no connection to %s within %g "
                      "seconds", p->driver->name, p->may.patience);
    return FLOW_FAILED;
}

static flow_status wait(struct pool *p, struct flow__sql_ticket *t,
                        flow_waker *w, flow_value *why)
{
    if (p->waiting >= p->may.waiting) {
        *why = flow_error(FLOW_ELIMIT, 0, "%zu queries wait for a connection "
                          "to %s already", p->waiting, p->driver->name);
        return FLOW_FAILED;
    }
    t->waker = w;
    if (!t->queued)
        enqueue(p, t);
    if (t->host == NULL)
        set_alarm(t, p->may.patience);
    return FLOW_WAIT;
}

/* A thread knows by itself how long to wait for its connection. */
static flow_status has_conn(struct pool *p, struct flow__sql_ticket *t,
                            flow_waker *w, flow_value *why)
{
    t->waker = w;
    if (p->driver->blocks || t->conn->connected)
        stop_alarm(t);
    else if (t->rung)
        return waited_too_long(p, t, why);
    else if (t->host == NULL)
        set_alarm(t, p->may.patience);
    return FLOW_READY;
}

static flow_status pool_borrow(flow_database *db, struct flow__sql_ticket *t,
                               flow_waker *w, flow_value *why)
{
    struct pool *p = (struct pool *)db;
    struct flow__sql_conn *n;

    if (flow_is_failure(p->wrong)) {
        *why = flow_share(p->wrong);
        return FLOW_FAILED;
    }
    if (t->conn != NULL)
        return has_conn(p, t, w, why);
    if (t->rung)
        return waited_too_long(p, t, why);
    if (t->queued) {
        t->waker = w;
        return FLOW_WAIT;
    }
    n = find_idle(p);
    if (n == NULL && p->count >= p->may.most)
        return wait(p, t, w, why);
    if (n == NULL)
        n = make(p);
    if (n == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory for a connection");
        return FLOW_FAILED;
    }
    take(p, t, n);
    return has_conn(p, t, w, why);
}

static bool is_clean(const struct flow__sql_conn *n)
{
    return !n->settling && flow__sql_conn_rests(n) && !n->begun;
}

static void pool_give_back(flow_database *db, struct flow__sql_ticket *t,
                           struct flow_sql_call *call)
{
    struct pool *p = (struct pool *)db;
    struct flow__sql_conn *n = t->conn;

    stop_alarm(t);
    if (t->queued)
        dequeue(p, t);
    t->conn = NULL;
    if (n == NULL) {
        flow__sql_call_free(call);
        return;
    }
    n->owner = p;
    n->settled = put_back;
    if (!n->driver->blocks && !n->connected)
        n->lost = true;             /* nobody waits until it is made        */
    if (n->working || (!n->lost && !is_clean(n))) {
        flow__sql_conn_settle(n, call, false);
        return;
    }
    flow__sql_conn_forget(n);
    flow__sql_call_free(call);
    n->call = NULL;
    put_back(n);
}

/* ---- Making ------------------------------------------------------------- */
static void pool_free(flow_database *db)
{
    struct pool *p = (struct pool *)db;

    while (p->all != NULL)
        remove_conn(p, p->all);
    flow_drop(p->wrong);
    flow_free(p, p->size);
}

static flow_value check(const flow_sql_driver *driver, const char *url)
{
    size_t n = strlen(driver->scheme);

    if (strncmp(url, driver->scheme, n) == 0 && url[n] == ':')
        return flow_none();
    return flow_error(FLOW_EINVAL, 0, "the URL of a database of %s must begin "
                      "with '%s:', and not as '%.*s'", driver->name,
                      driver->scheme, (int)strcspn(url, ":"), url);
}

flow_database *flow_database_new(const flow_sql_driver *driver, const char *url,
                                 const flow_database_options *o)
{
    static const struct flow__sql_kind kind = {
        pool_borrow, pool_give_back, pool_free
    };
    size_t size = strlen(url) + 1;
    struct pool *p = flow_alloc(sizeof *p + size);

    if (p == NULL)
        return NULL;
    memset(p, 0, sizeof *p);
    p->database = (struct flow_database){ &kind, 1 };
    p->driver = driver;
    p->size = sizeof *p + size;
    memcpy(p->url, url, size);
    if (o != NULL)
        p->may = *o;
    if (p->may.most == 0)
        p->may.most = MOST;
    if (driver->alone != NULL && driver->alone(url))
        p->may.most = 1;
    if (p->may.waiting == 0)
        p->may.waiting = WAITING;
    if (!(p->may.patience > 0))
        p->may.patience = PATIENCE;
    p->wrong = check(driver, url);
    return &p->database;
}

void flow_database_release(flow_database *db)
{
    if (db != NULL && --db->holders == 0)
        db->kind->free(db);
}

flow_database *flow__sql_hold(flow_database *db)
{
    if (db != NULL)
        db->holders++;
    return db;
}

/* ---- Of both kinds ------------------------------------------------------ */
flow_status flow__sql_borrow(struct flow__sql_ticket *t, flow_waker *w,
                             flow_value *why)
{
    if (t->db != NULL)
        return t->db->kind->borrow(t->db, t, w, why);
    *why = flow_error(FLOW_ENOMEM, 0, "there is no database");
    return FLOW_FAILED;
}

void flow__sql_give_back(struct flow__sql_ticket *t, struct flow_sql_call *call)
{
    flow_database *db = t->db;

    t->db = NULL;
    if (db == NULL) {
        flow__sql_call_free(call);
        return;
    }
    db->kind->give_back(db, t, call);
    flow_database_release(db);
}
