/* SPDX-License-Identifier: MIT */
/* Services. The flow of a connection is run beside all others; its last stage
 * is one that sends what the protocol's stage gives, and gives nothing itself.
 * A failure stays in its connection: it is told to the program or reported.
 *
 * A service is in the hands of its deferred, which undoes it when it is given
 * up; a connection is in its service's list until its link is closed and its
 * flow has ended, and is held by the flow until its deferred been released. */
#include "listen.h"
#include "peers.h"
#include "received.h"
#include "stage/deferred.h"
#include "udp.h"

#include <errno.h>
#include <string.h>

enum {
    MOST = 10000,               /* connections, unless told otherwise       */
    ACCEPTS = 64                /* in a turn, so that others come to theirs */
};
static const double PAUSE = 0.1;        /* seconds without descriptors      */
static const double SILENCE = 60;       /* between two reports of that      */

struct served;

struct service {
    uint32_t holders;
    struct flow__listener *listeners;
    const struct flow__network *network;
    flow_deferred *ended;
    flow_protocol *protocol;
    void *arg;
    flow_service_options o;
    struct served *first;
    struct served *next;                    /* to be; NULL: not made yet    */
    size_t connections;
    struct flow__peers *peers;              /* NULL: they are not counted   */
    bool accepting, draining, closed;
    flow_host *host;
    flow_task resume;
    flow_task deadline;                     /* of draining                  */
    double silent_until;
    char at[FLOW__ADDRESS_TEXT];            /* it serves                    */
};

struct served {
    struct flow__conn conn;                 /* first                        */
    struct service *service;                /* NULL: no longer in its list  */
    struct served *next, *prev;
    struct flow__peer peer;
    flow_deferred *run;
    flow_task over;                         /* releases it                  */
    bool ended;                             /* the flow has                 */
};

struct sender {
    flow_stage *source;                     /* first                        */
    struct served *c;
};

static void unlist(struct served *c);

/* ---- A connection's flow ------------------------------------------------ */
/* What fails because its service has ended is no news, and a connection that is
 * lost is none unless it was wished. */
static void tell(const struct served *c, flow_value error)
{
    const struct service *s = c->service;
    bool is_news = s != NULL && !(c->conn.lost && c->conn.loss_is_end);

    if (is_news && s->o.failed != NULL)
        s->o.failed(&error, c->conn.peer, s->arg);
    else if (is_news)
        flow_report("the connection with %s failed: %s: %s", c->conn.peer,
                     flow_class_of(&error)->name, flow_message(&error));
    flow_drop(error);
}

static flow_status sender_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct sender *s = self;
    flow_value error;
    flow_status st = flow__conn_send(&s->c->conn, s->source, w, &error);

    if (st == FLOW_WAIT && s->c->conn.writer != NULL)
        flow_waits_for(out, w, "the peer to receive");
    if (st != FLOW_FAILED)
        return st;
    tell(s->c, error);
    return FLOW_DONE;
}

/* The flow has ended, or was closed. It is inside its deferred now, which can
 * be released a turn later. */
static void sender_close(void *self)
{
    struct served *c = ((struct sender *)self)->c;

    c->ended = true;
    if (!c->conn.open)
        unlist(c);
    c->conn.host->post(c->conn.host, &c->over, 0);
    flow__conn_forget(&c->conn, false, true);
    flow__conn_release(&c->conn);
}

static flow_stage *send_to(struct served *c, flow_stage *source)
{
    static const flow_type type = {
        .name = "send", .size = sizeof(struct sender), .fill = sender_fill,
        .close = sender_close, .inputs = flow_first_input
    };

    flow__conn_hold(&c->conn);
    return flow_stage_new(&type, &(struct sender){ source, c });
}

static void flow_over(flow_task *t)
{
    struct served *c = (struct served *)(void *)
        ((char *)t - offsetof(struct served, over));
    flow_deferred *run = c->run;

    c->run = NULL;
    flow_release(run);
    flow__conn_release(&c->conn);
}

/* Ends the flow, whatever it is doing, and closes the link. */
static void cut_off(struct served *c)
{
    flow_deferred *run = c->run;

    flow__conn_hold(&c->conn);
    c->run = NULL;
    flow_release(run);
    flow__conn_close(&c->conn);
    unlist(c);
    flow__conn_release(&c->conn);
}

