/* SPDX-License-Identifier: MIT */
/* See context.h. */
#include "context.h"

#include "pipe.h"
#include "words.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static flow_tls no_memory = {
    .class = FLOW_ENOMEM, .why = "out of memory for TLS"
};

flow_tls *flow__tls_hold(flow_tls *tls)
{
    if (tls != &no_memory)
        tls->holders++;
    return tls;
}

void flow_tls_release(flow_tls *tls)
{
    if (tls == NULL || tls == &no_memory || --tls->holders > 0)
        return;
    SSL_CTX_free(tls->ctx);
    BIO_meth_free(tls->pipe);
    flow_free(tls, sizeof *tls);
}

flow_value flow_tls_failure(const flow_tls *tls)
{
    if (tls == NULL)
        return flow_error(FLOW_EINVAL, 0, "give what flow_tls_server or "
                          "flow_tls_client has made, not NULL");
    if (tls->ctx != NULL)
        return flow_none();
    return flow_error(tls->class, tls->code, "%s", tls->why);
}

/* ---- Why it could not be had --------------------------------------------- */
static bool __attribute__((format(printf, 4, 5)))
fails(flow_tls *tls, const flow_error_class *class, int code,
      const char *format, ...)
{
    va_list args;

    tls->class = class;
    tls->code = code;
    va_start(args, format);
    vsnprintf(tls->why, sizeof tls->why, format, args);
    va_end(args);
    ERR_clear_error();
    return false;
}

/* By OpenSSL's own reason. */
static bool openssl_fails(flow_tls *tls, const char *what, const char *from)
{
    int code;
    const char *says = flow__openssl_says(&code);

    return fails(tls, FLOW_ETLS, code, "%s%s: %s", what, from, says);
}

/* ---- PEM ----------------------------------------------------------------- */
static bool is_text(const char *pem)
{
    return strstr(pem, "-----BEGIN") != NULL;
}

/* For messages. */
static const char *name_of(const char *pem)
{
    return is_text(pem) ? "the given text" : pem;
}

static BIO *open_pem(flow_tls *tls, const char *pem)
{
    BIO *b;

    errno = 0;
    b = is_text(pem) ? BIO_new_mem_buf(pem, -1) : BIO_new_file(pem, "r");
    if (b == NULL)
        fails(tls, FLOW_ESYSTEM, errno, "cannot read %s: %s", name_of(pem),
              strerror(errno));
    return b;
}

