/* SPDX-License-Identifier: MIT */
/* See tls_harness.h. */
#include "tls_harness.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Certificates -------------------------------------------------------- */
enum { DAY = 24 * 60 * 60 };

static const struct wanted {
    const char *name, *hosts, *usage;
    enum who issuer;
    long from, to;                          /* seconds from now             */
} wanted[WHOS] = {
    [AUTHORITY] = { "authority", NULL, NULL, AUTHORITY, -DAY, DAY },
    [LOCALHOST] = { "localhost", "DNS:localhost,IP:127.0.0.1", "serverAuth",
                    AUTHORITY, -DAY, DAY },
    [EXPIRED] = { "expired", "DNS:localhost", "serverAuth", AUTHORITY,
                  -2 * DAY, -DAY },
    [EARLY] = { "early", "DNS:localhost", "serverAuth", AUTHORITY, DAY,
                2 * DAY },
    [ALICE] = { "alice", "email:alice@example.org", "clientAuth", AUTHORITY,
                -DAY, DAY },
    [STRANGE_AUTHORITY] = { "strange authority", NULL, NULL, STRANGE_AUTHORITY,
                            -DAY, DAY },
    [STRANGER] = { "stranger", "DNS:localhost", "serverAuth",
                   STRANGE_AUTHORITY, -DAY, DAY },
};

static struct {
    X509 *certificate;
    EVP_PKEY *key;
    struct identity pem;
} made[WHOS];

static void must_be(bool good)
{
    if (!good) {
        fprintf(stderr, "OpenSSL cannot make certificates\n");
        abort();
    }
}

static void extend(X509 *c, int nid, const char *value)
{
    X509_EXTENSION *e;

    if (value == NULL)
        return;
    e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    must_be(e != NULL && X509_add_ext(c, e, -1) == 1);
    X509_EXTENSION_free(e);
}

static X509 *certify(enum who w)
{
    const struct wanted *as = &wanted[w];
    X509 *c = X509_new();
    X509_NAME *name;

    must_be(c != NULL);
    name = X509_get_subject_name(c);
    X509_set_version(c, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(c), (long)w + 1);
    X509_gmtime_adj(X509_getm_notBefore(c), as->from);
    X509_gmtime_adj(X509_getm_notAfter(c), as->to);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               (const unsigned char *)as->name, -1, -1, 0);
    X509_set_pubkey(c, made[w].key);
    extend(c, NID_basic_constraints,
           as->issuer == w ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(c, NID_subject_alt_name, as->hosts);
    extend(c, NID_ext_key_usage, as->usage);
    X509_set_issuer_name(c, as->issuer == w
        ? name : X509_get_subject_name(made[as->issuer].certificate));
    must_be(X509_sign(c, made[as->issuer].key, EVP_sha256()) > 0);
    return c;
}

static void write_down(BIO *b, char *text, size_t size)
{
    int n = BIO_read(b, text, (int)size - 1);

    must_be(n > 0 && (size_t)n < size - 1);
    text[n] = '\0';
    BIO_free(b);
}

static void make(enum who w)
{
    BIO *chain = BIO_new(BIO_s_mem()), *key = BIO_new(BIO_s_mem());

    made[w].key = EVP_EC_gen("P-256");
    must_be(made[w].key != NULL && chain != NULL && key != NULL);
    made[w].certificate = certify(w);
    must_be(PEM_write_bio_X509(chain, made[w].certificate) == 1
            && PEM_write_bio_PrivateKey(key, made[w].key, NULL, NULL, 0, NULL,
                                        NULL) == 1);
    write_down(chain, made[w].pem.chain, sizeof made[w].pem.chain);
    write_down(key, made[w].pem.key, sizeof made[w].pem.key);
}

static void forget_all(void)
{
    for (int w = 0; w < WHOS; w++) {
        X509_free(made[w].certificate);
        EVP_PKEY_free(made[w].key);
    }
}

/* An authority comes before those that it signs. */
static void make_all(void)
{
    for (int w = 0; w < WHOS; w++)
        if (wanted[w].issuer == (enum who)w)
            make((enum who)w);
    for (int w = 0; w < WHOS; w++)
        if (wanted[w].issuer != (enum who)w)
            make((enum who)w);
    atexit(forget_all);
}

