/* SPDX-License-Identifier: MIT */
/* Errors of OpenSSL in words, with what to do about them. */
#ifndef FLOW_TLS_WORDS_H
#define FLOW_TLS_WORDS_H

#include <flow/tls.h>

#include <openssl/ssl.h>

/* The first error in this thread's queue of OpenSSL: its reason, and the code
 * of that. The queue is empty then. */
const char *flow__openssl_says(int *code);

/* Why a call on that connection failed, whose other side is called `with`, and
 * whose certificate is `peer`, if it came to that; ssl NULL: there is none yet.
 */
flow_value flow__tls_words(SSL *ssl, const char *with, X509 *peer);

#endif
