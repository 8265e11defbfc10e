/* SPDX-License-Identifier: MIT */
/* See sockets.h. */
#include "sockets.h"

#include "reactor/poller.h"
#include "reactor/uv_host.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAITING = 4096 };    /* connections the kernel may make meanwhile    */

/* A stream is polled once for all that may happen to it, and told of each
 * change (EPOLLET): the kernel need never be told what is waited for. Others
 * are polled for that alone. */
struct socket {
    struct flow__link link;                 /* first                        */
    struct flow__polled polled;             /* fd -1: closed                */
    unsigned needed;                        /* what the owner waits for     */
    bool is_stream, listens;
    flow_task gone;                         /* after it was closed          */
};

flow_value flow__sockets_wanting(void)
{
    flow_value why = flow_none();

    flow__uv_loop(&why);
    return why;
}

static uv_loop_t *loop_here(void)
{
    flow_value why = flow_none();
    uv_loop_t *loop = flow__uv_loop(&why);

    flow_drop(why);
    return loop;
}

static int fd_of(const struct flow__link *l)
{
    return ((const struct socket *)l)->polled.fd;
}

/* ---- Watching ----------------------------------------------------------- */
/* Only what the owner waits for keeps the loop alive. */
static void socket_watch(struct flow__link *l, unsigned events)
{
    struct socket *s = (struct socket *)l;

    if ((events != 0) != (s->needed != 0))
        flow__uv_awaits(events != 0);
    s->needed = events;
    if (!s->is_stream)
        flow__poller_look_for(&s->polled, events | (s->polled.looked_for
                                                    & FLOW__READABLE));
}

/* Receiving or sending tells what the trouble is. What nobody waits for any
 * more is looked for until it comes: mostly somebody waits again by then. */
static void happened(struct flow__polled *p, unsigned events)
{
    struct socket *s = (struct socket *)(void *)
                       ((char *)p - offsetof(struct socket, polled));
    bool trouble = flow__poller_trouble(events);
    unsigned may = flow__poller_may(events);
    bool in_vain = trouble || (may & FLOW__READABLE & ~s->needed) != 0;

    if (trouble || (events & EPOLLRDHUP) != 0)
        s->link.ends = true;
    s->link.ready(&s->link, may);
    if (in_vain && !s->is_stream && p->fd >= 0)
        flow__poller_look_for(p, s->needed);
}

/* ---- Beginning ---------------------------------------------------------- */
static void is_gone(flow_task *t)
{
    struct socket *s = (struct socket *)(void *)
                       ((char *)t - offsetof(struct socket, gone));

    s->link.closed(&s->link);
}

/* Makes that descriptor the socket's; it is closed if that fails. */
static int begin(struct socket *s, int fd, bool is_stream)
{
    int wrong;

    s->polled = (struct flow__polled){ fd, happened, 0 };
    s->is_stream = is_stream;
    s->gone.call = is_gone;
    wrong = flow__poller_add(&s->polled, is_stream
                             ? EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET
                             : FLOW__POLLER_NOTHING);
    if (wrong != 0)
        close(fd);
    return wrong;
}

