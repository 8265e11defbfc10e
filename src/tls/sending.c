/* SPDX-License-Identifier: MIT */
/* See sending.h. */
#include "sending.h"

#include "received.h"

struct sending {
    flow_stage *source;                     /* first: flow_first_input      */
    struct flow__session *session;
    flow_protocol *protocol;                /* NULL: it has been called, or
                                               a client has none            */
    void *arg;
    flow_value held;                        /* to be sent, from `cut` on    */
    size_t cut;
    bool over;                              /* all is, and the peer told    */
};

/* A server reads what it needs for the handshake; a client's other stage does.
 */
static flow_status shake_hands(struct sending *o, flow_stage *out,
                               flow_waker *w)
{
    struct flow__session *s = o->session;
    flow_status st = flow__session_shake(s);

    if (st == FLOW_WAIT && o->protocol != NULL && s->pipe.out.size == 0)
        return flow__session_feed(s, o->source, w);
    if (st == FLOW_READY && o->protocol != NULL) {
        o->source = o->protocol(flow__tls_received(o->source, s), o->arg);
        o->protocol = NULL;
        flow_read_by(o->source, out);
    }
    return st;
}

static flow_status send_held(struct sending *o)
{
    size_t size;
    const char *chars = flow_chars(&o->held, &size);
    size_t n = size - o->cut;
    flow_status st = flow__session_encrypt(o->session, chars + o->cut, &n);

    if (st != FLOW_READY)
        return st;
    o->cut += n;
    if (o->cut == size) {
        flow_drop(o->held);
        o->held = flow_none();
        o->cut = 0;
    }
    return FLOW_READY;
}

/* READY: there is something to be sent, or it may be asked again. FAILED: *error
 * is why, or the session knows. */
static flow_status go_on(struct sending *o, flow_waker *w, flow_value *error)
{
    flow_status st;
    flow_value v;

    if (o->held.size > 0)
        return send_held(o);
    if (o->over)
        return FLOW_DONE;
    st = flow_pull(o->source, w, &v);
    if (st == FLOW_DONE) {
        o->over = true;
        return flow__session_finish(o->session);
    }
    if (st == FLOW_FAILED)
        *error = v;
    if (st != FLOW_READY)
        return st;
    if (v.kind == FLOW_TEXT || v.kind == FLOW_BYTES) {
        flow_drop(o->held);
        o->held = v;
        return FLOW_READY;
    }
    flow_drop(v);
    *error = flow_error(FLOW_EINVAL, 0, "what is sent in TLS must be text or "
                        "bytes");
    return FLOW_FAILED;
}

/* What there is to be sent goes first; a failure that the session remembers is
 * told when it is asked again. */
static flow_status sending_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct sending *o = self;
    struct flow__session *s = o->session;
    flow_value error = flow_none();
    flow_status st = FLOW_READY;

    s->sender = NULL;
    while (st == FLOW_READY && s->pipe.out.size == 0)
        st = o->protocol != NULL || !s->shaken ? shake_hands(o, out, w)
                                               : go_on(o, w, &error);
    if (flow__session_give(s, out) && st != FLOW_DONE
        && !flow_is_failure(error))
        return FLOW_READY;
    if (st == FLOW_FAILED)
        return flow_is_failure(error) ? flow_raise_in(out, error)
                                      : flow__session_fail(s, out);
    if (st == FLOW_WAIT) {
        s->sender = w;
        if (!s->shaken)
            flow_waits_for(out, w, "the peer's part of the handshake");
    }
    return st;
}

static void sending_close(void *self)
{
    struct sending *o = self;

    o->session->sender = NULL;
    flow_drop(o->held);
    flow__session_release(o->session);
}

flow_stage *flow__tls_sending(flow_stage *source, struct flow__session *s,
                              flow_protocol *p, void *arg)
{
    static const flow_type type = {
        .name = "tls_sending", .size = sizeof(struct sending),
        .fill = sending_fill, .close = sending_close,
        .inputs = flow_first_input
    };

    return flow_stage_new(&type, &(struct sending){
        .source = source, .session = flow__session_hold(s), .protocol = p,
        .arg = arg, .held = flow_none()
    });
}
