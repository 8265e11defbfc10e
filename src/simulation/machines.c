/* SPDX-License-Identifier: MIT */
/* See machines.h. */
#include "machines.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

enum {
    BACKLOG = 128,              /* wait to be accepted; others are refused  */
    FIRST_PORT = 49152          /* of those that nobody chose               */
};

static _Thread_local struct {
    struct flow__end *listening;
    size_t open, closing;
    unsigned calls, ports;
} world __attribute__((tls_model("initial-exec")));

void flow__machines_begin(void)
{
    memset(&world, 0, sizeof world);
}

size_t flow__machines_open(void)
{
    return world.open;
}

size_t flow__machines_closing(void)
{
    return world.closing;
}

/* ---- Links -------------------------------------------------------------- */
static struct flow__end *end_of(flow_task *event)
{
    return (struct flow__end *)(void *)
        ((char *)event - offsetof(struct flow__end, event));
}

static void event_came(flow_task *t)
{
    flow__end_tell(end_of(t));
}

static void is_closed(flow_task *t)
{
    struct flow__end *e = end_of(t);

    world.closing--;
    e->link.closed(&e->link);
}

static struct flow__end *open_end(struct flow__link *l)
{
    struct flow__end *e = (struct flow__end *)l;

    e->open = true;
    e->event.call = event_came;
    world.open++;
    return e;
}

/* ---- Addresses ---------------------------------------------------------- */
static bool is_any(const struct flow__address *a)
{
    if (a->to.any.sa_family == AF_INET)
        return a->to.four.sin_addr.s_addr == INADDR_ANY;
    return a->to.any.sa_family == AF_INET6
        && IN6_IS_ADDR_UNSPECIFIED(&a->to.six.sin6_addr);
}

/* Whether who listens at a is meant by b. */
static bool is_meant(const struct flow__address *a,
                     const struct flow__address *b)
{
    bool has_port = a->to.any.sa_family != AF_UNIX
                 && b->to.any.sa_family != AF_UNIX;

    if (has_port && flow__address_port(a) != flow__address_port(b))
        return false;
    if (has_port && (is_any(a) || is_any(b)))
        return true;
    return a->size == b->size && memcmp(&a->to, &b->to, a->size) == 0;
}

static struct flow__end *who_listens_at(const struct flow__address *a)
{
    struct flow__end *e = world.listening;

    while (e != NULL && !is_meant(&e->at, a))
        e = e->next;
    return e;
}

static void set_four(struct flow__address *a, uint32_t number, int port)
{
    memset(a, 0, sizeof *a);
    a->to.four.sin_family = AF_INET;
    a->to.four.sin_addr.s_addr = htonl(number);
    a->to.four.sin_port = htons((uint16_t)port);
    a->size = sizeof a->to.four;
}

/* ---- Listening ---------------------------------------------------------- */
static int machine_listen(struct flow__link *l, struct flow__address *at)
{
    char text[FLOW__ADDRESS_TEXT];
    struct flow__end *e;

    if (at->to.any.sa_family != AF_UNIX && flow__address_port(at) == 0)
        flow__address_set_port(at, FIRST_PORT + (int)world.ports++);
    if (who_listens_at(at) != NULL)
        return -EADDRINUSE;
    e = open_end(l);
    e->at = *at;
    e->next = world.listening;
    world.listening = e;
    flow__address_write(at, text);
    flow__fate_tell("%s is served", text);
    return 0;
}

static struct flow__wire *next_waiting(struct flow__end *e)
{
    struct flow__wire *w = e->first;

    if (w != NULL) {
        e->first = w->next;
        e->waiting--;
        w->waits = false;
    }
    return w;
}

/* Whoever calls seems to be on a machine of its own. */
static void name_caller(const struct flow__wire *w, struct flow__address *peer)
{
    memset(peer, 0, sizeof *peer);
    peer->to.any.sa_family = AF_UNIX;
    peer->size = sizeof peer->to.any.sa_family;
    if (w->to.to.any.sa_family != AF_UNIX)
        set_four(peer, 0x0a000000u + w->number, FIRST_PORT);
}

static int machine_accept(struct flow__link *listening, struct flow__link *l,
                          struct flow__address *peer)
{
    struct flow__wire *w = next_waiting((struct flow__end *)listening);

    if (w == NULL)
        return -EAGAIN;
    flow__wire_attach(w, open_end(l), FLOW__SERVER);
    name_caller(w, peer);
    flow__fate_tell("%u: is accepted", w->number);
    return 0;
}

static int machine_refuse(struct flow__link *listening)
{
    struct flow__wire *w = next_waiting((struct flow__end *)listening);

    if (w == NULL)
        return -EAGAIN;
    flow__fate_tell("%u: is not accepted", w->number);
    flow__wire_reset(&w->line[FLOW__CALLER]);
    flow__wire_free_unused(w);
    return 0;
}

/* ---- Calling ------------------------------------------------------------ */
static void answer(struct flow__wire *w, int wrong)
{
    w->wrong = wrong;
    w->state = FLOW__ANSWERED;
    flow__fate.host->post(flow__fate.host, &w->call, flow__fate_delay());
}

/* Behind those that wait already. */
static void let_wait(struct flow__end *e, struct flow__wire *w)
{
    struct flow__wire **place = &e->first;

    while (*place != NULL)
        place = &(*place)->next;
    *place = w;
    e->waiting++;
    w->waits = true;
    flow__end_touch(e);
}

