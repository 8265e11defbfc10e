/* SPDX-License-Identifier: MIT */
/* See dial.h. Each address is tried by a connection of its own; the first to be
 * connected is the one, and the others are closed. */
#include "dial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { TOLD = 1024 };               /* characters of what went wrong        */
static const double PATIENCE = 30;  /* seconds, unless told otherwise       */
static const double NEXT = 0.25;    /* until the next is tried as well      */

struct try {
    struct flow__conn conn;                 /* first                        */
    flow_waker waker;
    struct flow__dial *dial;                /* NULL: it is connected        */
    struct try *next;
    struct flow__address to;
};

struct flow__dial {
    const struct flow__network *network;    /* NULL: it has not begun       */
    flow_host *host;
    struct flow__endpoint to;
    flow_conn_options options;
    double timeout;
    bool stays;
    flow_waker *waker;                      /* who waits                    */
    flow_task again;                        /* tries the next as well       */
    flow_task late;                         /* the time is over             */
    struct flow__lookup lookup;
    bool looking_up;
    size_t at;                              /* the next to be tried         */
    struct try *first;                      /* being tried                  */
    struct try *made;                       /* NULL: none is yet            */
    flow_value why;                         /* none will be                 */
    int code;                               /* of what went wrong last      */
    size_t told_size;
    char told[TOLD];                        /* what went wrong with each    */
    char text[];                            /* as the program wrote it      */
};

/* ---- What goes wrong ---------------------------------------------------- */
static void wake(struct flow__dial *d)
{
    flow_waker *w = d->waker;

    d->waker = NULL;
    flow_wake(w);
}

/* Its message is enough where there is but the one address that was given. */
static void note(struct flow__dial *d, const struct flow__address *a,
                 const char *what)
{
    char address[FLOW__ADDRESS_TEXT];
    int n;

    flow__address_write(a, address);
    n = snprintf(d->told + d->told_size, TOLD - d->told_size, "%s%s: %s",
                 d->told_size > 0 ? "; " : "", address, what);
    d->told_size += (size_t)n < TOLD - d->told_size ? (size_t)n
                                                    : TOLD - 1 - d->told_size;
}

static void fail(struct flow__dial *d, flow_value why)
{
    flow_drop(d->why);
    d->why = why;
    d->host->cancel(d->host, &d->again);
    d->host->cancel(d->host, &d->late);
    wake(d);
}

static void fail_with_all(struct flow__dial *d)
{
    if (d->to.name[0] == '\0')
        fail(d, flow_system_error(d->code, "cannot connect to %s", d->text));
    else
        fail(d, flow_error(FLOW_ESYSTEM, d->code, "cannot connect to %s: %s",
                           d->text, d->told));
}

/* ---- Trying an address -------------------------------------------------- */
static void unlist(struct try *t)
{
    struct try **place = &t->dial->first;

    while (*place != t)
        place = &(*place)->next;
    *place = t->next;
    t->dial = NULL;
}

static void try_next(struct flow__dial *d);

static void refused(struct flow__dial *d, const struct flow__address *to,
                    int code)
{
    d->code = code;
    note(d, to, strerror(code));
}

/* The link has become writable: it is connected, or it is not. */
static void answered(flow_waker *w)
{
    struct try *t = (struct try *)(void *)
        ((char *)w - offsetof(struct try, waker));
    struct flow__dial *d = t->dial;
    int wrong = d->network->connected(t->conn.link);

    unlist(t);
    if (wrong == 0) {
        d->made = t;
        d->host->cancel(d->host, &d->again);
        d->host->cancel(d->host, &d->late);
        wake(d);
        return;
    }
    refused(d, &t->to, -wrong);
    flow__conn_release(&t->conn);
    try_next(d);
}

static bool begin_try(struct flow__dial *d, const struct flow__address *to)
{
    struct try *t = (struct try *)flow__conn_new(d->network, sizeof *t);
    int wrong = -ENOMEM;

    if (t != NULL)
        wrong = d->network->connect(t->conn.link, to);
    if (wrong != 0) {
        if (t != NULL)
            flow__conn_release(&t->conn);
        refused(d, to, -wrong);
        return false;
    }
    flow__conn_open(&t->conn, to);
    t->to = *to;
    t->dial = d;
    t->waker = (flow_waker){ answered, d->host };
    t->next = d->first;
    d->first = t;
    flow__conn_wait_writable(&t->conn, &t->waker);
    return true;
}

/* Tries addresses until one may answer. */
static void try_next(struct flow__dial *d)
{
    struct flow__lookup *q = &d->lookup;
    bool trying = false;

    d->host->cancel(d->host, &d->again);
    while (!trying && d->at < q->n)
        trying = begin_try(d, &q->found[d->at++]);
    if (trying && d->at < q->n)
        d->host->post(d->host, &d->again, NEXT);
    else if (!trying && d->first == NULL)
        fail_with_all(d);
}

static void try_again(flow_task *t)
{
    try_next((struct flow__dial *)(void *)
             ((char *)t - offsetof(struct flow__dial, again)));
}

