/* SPDX-License-Identifier: MIT */
/* See session.h. */
#include "session.h"

#include "words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

/* ---- Beginning and ending ----------------------------------------------- */
static bool is_address(const char *host)
{
    unsigned char number[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, number) == 1
        || inet_pton(AF_INET6, host, number) == 1;
}

/* Names are said to the peer as well, which may serve several. */
static bool expects(struct flow__session *s, const char *host)
{
    X509_VERIFY_PARAM *wanted = SSL_get0_param(s->ssl);

    if (host == NULL)
        return true;
    if (is_address(host))
        return X509_VERIFY_PARAM_set1_ip_asc(wanted, host) == 1;
    X509_VERIFY_PARAM_set_hostflags(wanted,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(wanted, host, 0) == 1
        && SSL_set_tlsext_host_name(s->ssl, host) == 1;
}

/* Keeps a certificate that is not believed, to tell what is wrong with it. */
static int look_at(int believed, X509_STORE_CTX *ctx)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(
        ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct flow__session *s = SSL_get_app_data(ssl);
    X509 *peer = X509_STORE_CTX_get_current_cert(ctx);

    if (!believed && s->refused == NULL && peer != NULL && X509_up_ref(peer))
        s->refused = peer;
    return believed;
}

static bool begin(struct flow__session *s, bool server, const char *host)
{
    BIO *b;

    ERR_clear_error();
    s->ssl = SSL_new(s->tls->ctx);
    b = s->ssl != NULL ? flow__pipe_open(s->tls->pipe, &s->pipe) : NULL;
    if (b == NULL)
        return false;
    SSL_set_bio(s->ssl, b, b);
    SSL_set_app_data(s->ssl, s);
    SSL_set_verify(s->ssl, SSL_get_verify_mode(s->ssl), look_at);
    if (server)
        SSL_set_accept_state(s->ssl);
    else
        SSL_set_connect_state(s->ssl);
    return expects(s, host);
}

static flow_value cannot_begin(const flow_tls *tls, bool server,
                               const char *host)
{
    flow_value why = flow_tls_failure(tls);

    if (flow_is_failure(why))
        return why;
    if (server != tls->serves)
        return flow_error(FLOW_EINVAL, 0, server
            ? "to accept, give what flow_tls_server has made"
            : "to connect, give what flow_tls_client has made");
    if (server || host != NULL || !tls->verifies)
        return why;
    return flow_error(FLOW_EINVAL, 0, "give the name of the host that is "
                      "connected to: its certificate must have it");
}

struct flow__session *flow__session_new(flow_tls *tls, bool server,
                                        const char *host, flow_value *why)
{
    struct flow__session *s;

    *why = cannot_begin(tls, server, host);
    if (flow_is_failure(*why))
        return NULL;
    s = flow_alloc(sizeof *s);
    if (s == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "out of memory for TLS");
        return NULL;
    }
    memset(s, 0, sizeof *s);
    s->holders = 1;
    s->tls = flow__tls_hold(tls);
    snprintf(s->with, sizeof s->with, "%s", server ? "a client"
                                          : host != NULL ? host : "a server");
    if (begin(s, server, host))
        return s;
    *why = flow__tls_words(s->ssl, s->with, s->refused);
    flow__session_release(s);
    return NULL;
}

struct flow__session *flow__session_hold(struct flow__session *s)
{
    s->holders++;
    return s;
}

void flow__session_release(struct flow__session *s)
{
    if (--s->holders > 0)
        return;
    SSL_free(s->ssl);
    X509_free(s->refused);
    flow__pipe_drop(&s->pipe);
    flow_drop(s->wrong);
    flow_tls_release(s->tls);
    flow_free(s, sizeof *s);
}

/* ---- Going on ------------------------------------------------------------ */
static void wake_sender(struct flow__session *s)
{
    flow_waker *w = s->sender;

    s->sender = NULL;
    flow_wake(w);
}

static flow_status goes_wrong(struct flow__session *s, flow_value why)
{
    flow_drop(s->wrong);
    s->wrong = why;
    return FLOW_FAILED;
}

static flow_value is_lost(const struct flow__session *s, const char *when)
{
    return flow_system_error(ECONNRESET, "the connection in TLS with %s was "
                             "cut off %s", s->with, when);
}

static flow_value openssl_failed(struct flow__session *s)
{
    flow_value why = s->pipe.wrong;

    s->pipe.wrong = flow_none();
    if (!flow_is_failure(why))
        why = flow__tls_words(s->ssl, s->with, s->refused);
    ERR_clear_error();
    return why;
}

