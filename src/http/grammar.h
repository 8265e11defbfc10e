/* SPDX-License-Identifier: MIT */
/* What headers are made of: of requests, of answers, and of parts. */
#ifndef FLOW_HTTP_GRAMMAR_H
#define FLOW_HTTP_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

/* How many characters, from the first on, may be of a token, as names are. */
size_t flow__token_size(const char *s);

/* Whether it is the value of a header for everyone: nothing in it ends the
 * line, or is read as its end by someone. */
bool flow__is_value(const char *s);

/* What stands behind the media type, if it is that one; else NULL. */
const char *flow__behind_media(const char *type, const char *wanted);

struct flow__parameter { const char *name, *value; size_t name_size, size; };

/* The next of "; name=value; name="value"", from *s on, which then is behind
 * it. A backslash in quotes is itself, as browsers have it. False: there is
 * none; if that is not the end, it is malformed. */
bool flow__parameter_next(const char **s, struct flow__parameter *p);
bool flow__parameter_is(const struct flow__parameter *p, const char *name);

#endif
