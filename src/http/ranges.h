/* SPDX-License-Identifier: MIT */
/* Which parts of its bytes are asked for: the header Range, as RFC 9110 has it
 * in 14.1.2. */
#ifndef FLOW_HTTP_RANGES_H
#define FLOW_HTTP_RANGES_H

#include <stddef.h>
#include <stdint.h>

struct flow__range { uint64_t from, size; };

enum { FLOW__MOST_RANGES = 16 };    /* answered at once                     */

struct flow__ranges {
    size_t n;
    struct flow__range part[FLOW__MOST_RANGES];
};

enum flow__asked {
    FLOW__ALL,                      /* whatever is said there               */
    FLOW__PARTS,                    /* at least one                         */
    FLOW__NOTHING                   /* that is there                        */
};

/* Of so many bytes. Parts that overlap or touch become one, in place of the
 * first; those that lie behind the end are left out. */
enum flow__asked flow__ranges_read(const char *header, uint64_t size,
                                   struct flow__ranges *out);

#endif