/* What the answer of a call to OpenSSL means. After the peer's last word it
 * takes a failure to write for the end. */
static flow_status come_of(struct flow__session *s, int answer)
{
    if (!s->shaken && SSL_is_init_finished(s->ssl)) {
        s->shaken = true;
        s->pipe.most = FLOW__ANSWERS;
        wake_sender(s);
    }
    if (answer > 0)
        return FLOW_READY;
    if (flow_is_failure(s->pipe.wrong))
        return goes_wrong(s, openssl_failed(s));
    switch (SSL_get_error(s->ssl, answer)) {
    case SSL_ERROR_WANT_READ:
        return FLOW_WAIT;
    case SSL_ERROR_ZERO_RETURN:
        return s->shaken ? FLOW_DONE
             : goes_wrong(s, is_lost(s, "in its handshake"));
    default:
        return goes_wrong(s, openssl_failed(s));
    }
}

static bool is_wrong(const struct flow__session *s)
{
    return flow_is_failure(s->wrong);
}

flow_status flow__session_shake(struct flow__session *s)
{
    if (is_wrong(s))
        return FLOW_FAILED;
    ERR_clear_error();
    return come_of(s, SSL_do_handshake(s->ssl));
}

flow_status flow__session_encrypt(struct flow__session *s, const char *chars,
                                  size_t *n)
{
    if (is_wrong(s))
        return FLOW_FAILED;
    ERR_clear_error();
    return come_of(s, SSL_write_ex(s->ssl, chars,
                                   *n < FLOW__RECORD ? *n : FLOW__RECORD, n));
}

flow_status flow__session_finish(struct flow__session *s)
{
    if (is_wrong(s))
        return FLOW_FAILED;
    ERR_clear_error();
    if (SSL_shutdown(s->ssl) < 0)
        return goes_wrong(s, openssl_failed(s));
    return FLOW_DONE;
}

/* ---- Receiving ----------------------------------------------------------- */
/* To look at the first byte decrypts the whole record: then its size is known,
 * and where it shall go. */
static flow_status decrypt(struct flow__session *s, flow_value *out)
{
    char first, *to;
    flow_status st;
    int size;

    ERR_clear_error();
    st = come_of(s, SSL_peek(s->ssl, &first, 1));
    if (st != FLOW_READY)
        return st;
    size = SSL_pending(s->ssl);
    *out = flow_buffer((size_t)size, &to);
    if (to == NULL)
        return goes_wrong(s, *out);
    st = come_of(s, SSL_read(s->ssl, to, size));
    if (st != FLOW_READY)
        flow_drop(*out);
    return st;
}

flow_status flow__session_decrypt(struct flow__session *s, flow_stage *out)
{
    flow_status st = FLOW_FAILED;
    flow_value v;

    if (!is_wrong(s))
        st = decrypt(s, &v);
    if (s->pipe.out.size > 0 || st == FLOW_FAILED)
        wake_sender(s);
    if (st == FLOW_READY)
        flow_give(out, v);
    return st;
}

/* Something that is neither text nor bytes is a fault of the transport. */
static flow_status feed(struct flow__session *s, flow_value v)
{
    if (v.kind != FLOW_TEXT && v.kind != FLOW_BYTES) {
        flow_drop(v);
        return goes_wrong(s, flow_error(FLOW_EINVAL, 0, "TLS is made of text "
                                        "or bytes; what was received is "
                                        "neither"));
    }
    flow_drop(s->pipe.in);
    s->pipe.in = v;
    return FLOW_READY;
}

flow_status flow__session_feed(struct flow__session *s, flow_stage *source,
                               flow_waker *w)
{
    flow_value v;
    flow_status st = flow_pull(source, w, &v);

    switch (st) {
    case FLOW_READY:
        return feed(s, v);
    case FLOW_WAIT:
        break;
    case FLOW_DONE:
        return goes_wrong(s, is_lost(s, s->shaken
            ? "before its peer said that all is sent" : "in its handshake"));
    case FLOW_FAILED:
        return goes_wrong(s, v);
    }
    return st;
}

/* ---- Giving -------------------------------------------------------------- */
bool flow__session_give(struct flow__session *s, flow_stage *out)
{
    if (s->pipe.out.size == 0)
        return false;
    flow_give(out, s->pipe.out);
    s->pipe.out = flow_none();
    return true;
}

flow_status flow__session_fail(struct flow__session *s, flow_stage *out)
{
    return flow_raise_in(out, flow_share(s->wrong));
}