static void call_there(struct flow__wire *w)
{
    struct flow__end *e = who_listens_at(&w->to);
    bool refused = flow__fate_is(flow__fate.f.refuse) || e == NULL
        || e->waiting >= BACKLOG;

    flow__fate_tell("%u: %s", w->number, refused ? "is refused" : "connects");
    answer(w, refused ? -ECONNREFUSED : 0);
    if (!refused)
        let_wait(e, w);
}

/* There, or back with the answer. */
static void call_arrives(flow_task *t)
{
    struct flow__wire *w = (struct flow__wire *)(void *)
        ((char *)t - offsetof(struct flow__wire, call));

    if (w->state == FLOW__CALLING) {
        call_there(w);
    } else {
        w->state = FLOW__TALKING;
        flow__end_touch(w->side[FLOW__CALLER]);
    }
}

static int machine_connect(struct flow__link *l, const struct flow__address *to)
{
    struct flow__wire *w = flow__wire_new(world.calls + 1);
    char text[FLOW__ADDRESS_TEXT];

    if (w == NULL)
        return -ENOMEM;
    world.calls++;
    w->to = *to;
    w->call.call = call_arrives;
    flow__wire_attach(w, open_end(l), FLOW__CALLER);
    flow__fate.host->post(flow__fate.host, &w->call, flow__fate_delay());
    flow__address_write(to, text);
    flow__fate_tell("%u: calls %s", w->number, text);
    return 0;
}

static int machine_connected(struct flow__link *l)
{
    return ((struct flow__end *)l)->wire->wrong;
}

/* ---- Connected ---------------------------------------------------------- */
static ssize_t machine_receive(struct flow__link *l, char *to, size_t n)
{
    return flow__wire_receive((struct flow__end *)l, to, n);
}

static ssize_t machine_send(struct flow__link *l, const struct iovec *pieces,
                            int n)
{
    return flow__wire_send((struct flow__end *)l, pieces, n);
}

static void machine_finish(struct flow__link *l)
{
    flow__wire_finish((struct flow__end *)l);
}

/* Here nothing is held back but by chance, and no peer's machine vanishes. */
static void machine_tune(struct flow__link *l, bool delay, double keep_alive)
{
    (void)l, (void)delay, (void)keep_alive;
}

static void machine_watch(struct flow__link *l, unsigned events)
{
    struct flow__end *e = (struct flow__end *)l;

    e->watched = events;
    flow__end_touch(e);
}

/* ---- Closing ------------------------------------------------------------ */
static void stop_listening(struct flow__end *e)
{
    struct flow__end **place = &world.listening;

    while (*place != e)
        place = &(*place)->next;
    *place = e->next;
    while (e->first != NULL)
        machine_refuse(&e->link);
}

static void machine_close(struct flow__link *l, bool reset)
{
    struct flow__end *e = (struct flow__end *)l;

    e->open = false;
    world.open--;
    if (e->wire != NULL)
        flow__wire_detach(e, reset);
    else
        stop_listening(e);
    world.closing++;
    e->event.call = is_closed;
    flow__fate.host->post(flow__fate.host, &e->event, 0);
}

/* ---- Names -------------------------------------------------------------- */
struct asking { flow_task task; struct flow__lookup *q; uint32_t number; };

static uint32_t number_of(const char *name)
{
    uint32_t hash = 2166136261u;                /* FNV-1a                   */

    if (strcmp(name, "localhost") == 0)
        return INADDR_LOOPBACK;
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return 0xac100000u | (hash & 0xfffffu);     /* 172.16.0.0/12            */
}

static void find_name(const char *name, struct flow__lookup *q)
{
    q->wrong = NULL;
    q->n = 1;
    set_four(&q->found[0], number_of(name), 0);
}

static void name_found(flow_task *t)
{
    struct asking *a = (struct asking *)(void *)t;
    struct flow__lookup *q = a->q;

    q->n = 1;
    set_four(&q->found[0], a->number, 0);
    q->wrong = flow__fate_is(flow__fate.f.refuse) ? "the name is not found"
                                                  : NULL;
    flow_free(a, sizeof *a);
    q->done(q);
}

static bool look_name_up(const char *name, struct flow__lookup *q)
{
    struct asking *a = flow_alloc(sizeof *a);

    if (a == NULL) {
        q->wrong = "no memory to look it up";
        return false;
    }
    memset(a, 0, sizeof *a);
    a->task.call = name_found;
    a->q = q;
    a->number = number_of(name);
    q->own = a;
    flow__fate.host->post(flow__fate.host, &a->task, flow__fate_delay());
    return true;
}

static void forget_name(struct flow__lookup *q)
{
    struct asking *a = q->own;

    flow__fate.host->cancel(flow__fate.host, &a->task);
    flow_free(a, sizeof *a);
}

const struct flow__network flow__machines = {
    .link_size = sizeof(struct flow__end),
    .listen = machine_listen, .accept = machine_accept,
    .refuse = machine_refuse,
    .connect = machine_connect, .connected = machine_connected,
    .receive = machine_receive, .send = machine_send,
    .finish = machine_finish, .tune = machine_tune, .watch = machine_watch,
    .close = machine_close,
    .find = find_name, .look_up = look_name_up, .forget = forget_name
};
