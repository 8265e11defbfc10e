/* SPDX-License-Identifier: MIT */
/* A connection in TLS: OpenSSL's state between two stages of it, one of the
 * plain bytes received and one of the bytes to be sent, which may be asked by
 * different drivers. Each holds it.
 *
 *                received.c             sending.c
 *      plain   <-- decrypt --.      .-- encrypt <-- plain
 *                             session
 *      secret  --> feed -----'      '--> give  --> secret
 *
 * No stage is asked while OpenSSL runs. What it has to say by itself (of the
 * handshake, or an alert) is found by one stage and given by the other: that
 * one's waker is remembered here, and woken. The other way round needs no
 * waker: what the peer sends arrives at the stage that waits for it. */
#ifndef FLOW_TLS_SESSION_H
#define FLOW_TLS_SESSION_H

#include "context.h"
#include "pipe.h"

enum {
    FLOW__RECORD = 16384,           /* plain bytes of one, at most          */
    FLOW__ANSWERS = 65536           /* bytes of answers to what the peer sends,
                                       once the handshake is over           */
};

struct flow__session {
    uint32_t holders;
    flow_tls *tls;
    SSL *ssl;
    struct flow__pipe pipe;
    X509 *refused;                  /* the peer's, that is not believed     */
    char with[256];                 /* the other side, for messages         */
    char protocol[256];             /* that was agreed on, once asked for   */
    bool shaken;                    /* the handshake is over                */
    flow_value wrong;               /* why nothing goes any more            */
    flow_waker *sender;             /* the stage to be sent waits           */
};

/* Held by the caller. host NULL: a server. NULL: *why says why. */
struct flow__session *flow__session_new(flow_tls *tls, bool server,
                                        const char *host, flow_value *why);
struct flow__session *flow__session_hold(struct flow__session *s);
void flow__session_release(struct flow__session *s);

/* The following answer FAILED with s->wrong set, which the stages share. WAIT:
 * more must be fed, or what there is to be sent must be given. */
flow_status flow__session_shake(struct flow__session *s);

/* Gives the plain bytes of one record. DONE: the peer has sent all. */
flow_status flow__session_decrypt(struct flow__session *s, flow_stage *out);

/* Makes a record of the first *n bytes or less; *n gets how many. */
flow_status flow__session_encrypt(struct flow__session *s, const char *chars,
                                  size_t *n);

/* Tells the peer that all is sent. */
flow_status flow__session_finish(struct flow__session *s);

/* Takes from the stage of bytes received, whose failure becomes that of the
 * session. READY: something was fed. Its end comes too early, always. */
flow_status flow__session_feed(struct flow__session *s, flow_stage *source,
                               flow_waker *w);

/* Gives what there is to be sent; false: nothing. */
bool flow__session_give(struct flow__session *s, flow_stage *out);

/* Fails with why nothing goes any more. */
flow_status flow__session_fail(struct flow__session *s, flow_stage *out);

#endif
