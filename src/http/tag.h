/* SPDX-License-Identifier: MIT */
/* Entity tags: "a" and W/"a". */
#ifndef FLOW_HTTP_TAG_H
#define FLOW_HTTP_TAG_H

#include <stdbool.h>

/* Whether it is one, and nothing else. */
bool flow__tag_is(const char *s);

/* Whether both are the same. Strong: and of the same bytes, which a weak tag
 * does not promise. Either may be NULL, and is then like none. */
bool flow__tag_is_same(const char *a, const char *b, bool strong);

/* Whether a list has one like it; what comes after something that is none is
 * not read. */
bool flow__tag_is_in(const char *tag, const char *list, bool strong);

#endif
