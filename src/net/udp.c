/* SPDX-License-Identifier: MIT */
/* Services and clients of datagrams. A service is a stage that sends what its
 * protocol's stage gives, and gives nothing itself; it is run beside all
 * others. A client is an operator: whenever it is asked, it first sends what
 * there is to send, then gives what has come. */
#include "stage/deferred.h"
#include "udp.h"
#include "udp_socket.h"

#include <errno.h>
#include <flow/udp.h>
#include <string.h>

/* Paths have no datagrams here. */
static flow_value read_endpoint(const char *text, struct flow__endpoint *out)
{
    flow_value why = flow__endpoint_read(text, out);

    if (flow_is_failure(why) || out->address.size == 0
        || out->address.to.any.sa_family != AF_UNIX)
        return why;
    return flow_error(FLOW_EINVAL, 0, "datagrams do not go through paths such "
                      "as '%s': give an address and a port", text);
}

/* Each stage that receives lends what it got of one call. */
typedef flow_value datagrams[FLOW__DATAGRAMS];

static flow_status receive(struct flow__udp *u, flow_value *set,
                           flow_stage *out, flow_waker *w)
{
    flow_value error;
    size_t n;
    flow_status st = flow__udp_receive(u, set, &n, w, &error);

    if (st == FLOW_READY)
        flow_lend(out, set, n);
    else if (st == FLOW_WAIT)
        flow_waits_for(out, w, "a datagram");
    return flow_pass(out, st, error);
}

/* ---- Services ------------------------------------------------------------ */
struct received {
    struct flow__udp *socket;
    datagrams set;
};

static flow_status received_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct received *r = self;

    return receive(r->socket, r->set, out, w);
}

static void received_close(void *self)
{
    struct flow__udp *u = ((struct received *)self)->socket;

    flow__udp_forget(u, true, false);
    flow__udp_release(u);
}

static flow_stage *received_from(struct flow__udp *u)
{
    static const flow_type type = {
        .name = "udp_received", .size = sizeof(struct received),
        .fill = received_fill, .close = received_close
    };

    return flow_stage_new(&type, &(struct received){ .socket
                                                     = flow__udp_hold(u) });
}

/* The flow is inside its deferred when its last stage is closed: that can be
 * looked at, and released, a turn later. */
struct service {
    flow_deferred *ended, *run;
    flow_host *host;
    flow_task over;
    bool given_up;
    char at[FLOW__ADDRESS_TEXT];
};

struct sender {
    flow_stage *source;                     /* first                        */
    struct flow__udp *socket;
    struct service *service;
};

static flow_status sender_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct sender *s = self;
    flow_value error;
    flow_status st = flow__udp_send(s->socket, s->source, w, &error);

    if (st == FLOW_WAIT && s->socket->writer != NULL)
        flow_waits_for(out, w, "the network to take datagrams");
    return flow_pass(out, st, error);
}

static void sender_close(void *self)
{
    struct sender *s = self;

    flow__udp_forget(s->socket, false, true);
    flow__udp_release(s->socket);
    if (!s->service->given_up)
        s->service->host->post(s->service->host, &s->service->over, 0);
}

static flow_stage *send_to(struct flow__udp *u, flow_stage *source,
                           struct service *s)
{
    static const flow_type type = {
        .name = "udp_send", .size = sizeof(struct sender),
        .fill = sender_fill, .close = sender_close,
        .inputs = flow_first_input
    };

    return flow_stage_new(&type, &(struct sender){ source, flow__udp_hold(u),
                                                   s });
}

static void service_over(flow_task *t)
{
    struct service *s = (struct service *)(void *)
        ((char *)t - offsetof(struct service, over));
    flow_deferred *ended = flow_hold(s->ended);

    flow_on_cancel(ended, NULL, NULL);
    flow_fire(ended, flow_share(*flow_outcome(s->run)));
    flow_release(ended);
    flow_release(s->run);
    flow_free(s, sizeof *s);
}

static void give_up(void *arg)
{
    struct service *s = arg;

    s->given_up = true;
    s->host->cancel(s->host, &s->over);
    flow_release(s->run);
    flow_free(s, sizeof *s);
}

/* The first address of a name that is one of this machine's. */
static bool find_own(const struct flow__network *network, const char *at,
                     struct flow__endpoint *e, flow_value *why)
{
    struct flow__lookup q;

    memset(&q, 0, sizeof q);
    network->find(e->name, &q);
    if (q.wrong != NULL) {
        *why = flow_error(FLOW_ESYSTEM, 0, "cannot receive at %s: %s", at,
                          q.wrong);
        return false;
    }
    e->address = q.found[0];
    flow__address_set_port(&e->address, e->port);
    return true;
}

/* NULL: *why. A machine may have but one version of the internet. */
static struct flow__udp *begin(const char *at, flow_value *why)
{
    const struct flow__network *network = flow__network_here(why);
    struct flow__endpoint e;
    struct flow__udp *u;

    if (network == NULL)
        return NULL;
    *why = read_endpoint(at, &e);
    if (flow_is_failure(*why)
        || (e.name[0] != '\0' && !find_own(network, at, &e, why)))
        return NULL;
    if (e.address.size > 0)
        return flow__udp_new(&e.address, NULL, why);
    flow__address_any(&e.address, 6, e.port);
    u = flow__udp_new(&e.address, NULL, why);
    if (u != NULL || flow_code(why) != EAFNOSUPPORT)
        return u;
    flow_drop(*why);
    flow__address_any(&e.address, 4, e.port);
    return flow__udp_new(&e.address, NULL, why);
}

