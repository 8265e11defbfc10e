/* SPDX-License-Identifier: MIT */
/* See sending.h. */
#include "sending.h"

#include "received.h"

#include <string.h>

/* Values are joined to records as long as there are more of them: a record
 * costs as much as to encrypt 4 KiB. One that fills a record is not copied. */
struct sending {
    flow_stage *source;                     /* first: flow_first_input      */
    struct flow__session *session;
    flow_protocol *protocol;                /* NULL: it has been called, or
                                               a client has none            */
    void *arg;
    char *joint;                            /* NULL, or FLOW__RECORD bytes  */
    size_t joined;                          /* of them, to be sent first    */
    flow_value held;                        /* to be sent, from `cut` on    */
    size_t cut;
    flow_value last;                        /* the failure after that       */
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

/* ---- What is to be sent plain -------------------------------------------- */
static void drop_joint(struct sending *o)
{
    flow_free(o->joint, FLOW__RECORD);
    o->joint = NULL;
}

/* Without memory nothing is joined. */
static bool join(struct sending *o, const flow_value *v)
{
    size_t size;
    const char *chars = flow_chars(v, &size);

    if (size >= FLOW__RECORD - o->joined)
        return false;
    if (o->joint == NULL)
        o->joint = flow_alloc(FLOW__RECORD);
    if (o->joint == NULL)
        return false;
    if (size > 0)
        memcpy(o->joint + o->joined, chars, size);
    o->joined += size;
    return true;
}

static void take(struct sending *o, flow_value v)
{
    if (v.kind != FLOW_TEXT && v.kind != FLOW_BYTES) {
        o->last = flow_error(FLOW_EINVAL, 0, "what is sent in TLS must be text "
                             "or bytes");
        flow_drop(v);
    } else if (join(o, &v) || v.size == 0) {
        flow_drop(v);
    } else {
        o->held = v;
    }
}

/* Takes what there is, up to a record. */
static flow_status gather(struct sending *o, flow_waker *w)
{
    flow_status st = FLOW_READY;

    while (st == FLOW_READY && o->held.size == 0 && o->joined < FLOW__RECORD
           && !flow_is_failure(o->last)) {
        flow_value v;

        st = flow_pull(o->source, w, &v);
        if (st == FLOW_READY)
            take(o, v);
        else if (st == FLOW_FAILED)
            o->last = v;
    }
    return flow_is_failure(o->last) ? FLOW_FAILED : st;
}

/* If that fails, a failure that would come later does not come. */
static flow_status encrypt(struct sending *o, const char *chars, size_t *n)
{
    flow_status st = flow__session_encrypt(o->session, chars, n);

    if (st == FLOW_FAILED) {
        flow_drop(o->last);
        o->last = flow_none();
    }
    return st;
}

static flow_status send_joint(struct sending *o)
{
    size_t n = o->joined;

    o->joined = 0;
    return encrypt(o, o->joint, &n);
}

static flow_status send_held(struct sending *o)
{
    size_t size;
    const char *chars = flow_chars(&o->held, &size);
    size_t n = size - o->cut;
    flow_status st = encrypt(o, chars + o->cut, &n);

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

/* READY: there is something to be sent, or it may be asked again. */
static flow_status go_on(struct sending *o, flow_waker *w)
{
    flow_status st = FLOW_READY, rest;

    if (o->over)
        return FLOW_DONE;
    if (o->held.size > 0)
        return send_held(o);
    rest = gather(o, w);
    if (o->joined > 0)
        st = send_joint(o);
    else if (o->held.size == 0 && rest == FLOW_DONE)
        st = flow__session_finish(o->session);
    else if (o->held.size == 0)
        st = rest;
    if (rest != FLOW_READY)
        drop_joint(o);
    o->over = st == FLOW_DONE;
    return st;
}

/* Of its own, or that of the session. */
static flow_status fail(struct sending *o, flow_stage *out)
{
    flow_value last = o->last;

    o->last = flow_none();
    return flow_is_failure(last) ? flow_raise_in(out, last)
                                 : flow__session_fail(o->session, out);
}

/* What there is to be sent goes first: what else there is to tell is told when
 * it is asked again. */
static flow_status sending_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct sending *o = self;
    struct flow__session *s = o->session;
    flow_status st = FLOW_READY;

    s->sender = NULL;
    while (st == FLOW_READY && s->pipe.out.size == 0)
        st = o->protocol != NULL || !s->shaken ? shake_hands(o, out, w)
                                               : go_on(o, w);
    if (flow__session_give(s, out) && st != FLOW_DONE)
        return FLOW_READY;
    if (st == FLOW_FAILED)
        return fail(o, out);
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
    drop_joint(o);
    flow_drop(o->held);
    flow_drop(o->last);
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
        .arg = arg, .held = flow_none(), .last = flow_none()
    });
}
