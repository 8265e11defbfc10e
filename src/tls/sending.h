/* SPDX-License-Identifier: MIT */
/* Stages of bytes to be sent. */
#ifndef FLOW_TLS_SENDING_H
#define FLOW_TLS_SENDING_H

#include "session.h"

/* A client's: from the stage to be sent plain, which it takes. A server's: from
 * that of bytes received; when the handshake is over, p makes of it what is to
 * be sent plain. */
flow_stage *flow__tls_sending(flow_stage *source, struct flow__session *s,
                              flow_protocol *p, void *arg);

#endif