/* ---- Names -------------------------------------------------------------- */
/* So that the versions of the internet take turns, from that of the best on. */
static void mix_versions(struct flow__lookup *q)
{
    struct flow__address mixed[FLOW__FOUND];
    bool taken[FLOW__FOUND] = { false };
    int version = q->found[0].to.any.sa_family;

    for (size_t n = 0; n < q->n; n++) {
        size_t i = 0, other;

        while (taken[i])
            i++;
        for (other = i; other < q->n && (taken[other]
                 || q->found[other].to.any.sa_family != version); other++)
            ;
        i = other < q->n ? other : i;
        taken[i] = true;
        mixed[n] = q->found[i];
        version = mixed[n].to.any.sa_family == AF_INET ? AF_INET6 : AF_INET;
    }
    memcpy(q->found, mixed, q->n * sizeof *mixed);
}

static void looked_up(struct flow__lookup *q)
{
    struct flow__dial *d = (struct flow__dial *)(void *)
        ((char *)q - offsetof(struct flow__dial, lookup));

    d->looking_up = false;
    if (q->wrong != NULL) {
        fail(d, flow_error(FLOW_ESYSTEM, EHOSTUNREACH, "cannot connect to %s: "
                           "%s", d->text, q->wrong));
        return;
    }
    mix_versions(q);
    for (size_t i = 0; i < q->n; i++)
        flow__address_set_port(&q->found[i], d->to.port);
    try_next(d);
}

/* ---- The time ----------------------------------------------------------- */
static void forget(struct flow__dial *d)
{
    if (d->looking_up)
        d->network->forget(&d->lookup);
    d->looking_up = false;
    while (d->first != NULL) {
        struct try *t = d->first;

        unlist(t);
        flow__conn_forget(&t->conn, false, true);
        flow__conn_release(&t->conn);
    }
}

static void is_late(flow_task *t)
{
    struct flow__dial *d = (struct flow__dial *)(void *)
        ((char *)t - offsetof(struct flow__dial, late));

    for (const struct try *one = d->first; one != NULL; one = one->next)
        note(d, &one->to, "no answer");
    if (d->looking_up)
        snprintf(d->told, TOLD, "the name is still looked up");
    forget(d);
    fail(d, flow_error(FLOW_ETIMEOUT, 0, "no connection to %s in %g seconds: "
                       "%s", d->text, d->timeout, d->told));
}

/* ---- The dial ----------------------------------------------------------- */
struct flow__dial *flow__dial_new(const char *to,
                                  const flow_connect_options *o,
                                  flow_value *why)
{
    static const flow_connect_options none;
    size_t n = strlen(to) + 1;
    struct flow__dial *d = flow_alloc(sizeof *d + n);

    if (o == NULL)
        o = &none;
    *why = flow_error(FLOW_ENOMEM, 0, "no memory to connect");
    if (d == NULL)
        return NULL;
    flow_drop(*why);
    memset(d, 0, sizeof *d);
    memcpy(d->text, to, n);
    d->why = flow_none();
    d->options = o->conn;
    d->timeout = o->timeout > 0 ? o->timeout : PATIENCE;
    d->stays = o->stays;
    d->again.call = try_again;
    d->late.call = is_late;
    d->lookup.done = looked_up;
    *why = flow__endpoint_read(to, &d->to);
    if (!flow_is_failure(*why))
        return d;
    flow__dial_close(d);
    return NULL;
}

static void begin(struct flow__dial *d)
{
    struct flow__lookup *q = &d->lookup;

    d->host = flow_host_here();
    d->network = flow__network_here(&d->why);
    if (d->network == NULL)
        return;
    d->host->post(d->host, &d->late, d->timeout);
    if (d->to.name[0] == '\0' && d->to.address.size == 0)
        strcpy(d->to.name, "localhost");    /* ":80"                        */
    if (d->to.name[0] != '\0') {
        d->looking_up = d->network->look_up(d->to.name, q);
        if (!d->looking_up)
            looked_up(q);
        return;
    }
    q->found[0] = d->to.address;
    q->n = 1;
    try_next(d);
}

static struct flow__conn *take_made(struct flow__dial *d)
{
    struct flow__conn *c = &d->made->conn;

    d->made = NULL;
    c->stays = d->stays;
    flow__conn_begin(c, &d->options);
    return c;
}

flow_status flow__dial_fill(struct flow__dial *d, flow_waker *w,
                            struct flow__conn **out, flow_value *error)
{
    if (d->network == NULL)
        begin(d);
    if (d->made != NULL) {
        forget(d);
        *out = take_made(d);
        return FLOW_READY;
    }
    if (flow_is_failure(d->why)) {
        *error = d->why;
        d->why = flow_none();
        return FLOW_FAILED;
    }
    d->waker = w;
    return FLOW_WAIT;
}

void flow__dial_close(struct flow__dial *d)
{
    if (d == NULL)
        return;
    if (d->network != NULL) {
        forget(d);
        d->host->cancel(d->host, &d->again);
        d->host->cancel(d->host, &d->late);
    }
    if (d->made != NULL)
        flow__conn_release(&d->made->conn);
    flow_drop(d->why);
    flow_free(d, sizeof *d + strlen(d->text) + 1);
}
