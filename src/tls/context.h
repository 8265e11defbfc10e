/* SPDX-License-Identifier: MIT */
/* What all connections of a kind share: OpenSSL's context, or why there is
 * none. Nothing in it changes once it is made, but its count, which is atomic:
 * several threads may have connections of it. So the reason is kept as text: a
 * value belongs to one thread. */
#ifndef FLOW_TLS_CONTEXT_H
#define FLOW_TLS_CONTEXT_H

#include <flow/tls.h>

#include <openssl/ssl.h>
#include <stdatomic.h>

enum {
    FLOW__TLS_PROTOCOLS = 256,      /* bytes of their list, at most         */
    FLOW__TLS_WHY = 512
};

struct flow_tls {
    atomic_uint holders;
    bool serves, verifies;
    SSL_CTX *ctx;                   /* NULL: there is none                  */
    BIO_METHOD *pipe;               /* by which OpenSSL reads and writes    */
    unsigned char protocols[FLOW__TLS_PROTOCOLS];   /* as they are sent     */
    unsigned protocols_size;
    const flow_error_class *class;  /* of why there is none                 */
    int code;
    char why[FLOW__TLS_WHY];
};

flow_tls *flow__tls_hold(flow_tls *tls);

#endif
