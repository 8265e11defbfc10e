/* SPDX-License-Identifier: MIT */
/* Services. The flow of a connection is run beside all others; its last stage
 * is one that sends what the protocol's stage gives, and gives nothing itself.
 * A failure stays in its connection: it is told to the program or reported.
 *
 * A service is in the hands of its deferred, which undoes it when it is given
 * up; a connection is in its service's list as long as its socket is open, and
 * held by the flow until that has ended and its deferred been released. */
#include "base/memory.h"
#include "reactor/uv_host.h"
#include "received.h"

#include <errno.h>
#include <flow/net.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MOST = 10000,               /* connections, unless told otherwise       */
    WAITING = 4096,             /* which the kernel may make meanwhile      */
    ACCEPTS = 64                /* in a turn, so that others come to theirs */
};
static const double PAUSE = 0.1;        /* seconds without descriptors      */
static const double SILENCE = 60;       /* between two reports of that      */

struct served;

struct service {
    uv_poll_t poll;                         /* first                        */
    int fd;
    flow_deferred *ended;
    flow_protocol *protocol;
    void *arg;
    flow_service_options o;
    struct served *first;
    size_t connections;
    int port;
    bool accepting, closed;
    flow_host *host;
    flow_task resume;
    double silent_until;
    char address[FLOW__ADDRESS_TEXT];
};

struct served {
    struct flow__conn conn;                 /* first                        */
    struct service *service;                /* NULL: no longer in its list  */
    struct served *next, *prev;
    flow_deferred *run;
    flow_task over;                         /* releases it                  */
};

struct sender {
    flow_stage *source;                     /* first                        */
    struct served *c;
};

static void accept_on(struct service *s);

