/* SPDX-License-Identifier: MIT */
/* Whether text is UTF-8: no byte more than needed, no surrogate, nothing beyond
 * U+10FFFF. */
#ifndef FLOW_BASE_UTF8_H
#define FLOW_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Told as early as can be, however the text is cut. Begins as {0}. */
struct flow__utf8 {
    unsigned char more;             /* bytes that the character still needs */
    unsigned char low, high;        /* what the next of them may be         */
};

#pragma GCC visibility push(default)        /* for the other libraries      */

/* Goes on with n bytes. False: no text goes on so. */
bool flow__utf8_read(struct flow__utf8 *u, const char *s, size_t n);

#pragma GCC visibility pop

/* Whether the text may end here. */
static inline bool flow__utf8_may_end(const struct flow__utf8 *u)
{
    return u->more == 0;
}

/* Whether eight bytes are ASCII. */
static inline bool flow__are_plain(const char *s)
{
    uint64_t eight;

    memcpy(&eight, s, sizeof eight);
    return (eight & 0x8080808080808080) == 0;
}

/* How many of n bytes are ASCII, eight by eight. */
static inline size_t flow__plain(const char *s, size_t n)
{
    size_t i = 0;

    while (n - i >= 8 && flow__are_plain(s + i))
        i += 8;
    return i;
}

/* Of text that is whole: mostly it is ASCII, looked at eight by eight, the last
 * of which may overlap those before. */
static inline bool flow__is_utf8(const char *s, size_t n)
{
    struct flow__utf8 u = { 0 };
    size_t i = flow__plain(s, n);

    if (n >= 8 && n - i < 8 && flow__are_plain(s + n - 8))
        return true;
    return flow__utf8_read(&u, s + i, n - i) && flow__utf8_may_end(&u);
}

#endif