/* NULL: *why. */
static struct service *new_service(const char *at, struct flow__udp **out,
                                   flow_value *why)
{
    struct service *s = flow_alloc(sizeof *s);

    if (s == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory for a service");
        return NULL;
    }
    *out = begin(at, why);
    if (*out == NULL) {
        flow_free(s, sizeof *s);
        return NULL;
    }
    *s = (struct service){ .host = flow_host_here(),
                           .over = { .call = service_over } };
    flow__udp_place(*out, s->at);
    return s;
}

flow_deferred *flow_serve_udp(const char *at, flow_protocol *p, void *arg,
                              const flow_udp_options *o)
{
    flow_deferred *ended = flow_defer();
    flow_value why = flow_none();
    struct service *s = NULL;
    struct flow__udp *u;

    if (!flow_fired(ended))                 /* or there was no memory for it */
        s = new_service(at, &u, &why);
    if (s == NULL) {
        flow_fire(ended, why);
        return ended;
    }
    s->ended = ended;
    flow_on_cancel(ended, give_up, s);
    u->lost = o != NULL ? o->lost : NULL;
    u->arg = arg;
    s->run = flow_run(send_to(u, p(received_from(u), arg), s));
    flow__udp_release(u);
    return ended;
}

const char *flow__udp_served_at(const flow_deferred *d)
{
    return d->undo == give_up ? ((struct service *)d->undo_arg)->at : "";
}

/* ---- Clients ------------------------------------------------------------- */
struct client {
    flow_stage *sent;                       /* first; NULL: nothing         */
    struct flow__udp *socket;               /* NULL: there is none yet      */
    bool sending;
    struct flow__endpoint to;
    const struct flow__network *network;    /* the name is being looked up  */
    struct flow__lookup lookup;
    flow_waker *waker;                      /* waits for that               */
    flow_value wrong;                       /* an address that is none      */
    datagrams set;
};

static void name_found(struct flow__lookup *q)
{
    struct client *k = (struct client *)(void *)
        ((char *)q - offsetof(struct client, lookup));
    flow_waker *w = k->waker;

    k->network = NULL;
    k->waker = NULL;
    flow_wake(w);
}

/* READY: it is there, unless *why. */
static flow_status look_up(struct client *k, flow_waker *w, flow_value *why)
{
    if (k->network == NULL && k->lookup.done == NULL) {
        k->network = flow__network_here(why);
        k->lookup.done = name_found;
        if (k->network != NULL && !k->network->look_up(k->to.name, &k->lookup))
            k->network = NULL;
    }
    if (k->network != NULL) {
        k->waker = w;
        return FLOW_WAIT;
    }
    if (flow_is_failure(*why))
        return FLOW_READY;
    if (k->lookup.wrong != NULL)
        *why = flow_error(FLOW_ESYSTEM, 0, "cannot send to %s: %s", k->to.name,
                          k->lookup.wrong);
    k->to.address = k->lookup.found[0];
    flow__address_set_port(&k->to.address, k->to.port);
    return FLOW_READY;
}

/* FAILED: *why. */
static flow_status connect_now(struct client *k, flow_waker *w, flow_value *why)
{
    if (!flow_is_failure(*why) && k->to.name[0] != '\0'
        && look_up(k, w, why) == FLOW_WAIT)
        return FLOW_WAIT;
    if (!flow_is_failure(*why) && k->to.address.size == 0)
        *why = flow_error(FLOW_EINVAL, 0, "give the peer's address or name "
                          "before its port");
    if (!flow_is_failure(*why))
        k->socket = flow__udp_new(NULL, &k->to.address, why);
    k->sending = k->sent != NULL;
    return k->socket != NULL ? FLOW_READY : FLOW_FAILED;
}

static flow_status client_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct client *k = self;
    flow_value why = k->wrong;
    flow_status st = FLOW_READY;

    k->wrong = flow_none();
    if (k->socket == NULL)
        st = connect_now(k, w, &why);
    if (st == FLOW_WAIT)
        flow_waits_for(out, w, "the address of its peer");
    if (st != FLOW_READY)
        return flow_pass(out, st, why);
    if (k->sending) {
        st = flow__udp_send(k->socket, k->sent, w, &why);
        k->sending = st == FLOW_WAIT;
        if (st == FLOW_FAILED)
            return flow_raise_in(out, why);
    }
    return receive(k->socket, k->set, out, w);
}

static void client_close(void *self)
{
    struct client *k = self;

    flow_drop(k->wrong);
    if (k->network != NULL)
        k->network->forget(&k->lookup);
    if (k->socket == NULL)
        return;
    flow__udp_forget(k->socket, true, true);
    flow__udp_release(k->socket);
}

flow_stage *(flow_connect_udp)(const char *to, flow_stage *sent)
{
    static const flow_type type = {
        .name = "connect_udp", .size = sizeof(struct client),
        .fill = client_fill, .close = client_close,
        .inputs = flow_first_input
    };
    struct client k;

    memset(&k, 0, sizeof k);
    k.sent = sent;
    k.wrong = read_endpoint(to, &k.to);
    return flow_stage_new(&type, &k);
}