/* The end of the text is told as an error. */
static bool came_to_the_end(void)
{
    unsigned long last = ERR_peek_last_error();

    return ERR_GET_LIB(last) == ERR_LIB_PEM
        && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

/* Calls take for each certificate; there must be one. */
static bool each_certificate(flow_tls *tls, const char *pem,
                             bool (*take)(flow_tls *tls, X509 *c, int n))
{
    BIO *b = open_pem(tls, pem);
    bool good = b != NULL;
    int n = 0;

    while (good) {
        X509 *c = PEM_read_bio_X509(b, NULL, NULL, NULL);

        if (c == NULL && n > 0 && came_to_the_end())
            break;
        good = c != NULL && take(tls, c, n++);
        X509_free(c);
        if (!good)
            openssl_fails(tls, "there is no certificate to be used in ",
                          name_of(pem));
    }
    ERR_clear_error();
    BIO_free(b);
    return good;
}

static bool take_own(flow_tls *tls, X509 *c, int n)
{
    return n == 0 ? SSL_CTX_use_certificate(tls->ctx, c) == 1
                  : SSL_CTX_add1_chain_cert(tls->ctx, c) == 1;
}

/* A server tells its clients of whom a certificate should be. */
static bool take_authority(flow_tls *tls, X509 *c, int n)
{
    (void)n;
    return X509_STORE_add_cert(SSL_CTX_get_cert_store(tls->ctx), c) == 1
        && SSL_CTX_add_client_CA(tls->ctx, c) == 1;
}

/* Nobody is asked at the terminal. */
static int no_password(char *to, int size, int writing, void *arg)
{
    (void)to;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static bool take_key(flow_tls *tls, const char *pem)
{
    BIO *b = open_pem(tls, pem);
    EVP_PKEY *key;
    bool good;

    if (b == NULL)
        return false;
    key = PEM_read_bio_PrivateKey(b, NULL, no_password, NULL);
    BIO_free(b);
    if (key == NULL)
        return openssl_fails(tls, "there is no private key in the clear in ",
                             name_of(pem));
    good = SSL_CTX_use_PrivateKey(tls->ctx, key) == 1;
    EVP_PKEY_free(key);
    return good || openssl_fails(tls, "this private key is not that of .chain: "
                                 , name_of(pem));
}

/* ---- Protocols to be agreed on ------------------------------------------- */
/* As they are sent: each behind its length. */
static bool take_protocols(flow_tls *tls, const char *list)
{
    while (*(list += strspn(list, " ")) != '\0') {
        size_t n = strcspn(list, " ");

        if (n > 255 || tls->protocols_size + 1 + n > sizeof tls->protocols)
            return fails(tls, FLOW_ELIMIT, 0, ".protocols may have %zu bytes",
                         sizeof tls->protocols);
        tls->protocols[tls->protocols_size++] = (unsigned char)n;
        memcpy(tls->protocols + tls->protocols_size, list, n);
        tls->protocols_size += (unsigned)n;
        list += n;
    }
    return true;
}

static int agree(SSL *ssl, const unsigned char **out, unsigned char *size,
                 const unsigned char *in, unsigned in_size, void *arg)
{
    const flow_tls *tls = arg;
    unsigned char *chosen;

    (void)ssl;
    if (SSL_select_next_proto(&chosen, size, tls->protocols,
                              tls->protocols_size, in, in_size)
        != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* ---- Making -------------------------------------------------------------- */
/* Bytes that wait keep no buffers of OpenSSL; a handshake is not begun anew;
 * sessions are resumed by tickets, not kept here. */
static bool begin(flow_tls *tls, const SSL_METHOD *method)
{
    static const unsigned char name[] = "flow";

    tls->pipe = flow__pipe_method();
    tls->ctx = tls->pipe != NULL ? SSL_CTX_new(method) : NULL;
    if (tls->ctx == NULL)
        return openssl_fails(tls, "OpenSSL cannot begin", "");
    SSL_CTX_set_min_proto_version(tls->ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(tls->ctx, SSL_OP_NO_RENEGOTIATION
                                  | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(tls->ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(tls->ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(tls->ctx, name, sizeof name - 1);
    return true;
}

static bool take_options(flow_tls *tls, const flow_tls_options *o)
{
    if ((o->chain == NULL) != (o->key == NULL))
        return fails(tls, FLOW_EINVAL, 0, "give .chain and .key together");
    return (o->chain == NULL || (each_certificate(tls, o->chain, take_own)
                                 && take_key(tls, o->key)))
        && (o->authorities == NULL
            || each_certificate(tls, o->authorities, take_authority))
        && (o->protocols == NULL || take_protocols(tls, o->protocols));
}

static bool becomes_server(flow_tls *tls, const flow_tls_options *o)
{
    tls->serves = true;
    if (o->chain == NULL)
        return fails(tls, FLOW_EINVAL, 0, "a server needs a certificate: give "
                     ".chain and .key");
    if (o->authorities != NULL)
        SSL_CTX_set_verify(tls->ctx, SSL_VERIFY_PEER
                                     | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    if (tls->protocols_size > 0)
        SSL_CTX_set_alpn_select_cb(tls->ctx, agree, tls);
    return true;
}

static bool becomes_client(flow_tls *tls, const flow_tls_options *o)
{
    tls->verifies = !o->unverified;
    SSL_CTX_set_verify(tls->ctx, tls->verifies ? SSL_VERIFY_PEER
                                               : SSL_VERIFY_NONE, NULL);
    if ((tls->protocols_size > 0
         && SSL_CTX_set_alpn_protos(tls->ctx, tls->protocols,
                                    tls->protocols_size) != 0)
        || (o->authorities == NULL && tls->verifies
            && SSL_CTX_set_default_verify_paths(tls->ctx) != 1))
        return openssl_fails(tls, "OpenSSL cannot begin", "");
    return true;
}

static flow_tls *make(const SSL_METHOD *method, const flow_tls_options *o,
                      bool (*becomes)(flow_tls *, const flow_tls_options *))
{
    static const flow_tls_options defaults = { 0 };
    flow_tls *tls = flow_alloc(sizeof *tls);

    if (tls == NULL)
        return &no_memory;
    if (o == NULL)
        o = &defaults;
    memset(tls, 0, sizeof *tls);
    tls->holders = 1;
    ERR_clear_error();
    if (!begin(tls, method) || !take_options(tls, o) || !becomes(tls, o)) {
        SSL_CTX_free(tls->ctx);
        tls->ctx = NULL;
    }
    return tls;
}

flow_tls *flow_tls_server(const flow_tls_options *o)
{
    return make(TLS_server_method(), o, becomes_server);
}

flow_tls *flow_tls_client(const flow_tls_options *o)
{
    return make(TLS_client_method(), o, becomes_client);
}