const struct identity *identity(enum who w)
{
    if (made[w].certificate == NULL)
        make_all();
    return &made[w].pem;
}

/* ---- Both sides ---------------------------------------------------------- */
struct sides sides_with(const flow_tls_options *client,
                        const flow_tls_options *server)
{
    return (struct sides){
        .client = flow_tls_client(client), .server = flow_tls_server(server)
    };
}

struct sides sides(void)
{
    const struct identity *own = identity(LOCALHOST);

    return sides_with(
        &(flow_tls_options){ .authorities = identity(AUTHORITY)->chain },
        &(flow_tls_options){ .chain = own->chain, .key = own->key });
}

void part(struct sides *s)
{
    flow_tls_release(s->client);
    flow_tls_release(s->server);
}

flow_stage *secured(flow_stage *received, void *arg)
{
    struct sides *s = arg;

    if (s->lies_between == NULL)
        return flow_tls_accept(received, s->server, s->protocol, s->arg);
    return s->lies_between(flow_tls_accept(s->lies_between(received, s, false),
                                           s->server, s->protocol, s->arg),
                           s, true);
}

flow_stage *speak_to(const char *host, struct sides *s, flow_stage *sent,
                     flow_protocol *p, void *arg)
{
    s->protocol = p;
    s->arg = arg;
    return flow_tls_connect(host, sent, s->client, secured, s);
}

flow_stage *speak(struct sides *s, flow_stage *sent, flow_protocol *p,
                  void *arg)
{
    return speak_to("localhost", s, sent, p, arg);
}

/* ---- What lies between them ---------------------------------------------- */
static void wait_each(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_cooperate(self, 0) && flow_next(self, source, &v))
        flow_yield(self, v);
}

flow_stage *slowly(flow_stage *s, const struct sides *sides, bool to_client)
{
    (void)to_client;
    (void)sides;
    return flow_generate(wait_each, s, NULL);
}

flow_stage *byte_by_byte(flow_stage *s, const struct sides *sides,
                         bool to_client)
{
    (void)to_client;
    (void)sides;
    return flow_chunk(s, 1);
}

struct cut {
    flow_stage *source;                     /* first                        */
    size_t left;                            /* bytes before it              */
    bool ends;
    flow_value rest;
};

static flow_status cut_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct cut *c = self;
    flow_value v = c->rest;
    flow_status st = FLOW_READY;

    if (c->ends && c->left == 0)
        return FLOW_DONE;
    c->rest = flow_none();
    if (v.kind == FLOW_NONE)
        st = flow_pull(c->source, w, &v);
    if (st != FLOW_READY)
        return flow_pass(out, st, v);
    if (c->left > 0 && v.size > c->left) {
        flow_give(out, flow_slice(&v, 0, c->left));
        c->rest = flow_slice(&v, c->left, v.size);
        flow_drop(v);
        c->left = 0;
        return FLOW_READY;
    }
    c->left -= c->left < v.size ? c->left : v.size;
    flow_give(out, v);
    return FLOW_READY;
}

static void cut_close(void *self)
{
    flow_drop(((struct cut *)self)->rest);
}

static flow_stage *cut(flow_stage *s, size_t n, bool ends)
{
    static const flow_type type = {
        .name = "cut", .size = sizeof(struct cut), .fill = cut_fill,
        .close = cut_close, .inputs = flow_first_input
    };

    return flow_stage_new(&type, &(struct cut){ s, n, ends, flow_none() });
}

flow_stage *cut_behind(flow_stage *s, const struct sides *sides, bool to_client)
{
    (void)to_client;
    return cut(s, sides->n, false);
}

flow_stage *ended_behind(flow_stage *s, const struct sides *sides,
                         bool to_client)
{
    (void)to_client;
    return cut(s, sides->n, true);
}

/* As TLS 1.3 says it: nothing else that comes is as short. */
static bool is_no_goodbye(const flow_value *v, void *arg)
{
    (void)arg;
    return v->size != 24;
}

flow_stage *without_goodbye(flow_stage *s, const struct sides *sides,
                            bool to_client)
{
    (void)sides;
    return to_client ? flow_filter(s, is_no_goodbye, NULL) : s;
}

flow_stage *joined(flow_stage *s)
{
    return flow_join(s, 1 << 20);
}
