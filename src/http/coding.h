/* SPDX-License-Identifier: MIT */
/* Whether an answer is compressed. */
#ifndef FLOW_HTTP_CODING_H
#define FLOW_HTTP_CODING_H

#include <flow/http.h>

/* Before the head is sent; `text` is what the answer is without a Content-Type.
 * Notes as well what the head says of it. */
bool flow__answer_is_compressed(flow_request *r, bool text);

/* Whether a client that sends this Accept-Encoding wants gzip; NULL: it sends
 * none. What is malformed wants nothing. */
bool flow__coding_wants_gzip(const char *accepted);

#endif