static int new_socket(const struct flow__address *a, int type)
{
    int fd = socket(a->to.any.sa_family,
                    type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    return fd >= 0 ? fd : -errno;
}

static int socket_connect(struct flow__link *l, const struct flow__address *to)
{
    int fd = new_socket(to, SOCK_STREAM);

    if (fd < 0)
        return fd;
    if (connect(fd, &to->to.any, to->size) != 0 && errno != EINPROGRESS) {
        int wrong = errno;

        close(fd);
        return -wrong;
    }
    return begin((struct socket *)l, fd, true);
}

static int socket_connected(struct flow__link *l)
{
    int code = 0;
    socklen_t size = sizeof code;

    getsockopt(fd_of(l), SOL_SOCKET, SO_ERROR, &code, &size);
    return -code;
}

/* ---- Listening ---------------------------------------------------------- */
static bool has_path(const struct flow__address *a)
{
    return a->to.any.sa_family == AF_UNIX && a->to.path.sun_path[0] != '\0'
        && a->size > offsetof(struct sockaddr_un, sun_path);
}

/* Whether somebody accepts connections at that path. */
static bool is_served(const struct flow__address *a)
{
    int fd = new_socket(a, SOCK_STREAM);
    bool nobody = fd >= 0 && connect(fd, &a->to.any, a->size) != 0
        && errno == ECONNREFUSED;

    if (fd >= 0)
        close(fd);
    return !nobody;
}

/* A path in use by nobody is what a service left behind that was killed. */
static int bind_to(int fd, const struct flow__address *at)
{
    int wrong = bind(fd, &at->to.any, at->size) != 0 ? errno : 0;

    if (wrong != EADDRINUSE || !has_path(at) || is_served(at))
        return -wrong;
    unlink(at->to.path.sun_path);
    return bind(fd, &at->to.any, at->size) != 0 ? -errno : 0;
}

/* All addresses of version 6 are those of version 4 as well. */
static void take_both_versions(int fd, const struct flow__address *at)
{
    int off = 0;

    if (at->to.any.sa_family == AF_INET6
        && IN6_IS_ADDR_UNSPECIFIED(&at->to.six.sin6_addr))
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
}

static int prepare(int fd, const struct flow__address *at)
{
    int on = 1;

    take_both_versions(fd, at);
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0
        ? -errno : 0;
}

static int socket_listen(struct flow__link *l, struct flow__address *at)
{
    struct flow__address bound = { .size = sizeof bound.to };
    int fd = new_socket(at, SOCK_STREAM), wrong;

    if (fd < 0)
        return fd;
    wrong = prepare(fd, at);
    if (wrong == 0)
        wrong = bind_to(fd, at);
    if (wrong == 0 && (listen(fd, WAITING) != 0
                       || getsockname(fd, &bound.to.any, &bound.size) != 0))
        wrong = -errno;
    if (wrong != 0) {
        close(fd);
        return wrong;
    }
    flow__address_set_port(at, flow__address_port(&bound));
    ((struct socket *)l)->listens = true;
    return begin((struct socket *)l, fd, false);
}

static int socket_accept(struct flow__link *listening, struct flow__link *l,
                         struct flow__address *peer)
{
    int fd;

    peer->size = sizeof peer->to;
    fd = accept4(fd_of(listening), &peer->to.any, &peer->size,
                 SOCK_NONBLOCK | SOCK_CLOEXEC);
    return fd < 0 ? -errno : begin((struct socket *)l, fd, true);
}

static void reset_at_close(int fd)
{
    struct linger none = { 1, 0 };

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

static int socket_refuse(struct flow__link *listening)
{
    int fd = accept4(fd_of(listening), NULL, NULL,
                     SOCK_CLOEXEC);

    if (fd < 0)
        return -errno;
    reset_at_close(fd);
    close(fd);
    return 0;
}

/* ---- Receiving and sending ---------------------------------------------- */
static ssize_t socket_receive(struct flow__link *l, char *to, size_t n)
{
    ssize_t got;

    do
        got = recv(fd_of(l), to, n, 0);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

static ssize_t send_many(int fd, const struct iovec *pieces, int n)
{
    struct msghdr m = { .msg_iov = (struct iovec *)(uintptr_t)pieces };

    m.msg_iovlen = (size_t)n;
    return sendmsg(fd, &m, MSG_NOSIGNAL);
}

/* Of one piece the kernel wants to know less. */
static ssize_t socket_send(struct flow__link *l, const struct iovec *pieces,
                           int n)
{
    int fd = fd_of(l);
    ssize_t sent;

    do
        sent = n == 1 ? send(fd, pieces->iov_base, pieces->iov_len,
                             MSG_NOSIGNAL)
                      : send_many(fd, pieces, n);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

static void socket_finish(struct flow__link *l)
{
    shutdown(fd_of(l), SHUT_WR);
}

/* What is not of TCP has none of it. */
static void socket_tune(struct flow__link *l, bool delay, double keep_alive)
{
    int fd = fd_of(l), on = 1, probes = 4;
    int silence = keep_alive < 1 ? 1 : keep_alive > 32767 ? 32767
                                                          : (int)keep_alive;
    int pause = silence < probes ? 1 : silence / probes;

    if (!delay)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!(keep_alive > 0))
        return;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &silence, sizeof silence);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &pause, sizeof pause);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

/* ---- Datagrams ---------------------------------------------------------- */
static int bind_datagrams(int fd, struct flow__address *at)
{
    struct flow__address bound = { .size = sizeof bound.to };

    take_both_versions(fd, at);
    if (bind(fd, &at->to.any, at->size) != 0
        || getsockname(fd, &bound.to.any, &bound.size) != 0)
        return -errno;
    flow__address_set_port(at, flow__address_port(&bound));
    return 0;
}

static int socket_bind(struct flow__link *l, struct flow__address *at,
                       const struct flow__address *peer)
{
    int fd = new_socket(at != NULL ? at : peer, SOCK_DGRAM), wrong;

    if (fd < 0)
        return fd;
    if (at != NULL)
        wrong = bind_datagrams(fd, at);
    else
        wrong = connect(fd, &peer->to.any, peer->size) != 0 ? -errno : 0;
    if (wrong == 0)
        return begin((struct socket *)l, fd, false);
    close(fd);
    return wrong;
}

/* As the kernel wants to have them. */
struct batch {
    struct mmsghdr headers[FLOW__DATAGRAMS];
    struct iovec pieces[FLOW__DATAGRAMS];
};

static void put_into(struct batch *b, struct flow__datagram *d, int n)
{
    memset(b->headers, 0, (size_t)n * sizeof *b->headers);
    for (int i = 0; i < n; i++) {
        struct msghdr *m = &b->headers[i].msg_hdr;

        b->pieces[i] = (struct iovec){ d[i].chars, d[i].size };
        m->msg_iov = &b->pieces[i];
        m->msg_iovlen = 1;
        m->msg_name = d[i].peer.size > 0 ? &d[i].peer.to : NULL;
        m->msg_namelen = d[i].peer.size;
    }
}

static int socket_receive_some(struct flow__link *l, struct flow__datagram *d,
                               int n)
{
    struct batch b;
    int got;

    for (int i = 0; i < n; i++)
        d[i].peer.size = sizeof d[i].peer.to;
    put_into(&b, d, n);
    do
        got = recvmmsg(fd_of(l), b.headers, (unsigned)n, 0,
                       NULL);
    while (got < 0 && errno == EINTR);
    for (int i = 0; i < got; i++) {
        d[i].size = b.headers[i].msg_len;
        d[i].peer.size = b.headers[i].msg_hdr.msg_namelen;
    }
    return got < 0 ? -errno : got;
}

static int socket_send_some(struct flow__link *l, struct flow__datagram *d,
                            int n)
{
    struct batch b;
    int sent;

    put_into(&b, d, n);
    do
        sent = sendmmsg(fd_of(l), b.headers, (unsigned)n,
                        MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

/* ---- Closing ------------------------------------------------------------ */
/* What listens at a path leaves none behind. */
static void remove_path(int fd)
{
    struct flow__address a = { .size = sizeof a.to };

    if (getsockname(fd, &a.to.any, &a.size) == 0 && has_path(&a))
        unlink(a.to.path.sun_path);
}

static void socket_close(struct flow__link *l, bool reset)
{
    struct socket *s = (struct socket *)l;
    flow_host *host = flow_host_here();
    int fd = s->polled.fd;

    socket_watch(l, 0);
    if (reset)
        reset_at_close(fd);
    if (s->listens)
        remove_path(fd);
    flow__poller_remove(&s->polled);
    close(fd);
    s->polled.fd = -1;
    host->post(host, &s->gone, 0);
}

/* ---- Names -------------------------------------------------------------- */
static bool knows(const struct flow__lookup *q, const struct addrinfo *a)
{
    for (size_t i = 0; i < q->n; i++)
        if (q->found[i].size == a->ai_addrlen
            && memcmp(&q->found[i].to, a->ai_addr, a->ai_addrlen) == 0)
            return true;
    return false;
}

static void tell(struct flow__lookup *q, int wrong,
                 const struct addrinfo *found)
{
    const struct addrinfo *a = wrong == 0 ? found : NULL;

    for (q->n = 0; a != NULL && q->n < FLOW__FOUND; a = a->ai_next) {
        if (a->ai_addrlen > sizeof q->found[0].to || knows(q, a))
            continue;
        memcpy(&q->found[q->n].to, a->ai_addr, a->ai_addrlen);
        q->found[q->n++].size = a->ai_addrlen;
    }
    if (wrong == 0 && q->n == 0)
        wrong = UV_EAI_NONAME;
    q->wrong = wrong != 0 ? uv_strerror(wrong) : NULL;
}

static const struct addrinfo streams = { .ai_socktype = SOCK_STREAM };

static void find_name(const char *name, struct flow__lookup *q)
{
    uv_getaddrinfo_t asked;
    int wrong = uv_getaddrinfo(loop_here(), &asked, NULL, name, NULL, &streams);

    tell(q, wrong, asked.addrinfo);
    uv_freeaddrinfo(asked.addrinfo);
}

/* libuv may go on with what is forgotten. */
struct asked {
    uv_getaddrinfo_t request;               /* first                        */
    struct flow__lookup *q;                 /* NULL: forgotten              */
};

static void name_found(uv_getaddrinfo_t *request, int status,
                       struct addrinfo *found)
{
    struct asked *a = (struct asked *)request;
    struct flow__lookup *q = a->q;

    if (q != NULL)
        tell(q, status, found);
    else
        flow__uv_has_ended();
    uv_freeaddrinfo(found);
    flow_free(a, sizeof *a);
    if (q != NULL)
        q->done(q);
}

static bool look_name_up(const char *name, struct flow__lookup *q)
{
    struct asked *a = flow_alloc(sizeof *a);
    int wrong = UV_ENOMEM;

    if (a != NULL)
        wrong = uv_getaddrinfo(loop_here(), &a->request, name_found, name,
                               NULL, &streams);
    if (wrong == 0) {
        a->q = q;
        q->own = a;
        return true;
    }
    flow_free(a, sizeof *a);
    tell(q, wrong, NULL);
    return false;
}

static void forget_name(struct flow__lookup *q)
{
    struct asked *a = q->own;

    a->q = NULL;
    flow__uv_leave_behind();
    uv_cancel((uv_req_t *)&a->request);
}

const struct flow__network flow__sockets = {
    .link_size = sizeof(struct socket),
    .listen = socket_listen, .accept = socket_accept,
    .refuse = socket_refuse,
    .connect = socket_connect, .connected = socket_connected,
    .receive = socket_receive, .send = socket_send, .finish = socket_finish,
    .bind = socket_bind, .receive_some = socket_receive_some,
    .send_some = socket_send_some, .tune = socket_tune,
    .watch = socket_watch, .close = socket_close,
    .find = find_name, .look_up = look_name_up, .forget = forget_name
};
