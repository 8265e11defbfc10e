/* SPDX-License-Identifier: MIT */
/* Conditional requests: what a page says of itself against what its client
 * knows. They are judged once: when the page asks, or when its first piece is
 * to be sent, of a page that is only looked at. */
#ifndef FLOW_HTTP_CONDITIONAL_H
#define FLOW_HTTP_CONDITIONAL_H

#include "request.h"

/* Before anything is sent: the status by which it is answered instead, 304 or
 * 412; otherwise another number. */
int flow__request_judge(struct flow_request *r);

/* Takes out what a 304 must not say of the body that it has not. */
void flow__answer_without_body(struct flow_request *r);

/* Whether parts will do for who has asked for them: he has the others of just
 * this. */
bool flow__request_takes_parts(const struct flow_request *r);

#endif
