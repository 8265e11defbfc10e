/* SPDX-License-Identifier: MIT */
/* See conn.h. */
#include "conn.h"

#include "base/memory.h"
#include "reactor/uv_host.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    COPIED = 4096,          /* a piece up to that is copied out, so that one
                               that is kept does not keep a whole buffer    */
    ROUNDS = 16             /* sends in a turn, so that others come to theirs */
};
static const double LINGER = 2;     /* seconds                              */

/* ---- Receiving, into one buffer for all connections of a thread --------- */
static _Thread_local struct {
    flow_value buffer;
    char *chars;                    /* NULL: there is none now              */
    size_t users;
} spare __attribute__((tls_model("initial-exec")));

static char *spare_chars(void)
{
    if (spare.chars == NULL) {
        spare.buffer = flow_buffer(FLOW__RECEIVED, &spare.chars);
        if (spare.chars == NULL)
            flow_drop(spare.buffer);
    }
    return spare.chars;
}

static void leave_spare(void)
{
    if (--spare.users > 0 || spare.chars == NULL)
        return;
    spare.chars = NULL;
    flow_drop(spare.buffer);
}

/* The first n bytes of the buffer; if they are many, the buffer goes with them.
 */
static flow_value cut_from_spare(size_t n)
{
    flow_value piece;

    if (n <= COPIED)
        return flow_bytes(spare.chars, n);
    piece = flow_slice(&spare.buffer, 0, n);
    flow_drop(spare.buffer);
    spare.chars = NULL;
    return piece;
}

static ssize_t receive_into(struct flow__conn *c, char *to)
{
    ssize_t n;

    do
        n = recv(c->fd, to, FLOW__RECEIVED, 0);
    while (n < 0 && errno == EINTR);
    c->readable = n == FLOW__RECEIVED;      /* otherwise that was all       */
    return n;
}

/* ---- Watching the socket ------------------------------------------------ */
static void wake(flow_waker **w)
{
    flow_waker *once = *w;

    *w = NULL;
    flow_wake(once);
}

static void happened(uv_poll_t *poll, int status, int events);

static int needed(const struct flow__conn *c)
{
    return (c->reader != NULL || c->lingering ? UV_READABLE : 0)
         | (c->writer != NULL && c->blocked ? UV_WRITABLE : 0);
}

/* Only what somebody waits for keeps the loop alive. */
static void look_for(struct flow__conn *c, int events)
{
    if (c->fd < 0)
        return;
    if (events == 0 && c->watched != 0)
        uv_poll_stop(&c->poll);
    else if (events != c->watched)
        uv_poll_start(&c->poll, events, happened);
    c->watched = events;
    if (needed(c) != 0)
        uv_ref((uv_handle_t *)&c->poll);
    else
        uv_unref((uv_handle_t *)&c->poll);
}

/* Bytes that nobody waits for any more are looked for until they come: mostly
 * somebody waits again by then, and the kernel need not be told twice. */
static void watch(struct flow__conn *c)
{
    look_for(c, needed(c) | (c->watched & UV_READABLE));
}

/* Throws away what still comes. */
static void linger_on(struct flow__conn *c)
{
    char *to = spare_chars();
    ssize_t n = to != NULL ? receive_into(c, to) : 0;

    if (n == 0 || (n < 0 && errno != EAGAIN))
        flow__conn_close(c);
}

/* When a socket is in trouble libuv says so once and looks no more; receiving
 * or sending then tells what it is. */
static void happened(uv_poll_t *poll, int status, int events)
{
    struct flow__conn *c = (struct flow__conn *)poll;
    int in_vain;

    if (status < 0) {
        events = UV_READABLE | UV_WRITABLE;
        c->watched = 0;
    }
    in_vain = c->reader == NULL ? events & UV_READABLE : 0;
    if ((events & UV_READABLE) != 0) {
        c->readable = true;
        wake(&c->reader);
    }
    if ((events & UV_WRITABLE) != 0) {
        c->blocked = false;
        wake(&c->writer);
    }
    if (c->lingering)
        linger_on(c);
    look_for(c, needed(c) | (c->watched & UV_READABLE & ~in_vain));
}

/* ---- Beginning and ending ----------------------------------------------- */
static void go_on(flow_task *t)
{
    struct flow__conn *c = (struct flow__conn *)(void *)
        ((char *)t - offsetof(struct flow__conn, later));

    if (c->lingering)
        flow__conn_close(c);
    else
        wake(&c->writer);
}

static struct flow__conn *begin(size_t size, int fd, flow_value *why)
{
    uv_loop_t *loop = flow__uv_loop(why);
    struct flow__conn *c;
    int wrong;

