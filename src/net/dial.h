/* SPDX-License-Identifier: MIT */
/* Connecting: a name is looked up, and its addresses are tried, one after
 * another, until one answers; the next is tried as soon as one refuses, or
 * after a moment beside those that have not answered yet. */
#ifndef FLOW_NET_DIAL_H
#define FLOW_NET_DIAL_H

#include "conn.h"

struct flow__dial;

/* Begins at its first fill. NULL: *why. */
struct flow__dial *flow__dial_new(const char *to,
                                  const flow_connect_options *o,
                                  flow_value *why);

/* READY: *out is connected, and its one holder is the caller. WAIT: w will be
 * woken. FAILED: *error. */
flow_status flow__dial_fill(struct flow__dial *d, flow_waker *w,
                            struct flow__conn **out, flow_value *error);

void flow__dial_close(struct flow__dial *d);            /* NULL is fine     */

#endif
