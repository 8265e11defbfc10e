/* SPDX-License-Identifier: MIT */
/* Whether text is UTF-8, told as early as can be, however it is cut: no byte
 * more than needed, no surrogate, nothing beyond U+10FFFF. */
#ifndef FLOW_HTTP_UTF8_H
#define FLOW_HTTP_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Begins as {0}. */
struct flow__utf8 {
    unsigned char more;             /* bytes that the character still needs */
    unsigned char low, high;        /* what the next of them may be         */
};

/* Goes on with n bytes. False: no text goes on so. */
bool flow__utf8_read(struct flow__utf8 *u, const char *s, size_t n);

/* Whether the text may end here. */
static inline bool flow__utf8_may_end(const struct flow__utf8 *u)
{
    return u->more == 0;
}

#endif
