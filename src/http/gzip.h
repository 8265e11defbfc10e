/* SPDX-License-Identifier: MIT */
/* Answers compressed by zlib, while they are made.
 *
 * One that is at work holds 40 KiB, all from the library's allocator. Its pieces
 * are 2 KiB at most. */
#ifndef FLOW_HTTP_GZIP_H
#define FLOW_HTTP_GZIP_H

#include <flow/flow.h>

struct flow__gzip;

/* NULL: there is no memory. */
struct flow__gzip *flow__gzip_new(void);
void flow__gzip_free(struct flow__gzip *g);     /* NULL is fine             */

/* Takes text or bytes: of what comes before it was asked for all of the last,
 * it takes one piece. */
void flow__gzip_feed(struct flow__gzip *g, flow_value v);

/* The next piece, or an ERROR; NONE: what was fed has gone into it, but not all
 * need have come out. */
flow_value flow__gzip_next(struct flow__gzip *g);

/* The same, until all that was fed has come out: for who reads along. */
flow_value flow__gzip_flush(struct flow__gzip *g);

/* The same, for the last time; NONE: that was the end. */
flow_value flow__gzip_end(struct flow__gzip *g);

#endif
