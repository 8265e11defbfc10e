/* SPDX-License-Identifier: MIT */
/* See received.h. */
#include "received.h"

#include <openssl/x509.h>
#include <string.h>

struct received {
    flow_stage *source;                     /* first: flow_first_input      */
    struct flow__session *session;
};

/* A client's transport sends when it is asked: so it is, a last time, when the
 * peer is to be told what is wrong. */
static void let_alert_go(struct received *r, flow_waker *w)
{
    flow_value v;
    flow_status st;

    if (r->session->pipe.out.size == 0)
        return;
    st = flow_pull(r->source, w, &v);
    if (st == FLOW_READY || st == FLOW_FAILED)
        flow_drop(v);
}

static flow_status received_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct received *r = self;
    flow_status st = FLOW_READY;
    bool gave = false;

    while (st == FLOW_READY && flow_room(out) > 0) {
        st = flow__session_decrypt(r->session, out);
        gave |= st == FLOW_READY;
        if (st == FLOW_WAIT && !gave)
            st = flow__session_feed(r->session, r->source, w);
    }
    if (st == FLOW_WAIT && gave)
        return FLOW_READY;
    if (st != FLOW_FAILED)
        return st;
    let_alert_go(r, w);
    return flow__session_fail(r->session, out);
}

static void received_close(void *self)
{
    flow__session_release(((struct received *)self)->session);
}

static const flow_type received_type = {
    .name = "tls_received", .size = sizeof(struct received),
    .fill = received_fill, .close = received_close, .inputs = flow_first_input
};

flow_stage *flow__tls_received(flow_stage *source, struct flow__session *s)
{
    return flow_stage_new(&received_type, &(struct received){
        source, flow__session_hold(s)
    });
}

/* ---- What was agreed on -------------------------------------------------- */
static struct flow__session *session_of(flow_stage *s)
{
    if (s == NULL || s->type != &received_type)
        return NULL;
    return ((struct received *)flow_self(s))->session;
}

/* OpenSSL keeps it in the state of the connection, without an end. */
const char *flow_tls_protocol(flow_stage *received)
{
    struct flow__session *s = session_of(received);
    const unsigned char *name = NULL;
    unsigned size = 0;

    if (s == NULL)
        return "";
    SSL_get0_alpn_selected(s->ssl, &name, &size);
    if (size > 0)
        memcpy(s->protocol, name, size);
    s->protocol[size] = '\0';
    return s->protocol;
}

flow_value flow_tls_subject(flow_stage *received)
{
    struct flow__session *s = session_of(received);
    X509 *peer = s != NULL ? SSL_get0_peer_certificate(s->ssl) : NULL;
    BIO *text;
    flow_value v;
    char *chars;
    long size;

    if (peer == NULL)
        return flow_none();
    text = BIO_new(BIO_s_mem());
    if (text == NULL
        || X509_NAME_print_ex(text, X509_get_subject_name(peer), 0,
                              XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) {
        BIO_free(text);
        return flow_error(FLOW_ENOMEM, 0, "out of memory for a subject");
    }
    size = BIO_get_mem_data(text, &chars);
    v = flow_text(chars, (size_t)size);
    BIO_free(text);
    return v;
}
