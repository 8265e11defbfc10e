/* SPDX-License-Identifier: MIT */
/* See utf8.h. */
#include "utf8.h"

static bool begins(struct flow__utf8 *u, unsigned char c)
{
    u->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    u->high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    u->more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    return c < 0x80 || (c >= 0xc2 && c <= 0xf4);
}

static bool goes_on(struct flow__utf8 *u, unsigned char c)
{
    bool fits = c >= u->low && c <= u->high;

    u->low = 0x80;
    u->high = 0xbf;
    u->more--;
    return fits;
}

bool flow__utf8_read(struct flow__utf8 *u, const char *s, size_t n)
{
    bool fits = true;

    for (size_t i = 0; i < n && fits; i++) {
        unsigned char c = (unsigned char)s[i];

        if (u->more > 0) {
            fits = goes_on(u, c);
        } else if (c < 0x80 && n - i > sizeof(uint64_t)) {
            i += flow__plain(s + i, n - i - 1);
            fits = begins(u, (unsigned char)s[i]);
        } else {
            fits = begins(u, c);
        }
    }
    return fits;
}
