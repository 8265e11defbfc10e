/* SPDX-License-Identifier: MIT */
/* Lines are found by the last byte of their delimiter: memchr, then a look
 * back. Only a delimiter that begins in what is held is looked for in another
 * way. Most lines lie in a block with their delimiter: a loop of its own cuts
 * these, all that make a set. */
#include "bytes.h"
#include "set.h"

#include <string.h>

enum { LONGEST = 16384 };           /* of a line, unless told otherwise     */

struct mark { const char *p; size_t len; char last; };

struct lines {
    struct flow__bytes bytes;       /* first: it is cut as these are        */
    flow_value delimiter;           /* holds the mark                       */
    struct mark mark;
    size_t kept;                    /* bytes of it that stay with the line  */
    size_t longest;
    bool trailer;
};

static inline const char *find(struct mark m, const char *p, size_t n)
{
    size_t before = m.len - 1;
    const char *end;

    if (n < m.len)
        return NULL;
    end = p + n;
    p += before;
    while ((p = memchr(p, m.last, (size_t)(end - p))) != NULL) {
        if (before == 0 || memcmp(p - before, m.p, before) == 0)
            return p - before;
        p++;
    }
    return NULL;
}

/* Whether the bytes from `from` on, up to the end, are how the delimiter
 * begins; `from` is in what is held or in the block. */
static bool begins_mark(const struct lines *l, size_t from)
{
    const struct flow__bytes *b = &l->bytes;
    size_t left = flow__bytes_count(b) - from;
    size_t len = left < l->mark.len ? left : l->mark.len;
    size_t early = from < b->held_len ? b->held_len - from : 0;

    if (early > 0 && memcmp(b->held + from, l->mark.p, early) != 0)
        return false;
    from = from > b->held_len ? from - b->held_len : 0;
    return len == early
           || memcmp(b->at + from, l->mark.p + early, len - early) == 0;
}

/* The first place, in the last bytes before `end`, where the delimiter begins,
 * however little of it is there; `end` if nowhere. */
static size_t last_start(const struct lines *l, size_t end)
{
    size_t from = end < l->mark.len ? 0 : end - l->mark.len + 1;

    while (from < end && !begins_mark(l, from))
        from++;
    return from;
}

enum { NOT_YET = -1 };

/* How long the line is before its delimiter, which may begin in what is
 * held. */
static ptrdiff_t line_length(const struct lines *l)
{
    const struct flow__bytes *b = &l->bytes;
    size_t n = (size_t)(b->end - b->at);
    size_t most = l->longest + l->mark.len - b->held_len;

    if (b->held_len > 0 && l->mark.len > 1) {
        size_t start = last_start(l, b->held_len);

        if (start < b->held_len)
            return b->held_len + n - start >= l->mark.len ? (ptrdiff_t)start
                                                          : NOT_YET;
    }

    const char *p = find(l->mark, b->at, n < most ? n : most);

    return p == NULL ? NOT_YET : (ptrdiff_t)b->held_len + (p - b->at);
}

/* Is the line too long already, wherever its delimiter comes? */
static bool too_long(const struct lines *l)
{
    size_t n = flow__bytes_count(&l->bytes);

    return n > l->longest && last_start(l, n) > l->longest;
}

static flow_status cut_rest(struct lines *l, flow_stage *out)
{
    size_t n = flow__bytes_count(&l->bytes);

    if (n == 0)
        return FLOW_DONE;
    if (!l->trailer)
        return flow__bytes_cut_off(&l->bytes, out, "line");
    if (n > l->longest)
        return flow__bytes_too_long(out, "line", l->longest);
    return flow__bytes_give(&l->bytes, n, 0, out);
}

/* Cuts lines off the front of the block, of which nothing is held; false: there
 * is none. What the compiler cannot know to stay is read once. */
static bool cut_inside(struct lines *l)
{
    struct flow__bytes *b = &l->bytes;
    const flow_value block = b->block;
    const char *at = b->at, *start = b->start, *end = b->end, *found;
    const struct mark mark = l->mark;
    size_t kept = l->kept;
    size_t most = l->longest + mark.len, left = (size_t)(end - at);
    flow_value *to = b->pieces + b->n, *full = b->pieces + FLOW__PIECES;

    while (to < full
           && (found = find(mark, at, left < most ? left : most)) != NULL) {
        *to++ = flow__slice_near(block, (size_t)(at - start),
                                 (size_t)(found - at) + kept);
        at = found + mark.len;
        left = (size_t)(end - at);
    }
    if (at == b->at)
        return false;
    b->n = (size_t)(to - b->pieces);
    b->at = at;
    return true;
}

static flow_status cut_line(void *self, flow_stage *out)
{
    struct lines *l = self;
    bool inside = l->bytes.near && l->bytes.held_len == 0;

    if (inside && cut_inside(l))
        return FLOW_READY;

    ptrdiff_t len = inside ? NOT_YET : line_length(l);

    if (len != NOT_YET && (size_t)len <= l->longest)
        return flow__bytes_give(&l->bytes, (size_t)len + l->kept,
                                l->mark.len - l->kept, out);
    if (len != NOT_YET)
        return flow__bytes_too_long(out, "line", l->longest);
    if (too_long(l))
        return flow__bytes_too_long(out, "line", l->longest);
    return l->bytes.over ? cut_rest(l, out) : FLOW_WAIT;
}

static flow_status lines_fill(void *self, flow_stage *out, flow_waker *w)
{
    return flow__bytes_fill(self, out, w, cut_line);
}

static void lines_close(void *self)
{
    flow_drop(((struct lines *)self)->delimiter);
    flow__bytes_close(self);
}

static const flow_type lines_type = {
    .name = "line_break", .size = sizeof(struct lines), .fill = lines_fill,
    .close = lines_close, .inputs = flow_first_input
};

flow_stage *(flow_line_break)(flow_stage *s, const flow_line_options *o)
{
    struct lines l = { .bytes.source = s, .longest = LONGEST };
    const char *mark = o != NULL && o->delimiter != NULL ? o->delimiter
                                                         : "\r\n";

    if (*mark == '\0')
        return flow__misused("line_break", s, "give a delimiter of 1 "
                                      "byte or more");
    if (o != NULL) {
        if (o->longest != 0)
            l.longest = o->longest;
        l.trailer = o->trailer;
    }
    l.delimiter = flow_text(mark, strlen(mark));
    if (flow_is_failure(l.delimiter))
        return flow__refused("line_break", s, l.delimiter);
    l.mark.p = flow_chars(&l.delimiter, &l.mark.len);
    l.mark.last = l.mark.p[l.mark.len - 1];
    l.kept = o != NULL && o->keep ? l.mark.len : 0;
    if (l.longest > UINT32_MAX - l.mark.len)        /* what a value holds   */
        l.longest = UINT32_MAX - l.mark.len;
    return flow_stage_new(&lines_type, &l);
}
