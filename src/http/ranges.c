/* SPDX-License-Identifier: MIT */
/* See ranges.h. */
#include "ranges.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* No file is so long; greater numbers are taken for this one. */
static const uint64_t far = INT64_MAX;

/* ---- Reading ------------------------------------------------------------- */
static bool reads_number(const char **s, uint64_t *out)
{
    const char *begin = *s;

    for (*out = 0; **s >= '0' && **s <= '9'; (*s)++)
        *out = *out > (far - 9) / 10 ? far : 10 * *out + (uint64_t)(**s - '0');
    return *s > begin;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* "5-9", "5-" or "-5" of so many bytes, of which it may have 0. False: it is
 * malformed. */
static bool reads_range(const char **s, uint64_t size, struct flow__range *out)
{
    uint64_t first, last;
    bool has_first = reads_number(s, &first), has_last;

    if (*(*s)++ != '-')
        return false;
    has_last = reads_number(s, &last);
    if (has_first) {
        last = has_last ? last : far;
        *out = (struct flow__range){ first, 0 };
        if (first < size && first <= last)
            out->size = least(last, size - 1) - first + 1;
        return first <= last;
    }
    last = least(last, size);
    *out = (struct flow__range){ size - last, last };
    return has_last;
}

/* ---- Gathering ----------------------------------------------------------- */
static uint64_t end_of(const struct flow__range *r)
{
    return r->from + r->size;
}

static bool touch(const struct flow__range *a, const struct flow__range *b)
{
    return a->from <= end_of(b) && b->from <= end_of(a);
}

static void merge(struct flow__range *into, const struct flow__range *other)
{
    uint64_t end = end_of(into) > end_of(other) ? end_of(into) : end_of(other);

    into->from = least(into->from, other->from);
    into->size = end - into->from;
}

static void take_out(struct flow__ranges *all, size_t at)
{
    all->n--;
    memmove(&all->part[at], &all->part[at + 1],
            (all->n - at) * sizeof all->part[0]);
}

/* False: there are too many. */
static bool add(struct flow__ranges *all, struct flow__range r)
{
    size_t at = 0;

    while (at < all->n && !touch(&all->part[at], &r))
        at++;
    if (at == FLOW__MOST_RANGES)
        return false;
    if (at == all->n)
        all->part[all->n++] = r;
    merge(&all->part[at], &r);
    for (size_t i = all->n; i-- > at + 1;)
        if (touch(&all->part[at], &all->part[i])) {
            merge(&all->part[at], &all->part[i]);
            take_out(all, i);
        }
    return true;
}

enum flow__asked flow__ranges_read(const char *header, uint64_t size,
                                   struct flow__ranges *out)
{
    const char *s = header + 6;
    bool any = false;

    out->n = 0;
    if (size == 0 || strncasecmp(header, "bytes=", 6) != 0)
        return FLOW__ALL;
    for (s += strspn(s, " \t,"); *s != '\0'; s += strspn(s, " \t,")) {
        struct flow__range r;

        if (!reads_range(&s, size, &r))
            return FLOW__ALL;
        s += strspn(s, " \t");
        if ((*s != ',' && *s != '\0') || (r.size > 0 && !add(out, r)))
            return FLOW__ALL;
        any = true;
    }
    return !any ? FLOW__ALL : out->n > 0 ? FLOW__PARTS : FLOW__NOTHING;
}