/* ---- A connection's flow ------------------------------------------------ */
/* What fails because its service has ended is no news. */
static void tell(const struct served *c, flow_value error)
{
    const struct service *s = c->service;

    if (s != NULL && s->o.failed != NULL)
        s->o.failed(&error, c->conn.peer, s->arg);
    else if (s != NULL && !c->conn.lost)
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

/* Ends the flow, whatever it is doing, and closes the socket. */
static void cut_off(struct served *c)
{
    flow_deferred *run = c->run;

    flow__conn_hold(&c->conn);
    c->run = NULL;
    flow_release(run);
    flow__conn_close(&c->conn);
    flow__conn_release(&c->conn);
}

/* ---- The list of connections -------------------------------------------- */
static void unlist(struct flow__conn *conn)
{
    struct served *c = (struct served *)conn;
    struct service *s = c->service;

    *(c->prev != NULL ? &c->prev->next : &s->first) = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    c->service = NULL;
    s->connections--;
    accept_on(s);
}

static void list(struct service *s, struct served *c)
{
    c->service = s;
    c->next = s->first;
    if (c->next != NULL)
        c->next->prev = c;
    s->first = c;
    s->connections++;
    c->conn.gone = unlist;
}

static void serve(struct service *s, int fd, const struct flow__address *peer)
{
    flow_value why;
    struct served *c = (struct served *)flow__conn_new(sizeof *c, fd, peer,
                                                       &why);
    const flow_value *outcome;

    if (c == NULL) {
        flow_report("%s: a connection failed at once: %s", s->address,
                     flow_message(&why));
        flow_drop(why);
        return;
    }
    c->conn.lingers = true;
    c->over.call = flow_over;
    list(s, c);
    c->run = flow_run(send_to(c, s->protocol(flow__received(&c->conn),
                                             s->arg)));
    outcome = flow_outcome(c->run);
    if (outcome != NULL && flow_is_failure(*outcome))
        tell(c, flow_share(*outcome));
}

/* ---- Accepting ---------------------------------------------------------- */
static void may_accept(uv_poll_t *poll, int status, int events);

static void accept_on(struct service *s)
{
    if (s->accepting || s->closed || s->connections >= s->o.most)
        return;
    s->accepting = true;
    uv_poll_start(&s->poll, UV_READABLE, may_accept);
}

static void pause_accepting(struct service *s)
{
    s->accepting = false;
    uv_poll_stop(&s->poll);
}

static void resume(flow_task *t)
{
    accept_on((struct service *)(void *)
              ((char *)t - offsetof(struct service, resume)));
}

/* The kernel keeps those that want to connect waiting. */
static void do_without(struct service *s, int code)
{
    double now = s->host->now(s->host);

    pause_accepting(s);
    s->host->post(s->host, &s->resume, PAUSE);
    if (now < s->silent_until)
        return;
    s->silent_until = now + SILENCE;
    flow_report("%s: accepting pauses with %zu connections open: %s",
                 s->address, s->connections, strerror(code));
}

static void close_service(struct service *s);

/* Ends by itself: with a failure. */
static void fail(struct service *s, flow_value why)
{
    flow_deferred *ended = flow_hold(s->ended);

    flow_on_cancel(ended, NULL, NULL);
    close_service(s);
    flow_fire(ended, why);
    flow_release(ended);
}

/* Whether to go on. */
static bool survives(struct service *s, int code)
{
    switch (code) {
    case EAGAIN:
        return false;
    case EMFILE: case ENFILE: case ENOBUFS: case ENOMEM:
        do_without(s, code);
        return false;
    case EBADF: case EFAULT: case EINVAL: case ENOTSOCK: case EOPNOTSUPP:
        fail(s, flow_system_error(code, "cannot go on accepting at %s",
                                  s->address));
        return false;
    default:
        return true;                /* a matter of that one connection      */
    }
}

static void may_accept(uv_poll_t *poll, int status, int events)
{
    struct service *s = (struct service *)poll;

    (void)events;
    if (status < 0) {
        fail(s, flow_system_error(-status, "cannot go on accepting at %s",
                                  s->address));
        return;
    }
    for (int n = 0; n < ACCEPTS && s->accepting; n++) {
        struct flow__address peer = { .size = sizeof peer.to };
        int fd = accept4(s->fd, &peer.to.any, &peer.size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0)
            serve(s, fd, &peer);
        else if (!survives(s, errno))
            return;
        if (s->connections >= s->o.most && s->accepting)
            pause_accepting(s);
    }
}

/* ---- Beginning and ending ----------------------------------------------- */
static void poll_closed(uv_handle_t *poll)
{
    flow_free(poll, sizeof(struct service));
}

static void close_service(struct service *s)
{
    s->closed = true;
    s->accepting = false;
    s->host->cancel(s->host, &s->resume);
    uv_close((uv_handle_t *)&s->poll, poll_closed);
    close(s->fd);
    while (s->first != NULL)
        cut_off(s->first);
}

static void give_up(void *arg)
{
    close_service(arg);
}

static flow_value cannot_listen(const struct flow__address *a)
{
    char text[FLOW__ADDRESS_TEXT];
    int code = errno;

    flow__address_write(a, text);
    return flow_system_error(code, "cannot listen at %s", text);
}

/* A socket that listens, or -1 and *why. The address is completed by its port.
 */
static int listen_at(struct flow__address *a, flow_value *why)
{
    int fd = flow__address_socket(a), on = 1;

    if (fd >= 0
        && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0
        && bind(fd, &a->to.any, a->size) == 0 && listen(fd, WAITING) == 0
        && getsockname(fd, &a->to.any, &a->size) == 0)
        return fd;
    *why = cannot_listen(a);
    if (fd >= 0)
        close(fd);
    return -1;
}

/* NULL: *why says why, and fd is closed. */
static struct service *service_on(int fd, flow_value *why)
{
    uv_loop_t *loop = flow__uv_loop(why);
    struct service *s = NULL;
    int wrong;

    if (loop != NULL) {
        s = flow_alloc(sizeof *s);
        if (s == NULL)
            *why = flow_error(FLOW_ENOMEM, 0, "no memory for a service");
    }
    if (s != NULL) {
        memset(s, 0, sizeof *s);
        s->fd = fd;
        wrong = uv_poll_init(loop, &s->poll, fd);
        if (wrong == 0)
            return s;
        *why = flow_system_error(-wrong, "a service cannot be watched");
        flow_free(s, sizeof *s);
    }
    close(fd);
    return NULL;
}

static flow_value begin(struct service **out, const char *address, int port)
{
    struct flow__address a;
    flow_value why = flow__address_read(address, port, &a);
    struct service *s = NULL;
    int fd;

    if (flow_is_failure(why))
        return why;
    fd = listen_at(&a, &why);
    if (fd >= 0)
        s = service_on(fd, &why);
    if (s != NULL) {
        s->port = flow__address_port(&a);
        flow__address_write(&a, s->address);
    }
    *out = s;
    return why;
}

flow_deferred *flow_serve_tcp(const char *address, int port, flow_protocol *p,
                              void *arg, const flow_service_options *o)
{
    flow_deferred *ended = flow_defer();
    struct service *s = NULL;
    flow_value why = flow_none();

    if (!flow_fired(ended))                 /* or there was no memory for it */
        why = begin(&s, address, port);
    if (o != NULL && o->port != NULL)
        *o->port = s != NULL ? s->port : 0;
    if (s == NULL) {
        flow_fire(ended, why);
        return ended;
    }
    s->ended = ended;
    s->protocol = p;
    s->arg = arg;
    if (o != NULL)
        s->o = *o;
    if (s->o.most == 0)
        s->o.most = MOST;
    s->host = flow_host_here();
    s->resume.call = resume;
    flow_on_cancel(ended, give_up, s);
    accept_on(s);
    return ended;
}
