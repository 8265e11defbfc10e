/* SPDX-License-Identifier: MIT */
/* See udp_socket.h. */
#include "udp_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    LARGEST = 65536,        /* more than a datagram can have                */
    ROUNDS = 16             /* sends in a turn, so that others come to theirs */
};

/* ---- Room to receive into, for all sockets of a thread ------------------- */
static _Thread_local struct {
    char *chars;                            /* NULL: there is none now      */
    size_t users;
} room __attribute__((tls_model("initial-exec")));

static const size_t ROOM = (size_t)FLOW__DATAGRAMS * LARGEST;

/* Pages of it that no datagram has touched are not there. */
static char *room_chars(void)
{
    if (room.chars == NULL)
        room.chars = flow_alloc(ROOM);
    return room.chars;
}

static void leave_room(void)
{
    if (--room.users > 0)
        return;
    flow_free(room.chars, ROOM);
    room.chars = NULL;
}

/* ---- Watching the link --------------------------------------------------- */
static void wake(flow_waker **w)
{
    flow_waker *once = *w;

    *w = NULL;
    flow_wake(once);
}

static void watch(struct flow__udp *u)
{
    if (u->open)
        u->link->network->watch(u->link,
            (u->reader != NULL ? FLOW__READABLE : 0u)
            | (u->writer != NULL && u->blocked ? FLOW__WRITABLE : 0u));
}

static void link_ready(struct flow__link *l, unsigned events)
{
    struct flow__udp *u = l->owner;

    if ((events & FLOW__READABLE) != 0) {
        u->silent = false;
        wake(&u->reader);
    }
    if ((events & FLOW__WRITABLE) != 0) {
        u->blocked = false;
        wake(&u->writer);
    }
    watch(u);
}

void flow__udp_forget(struct flow__udp *u, bool reader, bool writer)
{
    if (reader)
        u->reader = NULL;
    if (writer)
        u->writer = NULL;
    watch(u);
}

/* ---- Beginning and ending ------------------------------------------------ */
static void go_on(flow_task *t)
{
    wake(&((struct flow__udp *)(void *)
           ((char *)t - offsetof(struct flow__udp, later)))->writer);
}

static void link_closed(struct flow__link *l)
{
    flow__udp_release(l->owner);
}

static flow_value cannot_begin(const struct flow__address *a, bool receives,
                               int code)
{
    char text[FLOW__ADDRESS_TEXT];

    flow__address_write(a, text);
    return flow_system_error(code, receives ? "cannot receive at %s"
                                            : "cannot send to %s", text);
}

struct flow__udp *flow__udp_new(struct flow__address *at,
                                const struct flow__address *peer,
                                flow_value *why)
{
    const struct flow__network *network = flow__network_here(why);
    struct flow__link *link;
    struct flow__udp *u;
    int wrong;

    if (network == NULL)
        return NULL;
    if (network->bind == NULL) {
        *why = flow_error(FLOW_EINVAL, 0, "the network of this thread has no "
                          "datagrams");
        return NULL;
    }
    u = flow__link_new(network, sizeof *u, &link);
    if (u == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory for a socket");
        return NULL;
    }
    link->ready = link_ready;
    link->closed = link_closed;
    wrong = network->bind(link, at, peer);
    if (wrong != 0) {
        *why = cannot_begin(at != NULL ? at : peer, at != NULL, -wrong);
        flow__link_free(link, sizeof *u);
        return NULL;
    }
    u->link = link;
    u->holders = 2;
    u->open = true;
    u->host = flow_host_here();
    u->later.call = go_on;
    if (at != NULL)
        u->own = *at;
    else
        flow__address_write(peer, u->peer);
    room.users++;
    return u;
}

static bool is_any(const struct flow__address *a)
{
    return a->to.any.sa_family == AF_INET6
        ? IN6_IS_ADDR_UNSPECIFIED(&a->to.six.sin6_addr)
        : a->to.four.sin_addr.s_addr == INADDR_ANY;
}

void flow__udp_place(const struct flow__udp *u, char *text)
{
    if (is_any(&u->own))
        snprintf(text, FLOW__ADDRESS_TEXT, ":%d",
                 flow__address_port(&u->own));
    else
        flow__address_write(&u->own, text);
}

struct flow__udp *flow__udp_hold(struct flow__udp *u)
{
    u->holders++;
    return u;
}

