/* SPDX-License-Identifier: MIT */
/* What OpenSSL reads from and writes to: two values in memory. It reads where
 * the received bytes are, without copying them, and what it writes is joined to
 * one value until that is taken. */
#ifndef FLOW_TLS_PIPE_H
#define FLOW_TLS_PIPE_H

#include <flow/flow.h>

#include <openssl/bio.h>

struct flow__pipe {
    flow_value in;                  /* NONE, or bytes from the peer         */
    size_t taken;                   /* so many of them have been read       */
    flow_value out;                 /* NONE, or bytes for the peer          */
    size_t most;                    /* of those; 0: no bound                */
    flow_value wrong;               /* why no more could be written         */
};

/* NULL without memory. */
BIO_METHOD *flow__pipe_method(void);
BIO *flow__pipe_open(BIO_METHOD *method, struct flow__pipe *p);

void flow__pipe_drop(struct flow__pipe *p);

#endif