/* ---- The list of connections -------------------------------------------- */
static void one_less(struct service *s);

/* Does nothing the second time. */
static void unlist(struct served *c)
{
    struct service *s = c->service;

    if (s == NULL)
        return;
    *(c->prev != NULL ? &c->prev->next : &s->first) = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    flow__peers_remove(&c->peer);
    c->service = NULL;
    s->connections--;
    one_less(s);
}

static void link_closed(struct flow__conn *conn)
{
    struct served *c = (struct served *)conn;

    if (c->ended)
        unlist(c);
}

static void list(struct service *s, struct served *c)
{
    c->service = s;
    c->next = s->first;
    if (c->next != NULL)
        c->next->prev = c;
    s->first = c;
    s->connections++;
    c->conn.gone = link_closed;
}

static void serve(struct service *s, struct served *c)
{
    const flow_value *outcome;

    c->conn.lingers = true;
    c->conn.loss_is_end = !s->o.conn.loss_fails;
    c->over.call = flow_over;
    list(s, c);
    flow__conn_begin(&c->conn, &s->o.conn);
    c->run = flow_run(send_to(c, s->protocol(flow__received(&c->conn),
                                             s->arg)));
    outcome = flow_outcome(c->run);
    if (outcome != NULL && flow_is_failure(*outcome))
        tell(c, flow_share(*outcome));
}

/* ---- Accepting ---------------------------------------------------------- */
static void accept_on(struct service *s)
{
    if (s->accepting || s->closed || s->draining
        || s->connections >= s->o.most)
        return;
    s->accepting = true;
    flow__listeners_watch(s->listeners, true);
}

static void pause_accepting(struct service *s)
{
    if (s->accepting)
        flow__listeners_watch(s->listeners, false);
    s->accepting = false;
}

static void resume(flow_task *t)
{
    accept_on((struct service *)(void *)
              ((char *)t - offsetof(struct service, resume)));
}

/* Not for each of thousands. */
static void report(struct service *s, const char *what, int code)
{
    double now = s->host->now(s->host);

    if (now < s->silent_until)
        return;
    s->silent_until = now + SILENCE;
    flow_report("%s: %s with %zu connections open: %s", s->at, what,
                s->connections, strerror(code));
}

/* The kernel keeps those that want to connect waiting. */
static void do_without(struct service *s, int code)
{
    pause_accepting(s);
    s->host->post(s->host, &s->resume, PAUSE);
    report(s, "accepting pauses", code);
}

static void close_service(struct service *s);

/* Ends by itself. */
static void end_with(struct service *s, flow_value outcome)
{
    flow_deferred *ended = flow_hold(s->ended);

    flow_on_cancel(ended, NULL, NULL);
    close_service(s);
    flow_fire(ended, outcome);
    flow_release(ended);
}

/* Whether to go on. */
static bool survives(struct service *s, const char *address, int code)
{
    switch (code) {
    case EAGAIN:
        return false;
    case EMFILE: case ENFILE: case ENOBUFS: case ENOMEM:
        do_without(s, code);
        return false;
    case EBADF: case EFAULT: case EINVAL: case ENOTSOCK: case EOPNOTSUPP:
        end_with(s, flow_system_error(code, "cannot go on accepting at %s",
                                      address));
        return false;
    default:
        return true;                /* a matter of that one connection      */
    }
}

/* The next connection, if there is one; 0, or a negative errno. */
static int accept_one(struct service *s, struct flow__listener *l)
{
    struct flow__address peer;
    struct served *c;
    int wrong;

    if (s->next == NULL)
        s->next = (struct served *)flow__conn_new(s->network, sizeof *s->next);
    c = s->next;
    if (c == NULL) {
        report(s, "a connection is refused", ENOMEM);
        return s->network->refuse(l->link);
    }
    wrong = s->network->accept(l->link, c->conn.link, &peer);
    if (wrong != 0)
        return wrong;
    s->next = NULL;
    flow__conn_open(&c->conn, &peer);
    if (s->peers == NULL
        || flow__peers_add(s->peers, &c->peer, &peer, s->o.most_per_peer))
        serve(s, c);
    else
        flow__conn_release(&c->conn);
    return 0;
}

