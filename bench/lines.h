/* SPDX-License-Identifier: MIT */
/* The text whose lines are counted, ours and theirs: lines of 40 bytes more or
 * less, one in four of them a comment, which is not counted. */
#ifndef BENCH_LINES_H
#define BENCH_LINES_H

#include "bench.h"

enum { TEXT = 1 << 20, BLOCK = 1 << 16, LINE = 40 };

static char text[TEXT];

/* How many lines there are, and the bytes of those that count. */
static inline size_t make_text(size_t *counted_out)
{
    size_t lines = 0, counted = 0;
    uint32_t chance = 1;

    for (size_t at = 0; at < TEXT; lines++) {
        chance = chance * 1664525u + 1013904223u;
        size_t n = LINE / 2 + (chance >> 16) % LINE;
        if (n + LINE / 2 > TEXT - at - 1)
            n = TEXT - at - 1;
        memset(text + at, 'a', n);
        if ((chance >> 8) % 4 == 0)
            text[at] = '#';
        else
            counted += n;
        text[at + n] = '\n';
        at += n + 1;
    }
    *counted_out = counted;
    return lines;
}

#endif