    if (loop == NULL)
        return NULL;
    c = flow_alloc(size);
    if (c == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory for a connection");
        return NULL;
    }
    memset(c, 0, size);
    wrong = uv_poll_init(loop, &c->poll, fd);
    if (wrong == 0)
        return c;
    flow_free(c, size);
    *why = flow_system_error(-wrong, "a connection cannot be watched");
    return NULL;
}

/* Pending bytes are thrown away, and the peer learns that it has not got all.
 */
static void reset_at_close(int fd)
{
    struct linger none = { 1, 0 };

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

struct flow__conn *flow__conn_new(size_t size, int fd,
                                  const struct flow__address *peer,
                                  flow_value *why)
{
    struct flow__conn *c = begin(size, fd, why);
    int on = 1;

    if (c == NULL) {
        reset_at_close(fd);
        close(fd);
        return NULL;
    }
    uv_unref((uv_handle_t *)&c->poll);
    c->size = size;
    c->holders = 2;
    c->fd = fd;
    c->host = flow_host_here();
    c->later.call = go_on;
    c->last = flow_none();
    flow__address_write(peer, c->peer);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    spare.users++;
    return c;
}

void flow__conn_hold(struct flow__conn *c)
{
    c->holders++;
}

static void drop_unsent(struct flow__conn *c)
{
    while (c->from < c->to)
        flow_drop(c->unsent[c->from++]);
    c->from = c->to = 0;
    c->bytes = c->cut = 0;
}

static bool waits_for_peer(const struct flow__conn *c)
{
    return c->lingers && c->shut && !c->ended && !c->lingering && c->fd >= 0;
}

void flow__conn_release(struct flow__conn *c)
{
    c->holders--;
    if (c->holders == 1 && waits_for_peer(c)) {
        c->lingering = true;
        c->host->post(c->host, &c->later, LINGER);
        watch(c);
    } else if (c->holders == 1) {
        flow__conn_close(c);
    } else if (c->holders == 0) {
        drop_unsent(c);
        flow_drop(c->last);
        leave_spare();
        flow_free(c, c->size);
    }
}

static void poll_closed(uv_handle_t *poll)
{
    flow__conn_release((struct flow__conn *)poll);
}

void flow__conn_close(struct flow__conn *c)
{
    if (c->fd < 0)
        return;
    if (!c->shut)
        reset_at_close(c->fd);
    c->host->cancel(c->host, &c->later);
    uv_close((uv_handle_t *)&c->poll, poll_closed);
    close(c->fd);
    c->fd = -1;
    wake(&c->reader);
    wake(&c->writer);
    if (c->gone != NULL)
        c->gone(c);
}

void flow__conn_forget(struct flow__conn *c, bool reader, bool writer)
{
    if (reader)
        c->reader = NULL;
    if (writer)
        c->writer = NULL;
    watch(c);
}

/* ---- Receiving ---------------------------------------------------------- */
static flow_value was_closed(const struct flow__conn *c)
{
    return flow_error(FLOW_ECANCELLED, 0, "the connection with %s was closed",
                      c->peer);
}

/* As errno says. */
static flow_value is_lost(struct flow__conn *c)
{
    c->lost = true;
    return flow_system_error(errno, "the connection with %s is lost", c->peer);
}

static flow_status receive_now(struct flow__conn *c, flow_stage *out)
{
    char *to = spare_chars();
    ssize_t n = to != NULL ? receive_into(c, to) : -1;
    flow_value piece;

    if (n > 0) {
        piece = cut_from_spare((size_t)n);
        if (flow_is_failure(piece))
            return flow_raise_in(out, piece);
        flow_give(out, piece);
        return FLOW_READY;
    }
    c->ended = n == 0;
    if (n == 0)
        return FLOW_DONE;
    if (to == NULL)
        return flow_raise_in(out, flow_error(FLOW_ENOMEM, 0, "no memory to "
                                             "receive from %s", c->peer));
    if (errno == EAGAIN)
        return FLOW_WAIT;
    return flow_raise_in(out, is_lost(c));
}

flow_status flow__conn_receive(struct flow__conn *c, flow_stage *out,
                               flow_waker *w)
{
    flow_status st = FLOW_WAIT;

    c->reader = NULL;
    if (c->ended)
        return FLOW_DONE;
    if (c->fd < 0)
        return flow_raise_in(out, was_closed(c));
    if (c->readable)
        st = receive_now(c, out);
    if (st != FLOW_WAIT)
        return st;
    c->reader = w;
    watch(c);
    flow_waits_for(out, w, "bytes from the peer");
    return FLOW_WAIT;
}

/* ---- Sending ------------------------------------------------------------ */
void flow__conn_wait_writable(struct flow__conn *c, flow_waker *w)
{
    c->blocked = true;
    c->writer = w;
    watch(c);
}

static void add_unsent(struct flow__conn *c, flow_value v)
{
    if (v.kind != FLOW_TEXT && v.kind != FLOW_BYTES) {
        c->last = flow_error(FLOW_EINVAL, 0, "what is sent to %s must be text "
                             "or bytes", c->peer);
        flow_drop(v);
    } else if (v.size == 0) {
        flow_drop(v);
    } else {
        c->unsent[c->to++] = v;
        c->bytes += v.size;
    }
}

/* Takes what there is, up to the bounds. A failure is kept in c->last until
 * what came before it has gone. */
static flow_status gather(struct flow__conn *c, flow_stage *source,
                          flow_waker *w)
{
    flow_status st = FLOW_READY;

    while (st == FLOW_READY && c->to < FLOW__UNSENT
           && c->bytes < FLOW__UNSENT_BYTES && !flow_is_failure(c->last)) {
        flow_value v;

        st = flow_pull(source, w, &v);
        if (st == FLOW_READY)
            add_unsent(c, v);
        else if (st == FLOW_FAILED)
            c->last = v;
    }
    return flow_is_failure(c->last) ? FLOW_FAILED : st;
}

/* Drops what has been sent. */
static void forget_sent(struct flow__conn *c, size_t n)
{
    c->bytes -= n;
    n += c->cut;
    while (c->from < c->to && n >= c->unsent[c->from].size) {
        n -= c->unsent[c->from].size;
        flow_drop(c->unsent[c->from++]);
    }
    c->cut = n;
    if (c->from == c->to)
        drop_unsent(c);
}

/* Of one piece the kernel wants to know less. */
static ssize_t send_pieces(int fd, const struct msghdr *m)
{
    if (m->msg_iovlen == 1)
        return send(fd, m->msg_iov->iov_base, m->msg_iov->iov_len,
                    MSG_NOSIGNAL);
    return sendmsg(fd, m, MSG_NOSIGNAL);
}

static ssize_t send_unsent(const struct flow__conn *c)
{
    struct iovec pieces[FLOW__UNSENT];
    struct msghdr m;
    size_t cut = c->cut;
    ssize_t n;

    memset(&m, 0, sizeof m);
    m.msg_iov = pieces;

    for (unsigned i = c->from; i < c->to; i++, cut = 0) {
        size_t size;
        const char *chars = flow_chars(&c->unsent[i], &size);

        pieces[m.msg_iovlen].iov_base = (void *)(uintptr_t)(chars + cut);
        pieces[m.msg_iovlen++].iov_len = size - cut;
    }
    do
        n = send_pieces(c->fd, &m);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Sends what was gathered. WAIT: not all of it went, yet. */
static flow_status flush(struct flow__conn *c, flow_waker *w, flow_value *error)
{
    ssize_t n = c->from < c->to ? send_unsent(c) : 0;

    if (n < 0 && errno != EAGAIN) {
        *error = is_lost(c);
        drop_unsent(c);
        return FLOW_FAILED;
    }
    forget_sent(c, n > 0 ? (size_t)n : 0);
    if (c->from == c->to)
        return FLOW_READY;
    flow__conn_wait_writable(c, w);
    return FLOW_WAIT;
}

static flow_value take_last(struct flow__conn *c)
{
    flow_value last = c->last;

    c->last = flow_none();
    return last;
}

static flow_status tell_peer(struct flow__conn *c)
{
    if (!c->shut)
        shutdown(c->fd, SHUT_WR);
    c->shut = true;
    return FLOW_DONE;
}

flow_status flow__conn_send(struct flow__conn *c, flow_stage *source,
                            flow_waker *w, flow_value *error)
{
    c->writer = NULL;
    for (int n = 0; n < ROUNDS; n++) {
        flow_status rest = FLOW_READY, st;

        if (c->fd >= 0 && c->from == c->to)
            rest = gather(c, source, w);
        if (c->fd < 0) {
            *error = was_closed(c);
            return FLOW_FAILED;
        }
        st = flush(c, w, error);
        if (st != FLOW_READY)
            return st;
        if (rest == FLOW_DONE)
            return tell_peer(c);
        if (rest == FLOW_FAILED)
            *error = take_last(c);
        if (rest != FLOW_READY)
            return rest;
    }
    c->writer = w;
    c->host->post(c->host, &c->later, 0);
    return FLOW_WAIT;
}
