/* SPDX-License-Identifier: MIT */
/* Clients: an operator whose other half is elsewhere. Whenever it is asked, it
 * first sends what there is to send, then gives what has come. */
#include "received.h"

#include <errno.h>
#include <flow/net.h>
#include <sys/socket.h>

struct client {
    struct flow__receiver receiver;         /* first                        */
    flow_value wrong;                       /* an address that is none      */
    struct flow__address to;
    bool connecting, sending;
    flow_value unsent;                      /* why not all could be sent    */
};

static flow_value refused(const struct client *k, int code)
{
    char to[FLOW__ADDRESS_TEXT];

    flow__address_write(&k->to, to);
    return flow_system_error(code, "cannot connect to %s", to);
}

/* False: *why not. */
static bool begin(struct client *k, flow_value *why)
{
    int fd = flow__address_socket(&k->to);
    struct flow__conn *c;

    if (fd < 0) {
        *why = refused(k, errno);
        return false;
    }
    c = k->receiver.conn = flow__conn_new(sizeof *c, fd, &k->to, why);
    if (c == NULL)
        return false;
    if (connect(fd, &k->to.to.any, k->to.size) != 0 && errno != EINPROGRESS) {
        *why = refused(k, errno);
        return false;
    }
    c->blocked = k->connecting = k->sending = true;
    return true;
}

/* The socket has become writable: it is connected, or it is not. */
static flow_value made(struct client *k)
{
    int code = 0;
    socklen_t size = sizeof code;

    k->connecting = false;
    getsockopt(k->receiver.conn->fd, SOL_SOCKET, SO_ERROR, &code, &size);
    return code != 0 ? refused(k, code) : flow_none();
}

/* FAILED with the failure of what is to be sent; if it is the connection that
 * fails, what has come goes first. */
static flow_status send_some(struct client *k, flow_stage *out, flow_waker *w)
{
    flow_value error;
    flow_status st = flow__conn_send(k->receiver.conn, k->receiver.sent, w,
                                     &error);

    k->sending = st == FLOW_WAIT;
    if (st != FLOW_FAILED)
        return st;
    if (!k->receiver.conn->lost)
        return flow_raise_in(out, error);
    k->unsent = error;
    return FLOW_DONE;
}

static flow_status receive_some(struct client *k, flow_stage *out,
                                flow_waker *w)
{
    flow_status st = flow__conn_receive(k->receiver.conn, out, w);
    flow_value unsent = k->unsent;

    if (st != FLOW_DONE || !flow_is_failure(unsent))
        return st;
    k->unsent = flow_none();
    return flow_raise_in(out, unsent);
}

static flow_status client_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct client *k = self;
    flow_value why = k->wrong;

    k->wrong = flow_none();
    if (flow_is_failure(why) || (k->receiver.conn == NULL && !begin(k, &why)))
        return flow_raise_in(out, why);
    if (k->connecting && !k->receiver.conn->blocked)
        why = made(k);
    if (flow_is_failure(why))
        return flow_raise_in(out, why);
    if (k->connecting) {
        flow__conn_wait_writable(k->receiver.conn, w);
        flow_waits_for(out, w, "a connection");
        return FLOW_WAIT;
    }
    if (k->sending && send_some(k, out, w) == FLOW_FAILED)
        return FLOW_FAILED;
    return receive_some(k, out, w);
}

static void client_close(void *self)
{
    struct client *k = self;

    flow_drop(k->wrong);
    flow_drop(k->unsent);
    if (k->receiver.conn != NULL)
        flow__conn_forget(k->receiver.conn, false, true);
    flow__receiver_close(&k->receiver);
}

flow_stage *(flow_connect_tcp)(const char *address, int port, flow_stage *sent)
{
    static const flow_type type = {
        .name = "connect", .size = sizeof(struct client), .fill = client_fill,
        .close = client_close, .inputs = flow_first_input
    };
    struct client k = { .receiver = { sent, NULL } };

    k.wrong = flow__address_read(address, port, &k.to);
    k.unsent = flow_none();
    return flow_stage_new(&type, &k);
}