static void release_service(struct service *s)
{
    if (--s->holders > 0)
        return;
    if (s->next != NULL)
        flow__conn_release(&s->next->conn);
    flow_free(s->peers, sizeof *s->peers);
    flow_free(s, sizeof *s);
}

static void may_accept(struct flow__listener *l)
{
    struct service *s = l->owner;
    bool more = true;

    s->holders++;
    for (int n = 0; n < ACCEPTS && s->accepting && more; n++) {
        int wrong = accept_one(s, l);

        if (wrong != 0)
            more = survives(s, l->address, -wrong);
        if (s->connections >= s->o.most)
            pause_accepting(s);
    }
    release_service(s);
}

/* ---- Ending ------------------------------------------------------------- */
static void close_service(struct service *s)
{
    s->closed = true;
    s->accepting = false;
    s->host->cancel(s->host, &s->resume);
    s->host->cancel(s->host, &s->deadline);
    flow__listeners_close(s->listeners);
    s->listeners = NULL;
    while (s->first != NULL)
        cut_off(s->first);
    release_service(s);
}

static void give_up(void *arg)
{
    close_service(arg);
}

static void one_less(struct service *s)
{
    if (s->draining && !s->closed && s->connections == 0)
        end_with(s, flow_none());
    else
        accept_on(s);
}

static void deadline_passed(flow_task *t)
{
    struct service *s = (struct service *)(void *)
        ((char *)t - offsetof(struct service, deadline));

    end_with(s, flow_none());
}

/* NULL: it is none, or has ended. */
static struct service *service_of(const flow_deferred *d)
{
    return d != NULL && d->undo == give_up ? d->undo_arg : NULL;
}

const char *flow_served_at(flow_deferred *service)
{
    const struct service *s = service_of(service);

    if (s != NULL || service == NULL)
        return s != NULL ? s->at : "";
    return flow__udp_served_at(service);
}

void flow_drain(flow_deferred *service, double seconds)
{
    struct service *s = service_of(service);

    if (s == NULL)
        return;
    pause_accepting(s);
    s->draining = true;
    flow__listeners_close(s->listeners);
    s->listeners = NULL;
    s->host->cancel(s->host, &s->resume);
    s->host->post(s->host, &s->deadline, seconds);
    if (s->connections == 0)
        end_with(s, flow_none());
}

/* ---- Beginning ---------------------------------------------------------- */
/* NULL: there is no memory. */
static struct service *new_service(const flow_service_options *o)
{
    struct service *s = flow_alloc(sizeof *s);

    if (s == NULL)
        return NULL;
    memset(s, 0, sizeof *s);
    s->holders = 1;
    s->host = flow_host_here();
    s->resume.call = resume;
    s->deadline.call = deadline_passed;
    if (o != NULL)
        s->o = *o;
    if (s->o.most == 0)
        s->o.most = MOST;
    if (s->o.most_per_peer == 0)
        return s;
    s->peers = flow_alloc(sizeof *s->peers);
    if (s->peers != NULL) {
        memset(s->peers, 0, sizeof *s->peers);
        return s;
    }
    release_service(s);
    return NULL;
}

/* NULL: *why. */
static struct service *begin(const char *at, const flow_service_options *o,
                             flow_value *why)
{
    struct service *s = new_service(o);

    if (s == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory for a service");
        return NULL;
    }
    s->listeners = flow__listen(at, why);
    if (s->listeners == NULL) {
        release_service(s);
        return NULL;
    }
    s->network = s->listeners->link->network;
    strcpy(s->at, s->listeners->address);
    for (struct flow__listener *l = s->listeners; l != NULL; l = l->next) {
        l->call = may_accept;
        l->owner = s;
    }
    return s;
}

flow_deferred *flow_serve(const char *at, flow_protocol *p, void *arg,
                          const flow_service_options *o)
{
    flow_deferred *ended = flow_defer();
    struct service *s = NULL;
    flow_value why = flow_none();

    if (!flow_fired(ended))                 /* or there was no memory for it */
        s = begin(at, o, &why);
    if (s == NULL) {
        flow_fire(ended, why);
        return ended;
    }
    s->ended = ended;
    s->protocol = p;
    s->arg = arg;
    flow_on_cancel(ended, give_up, s);
    accept_on(s);
    return ended;
}
