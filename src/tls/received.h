/* SPDX-License-Identifier: MIT */
/* Stages of plain bytes received. */
#ifndef FLOW_TLS_RECEIVED_H
#define FLOW_TLS_RECEIVED_H

#include "session.h"

/* From the stage of bytes received, which it takes. */
flow_stage *flow__tls_received(flow_stage *source, struct flow__session *s);

#endif
