/* SPDX-License-Identifier: MIT */
/* Clients: an operator whose other half is elsewhere. Whenever it is asked, it
 * first sends what there is to send, then gives what has come. */
#include "dial.h"
#include "received.h"

struct client {
    struct flow__receiver receiver;         /* first                        */
    struct flow__dial *dial;                /* NULL: connected, or wrong    */
    flow_value wrong;                       /* an address that is none      */
    bool sending;
    flow_value unsent;                      /* why not all could be sent    */
};

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

static flow_status connect_now(struct client *k, flow_stage *out, flow_waker *w)
{
    flow_value error;
    flow_status st = flow__dial_fill(k->dial, w, &k->receiver.conn, &error);

    if (st == FLOW_WAIT) {
        flow_waits_for(out, w, "a connection");
        return st;
    }
    flow__dial_close(k->dial);
    k->dial = NULL;
    if (st == FLOW_FAILED)
        return flow_raise_in(out, error);
    k->sending = k->receiver.sent != NULL;
    k->receiver.conn->shut = !k->sending;
    return st;
}

static flow_status client_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct client *k = self;
    flow_value why = k->wrong;
    flow_status st;

    k->wrong = flow_none();
    if (flow_is_failure(why))
        return flow_raise_in(out, why);
    if (k->dial != NULL) {
        st = connect_now(k, out, w);
        if (st != FLOW_READY)
            return st;
    }
    if (k->sending && send_some(k, out, w) == FLOW_FAILED)
        return FLOW_FAILED;
    return receive_some(k, out, w);
}

static void leave(void *self)
{
    struct client *k = self;

    flow_drop(k->wrong);
    flow_drop(k->unsent);
    flow__dial_close(k->dial);
    if (k->receiver.conn != NULL)
        flow__conn_forget(k->receiver.conn, false, true);
}

flow_stage *(flow_connect)(const char *to, flow_stage *sent,
                           const flow_connect_options *o)
{
    static const flow_type type = {
        .name = "connect", .size = sizeof(struct client), .fill = client_fill,
        .close = flow__receiver_close, .inputs = flow_first_input
    };
    struct client k = { .receiver = { sent, NULL, leave } };

    k.dial = flow__dial_new(to, o, &k.wrong);
    k.unsent = flow_none();
    return flow_stage_new(&type, &k);
}
