/* SPDX-License-Identifier: MIT */
/* A protocol as a client: a stage that connects, then sends what the protocol's
 * stage gives, and gives nothing itself. */
#include "dial.h"
#include "received.h"

struct talk {
    flow_stage *source;                     /* first; NULL: not connected   */
    flow_protocol *protocol;
    void *arg;
    bool loss_fails;
    struct flow__dial *dial;                /* NULL: connected, or wrong    */
    struct flow__conn *conn;                /* held; NULL: there is none    */
    flow_value wrong;                       /* an address that is none      */
};

static flow_status connect_now(struct talk *t, flow_stage *out, flow_waker *w)
{
    flow_value error;
    flow_status st = flow__dial_fill(t->dial, w, &t->conn, &error);

    if (st == FLOW_WAIT) {
        flow_waits_for(out, w, "a connection");
        return st;
    }
    flow__dial_close(t->dial);
    t->dial = NULL;
    if (st == FLOW_FAILED)
        return flow_raise_in(out, error);
    t->conn->lingers = true;
    t->conn->loss_is_end = !t->loss_fails;
    t->source = t->protocol(flow__received(t->conn), t->arg);
    flow_read_by(t->source, out);
    return st;
}

static flow_status talk_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct talk *t = self;
    flow_value why = t->wrong;
    flow_status st = FLOW_READY;

    t->wrong = flow_none();
    if (flow_is_failure(why))
        return flow_raise_in(out, why);
    if (t->dial != NULL)
        st = connect_now(t, out, w);
    if (st != FLOW_READY)
        return st;
    st = flow__conn_send(t->conn, t->source, w, &why);
    if (st == FLOW_WAIT && t->conn->writer != NULL)
        flow_waits_for(out, w, "the peer to receive");
    if (st != FLOW_FAILED)
        return st;
    if (!t->conn->lost || t->loss_fails)
        return flow_raise_in(out, why);
    flow_drop(why);
    return FLOW_DONE;
}

static void talk_close(void *self)
{
    struct talk *t = self;

    flow_drop(t->wrong);
    flow__dial_close(t->dial);
    if (t->conn == NULL)
        return;
    flow__conn_forget(t->conn, false, true);
    flow__conn_release(t->conn);
}

flow_stage *(flow_talk)(const char *to, flow_protocol *p, void *arg,
                        const flow_connect_options *o)
{
    static const flow_type type = {
        .name = "talk", .size = sizeof(struct talk), .fill = talk_fill,
        .close = talk_close, .inputs = flow_first_input
    };
    struct talk t = { .protocol = p, .arg = arg };

    t.loss_fails = o != NULL && o->conn.loss_fails;
    t.dial = flow__dial_new(to, o, &t.wrong);
    return flow_stage_new(&type, &t);
}