void flow__udp_release(struct flow__udp *u)
{
    u->holders--;
    if (u->holders == 1) {
        u->open = false;
        u->host->cancel(u->host, &u->later);
        u->link->network->close(u->link, false);
    } else if (u->holders == 0) {
        while (u->from < u->to)
            flow_drop(u->unsent[u->from++].bytes);
        flow_drop(u->last);
        leave_room();
        flow__link_free(u->link, sizeof *u);
    }
}

/* ---- Receiving ----------------------------------------------------------- */
static flow_value as_value(const struct flow__udp *u,
                           const struct flow__datagram *d)
{
    flow_value bytes = flow_bytes(d->chars, d->size);
    char peer[FLOW__ADDRESS_TEXT];

    if (u->peer[0] != '\0')
        return bytes;
    flow__address_write(&d->peer, peer);
    return flow_tuple(FLOW_VALUES(bytes, flow_text(peer, strlen(peer))));
}

/* What there was no memory for is lost, with what came behind it. */
static flow_status give(const struct flow__udp *u,
                        const struct flow__datagram *d, size_t n,
                        flow_value *set, flow_value *error)
{
    for (size_t i = 0; i < n; i++) {
        set[i] = as_value(u, &d[i]);
        if (flow_is_failure(set[i])) {
            *error = set[i];
            while (i > 0)
                flow_drop(set[--i]);
            return FLOW_FAILED;
        }
    }
    return FLOW_READY;
}

static int receive_now(struct flow__udp *u, struct flow__datagram *d,
                       char *chars)
{
    int got;

    for (int i = 0; i < FLOW__DATAGRAMS; i++)
        d[i] = (struct flow__datagram){
            .chars = chars + (size_t)i * LARGEST, .size = LARGEST
        };
    got = u->link->network->receive_some(u->link, d, FLOW__DATAGRAMS);
    u->silent = got < FLOW__DATAGRAMS;      /* otherwise there may be more  */
    return got;
}

static flow_value cannot_receive(const struct flow__udp *u, int code)
{
    if (u->peer[0] != '\0')
        return flow_system_error(code, "nothing comes from %s", u->peer);
    return cannot_begin(&u->own, true, code);
}

flow_status flow__udp_receive(struct flow__udp *u, flow_value *set, size_t *n,
                              flow_waker *w, flow_value *error)
{
    struct flow__datagram d[FLOW__DATAGRAMS];
    char *chars = room_chars();
    int got = -EAGAIN;

    u->reader = NULL;
    if (chars == NULL) {
        *error = flow_error(FLOW_ENOMEM, 0, "no memory to receive into");
        return FLOW_FAILED;
    }
    if (!u->silent)
        got = receive_now(u, d, chars);
    if (got > 0) {
        *n = (size_t)got;
        return give(u, d, *n, set, error);
    }
    if (got != -EAGAIN) {
        *error = cannot_receive(u, -got);
        return FLOW_FAILED;
    }
    u->reader = w;
    watch(u);
    return FLOW_WAIT;
}

/* ---- Sending ------------------------------------------------------------- */
/* A socket of version 6 sends to version 4 by addresses of its own. */
static void fit(const struct flow__udp *u, struct flow__address *to)
{
    struct flow__address four = *to;

    if (u->own.to.any.sa_family != AF_INET6 || to->to.any.sa_family != AF_INET)
        return;
    flow__address_any(to, 6, flow__address_port(&four));
    to->to.six.sin6_addr.s6_addr[10] = to->to.six.sin6_addr.s6_addr[11] = 0xff;
    memcpy(&to->to.six.sin6_addr.s6_addr[12], &four.to.four.sin_addr, 4);
}

static flow_value read_peer(const struct flow__udp *u, const flow_value *text,
                            struct flow__address *out)
{
    struct flow__endpoint e;
    char copy[FLOW__ADDRESS_TEXT];
    size_t n;
    const char *chars = flow_chars(text, &n);
    flow_value why;

    if (n >= sizeof copy)
        n = sizeof copy - 1;
    memcpy(copy, chars, n);
    copy[n] = '\0';
    why = flow__endpoint_read(copy, &e);
    if (!flow_is_failure(why)
        && (e.name[0] != '\0' || e.address.size == 0
            || e.address.to.any.sa_family == AF_UNIX))
        why = flow_error(FLOW_EINVAL, 0, "'%s' is not the address of a peer, "
                         "such as 127.0.0.1:80 or [::1]:80", copy);
    *out = e.address;
    fit(u, out);
    return why;
}

static bool is_bytes(const flow_value *v)
{
    return v->kind == FLOW_TEXT || v->kind == FLOW_BYTES;
}

