/* SPDX-License-Identifier: MIT */
/* What is said about an answer: its head, and errors as pages. */
#ifndef FLOW_HTTP_ANSWER_H
#define FLOW_HTTP_ANSWER_H

#include "request.h"

enum flow__framing {
    FLOW__NO_BODY,                  /* the status or the method has none    */
    FLOW__LENGTH,                   /* r->length                            */
    FLOW__CHUNKED,
    FLOW__TO_THE_END                /* of the connection                    */
};

const char *flow__status_says(int status);

/* Whether an answer with that status has a body. */
bool flow__status_has_body(int status);

/* A header that is to be answered; NULL: it was not said. */
const char *flow__answer_says(const struct flow_request *r, const char *name);

/* The whole head, or an ERROR. `text` is what it is without a Content-Type. */
flow_value flow__answer_head(struct flow_request *r, enum flow__framing f,
                             bool keeps_alive, bool text);

/* A line of the log in the combined format, cut to the size. */
void flow__answer_log(const struct flow_request *r, uint64_t sent, char *to,
                      size_t size);

#endif