/* What to send and where to. NONE, or the error. */
static flow_value take_apart(const struct flow__udp *u, const flow_value *v,
                             struct flow__unsent *out)
{
    size_t n;
    const flow_value *items = flow_items(v, &n);

    if (u->peer[0] != '\0') {
        if (!is_bytes(v))
            return flow_error(FLOW_EINVAL, 0, "what is sent to %s must be text "
                              "or bytes", u->peer);
        *out = (struct flow__unsent){ .bytes = flow_share(*v) };
        return flow_none();
    }
    if (v->kind != FLOW_TUPLE || n != 2 || !is_bytes(&items[0])
        || items[1].kind != FLOW_TEXT)
        return flow_error(FLOW_EINVAL, 0, "what is sent must be tuples of text "
                          "or bytes and the text of an address");
    out->bytes = flow_share(items[0]);
    return read_peer(u, &items[1], &out->to);
}

static void add_unsent(struct flow__udp *u, flow_value v)
{
    struct flow__unsent *next = &u->unsent[u->to];
    flow_value wrong;

    next->bytes = flow_none();
    wrong = take_apart(u, &v, next);
    flow_drop(v);
    if (flow_is_failure(wrong)) {
        flow_drop(next->bytes);
        u->last = wrong;
    } else {
        u->to++;
    }
}

static flow_status gather(struct flow__udp *u, flow_stage *source,
                          flow_waker *w)
{
    flow_status st = FLOW_READY;

    u->from = u->to = 0;
    while (st == FLOW_READY && u->to < FLOW__DATAGRAMS
           && !flow_is_failure(u->last)) {
        flow_value v;

        st = flow_pull(source, w, &v);
        if (st == FLOW_READY)
            add_unsent(u, v);
        else if (st == FLOW_FAILED)
            u->last = v;
    }
    return flow_is_failure(u->last) ? FLOW_FAILED : st;
}

static int send_unsent(struct flow__udp *u)
{
    struct flow__datagram d[FLOW__DATAGRAMS];
    int n = 0;

    for (unsigned i = u->from; i < u->to; i++, n++) {
        d[n].chars = (char *)(uintptr_t)flow_chars(&u->unsent[i].bytes,
                                                   &d[n].size);
        d[n].peer = u->unsent[i].to;
    }
    return u->link->network->send_some(u->link, d, n);
}

/* The first cannot be sent: it is lost, or everything fails. */
static flow_status lose(struct flow__udp *u, int code, flow_value *error)
{
    struct flow__unsent *first = &u->unsent[u->from++];
    char to[FLOW__ADDRESS_TEXT];
    flow_value why;

    if (u->peer[0] != '\0')
        memcpy(to, u->peer, sizeof to);
    else
        flow__address_write(&first->to, to);
    why = flow_system_error(code, "a datagram of %u bytes cannot be sent to %s",
                            (unsigned)first->bytes.size, to);
    flow_drop(first->bytes);
    if (u->peer[0] != '\0') {
        *error = why;
        return FLOW_FAILED;
    }
    if (u->lost != NULL)
        u->lost(&why, to, u->arg);
    flow_drop(why);
    return FLOW_READY;
}

/* WAIT: not all of it went, yet. */
static flow_status flush(struct flow__udp *u, flow_waker *w, flow_value *error)
{
    while (u->from < u->to) {
        int sent = send_unsent(u);

        if (sent == -EAGAIN) {
            u->blocked = true;
            u->writer = w;
            watch(u);
            return FLOW_WAIT;
        }
        if (sent < 0 && lose(u, -sent, error) == FLOW_FAILED)
            return FLOW_FAILED;
        for (; sent > 0; sent--)
            flow_drop(u->unsent[u->from++].bytes);
    }
    return FLOW_READY;
}

static flow_value take_last(struct flow__udp *u)
{
    flow_value last = u->last;

    u->last = flow_none();
    return last;
}

flow_status flow__udp_send(struct flow__udp *u, flow_stage *source,
                           flow_waker *w, flow_value *error)
{
    flow_status rest = FLOW_READY, st = FLOW_READY;

    u->writer = NULL;
    for (int n = 0; n < ROUNDS && st == FLOW_READY && rest == FLOW_READY; n++) {
        if (u->from == u->to)
            rest = gather(u, source, w);
        st = flush(u, w, error);
    }
    if (st != FLOW_READY)
        return st;
    if (rest == FLOW_FAILED)
        *error = take_last(u);
    if (rest != FLOW_READY)
        return rest;
    u->writer = w;
    u->host->post(u->host, &u->later, 0);
    return FLOW_WAIT;
}
