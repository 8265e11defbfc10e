/* SPDX-License-Identifier: MIT */
/* Lines are found by the last byte of their delimiter: memchr, then a look back.
 * Only a delimiter that begins in what is held is looked for in another way. */
#include "bytes.h"
#include "set.h"

#include <string.h>

enum { LONGEST = 16384 };           /* of a line, unless told otherwise     */

struct lines {
    struct flow__bytes bytes;       /* first: it is cut as these are        */
    flow_value delimiter;           /* holds the next two                   */
    const char *mark;
    size_t mark_len;
    size_t longest;
    bool trailer, keep;
};

static const char *find(const struct lines *l, const char *p, size_t n)
{
    size_t before = l->mark_len - 1;
    const char *end = p + n;

    if (n < l->mark_len)
        return NULL;
    p += before;
    while ((p = memchr(p, l->mark[before], (size_t)(end - p))) != NULL) {
        if (before == 0 || memcmp(p - before, l->mark, before) == 0)
            return p - before;
        p++;
    }
    return NULL;
}

/* Whether the bytes from `from` on, up to the end, are how the delimiter begins;
 * `from` is in what is held or in the block. */
static bool begins_mark(const struct lines *l, size_t from)
{
    const struct flow__bytes *b = &l->bytes;
    size_t left = flow__bytes_count(b) - from;
    size_t len = left < l->mark_len ? left : l->mark_len;
    size_t early = from < b->held_len ? b->held_len - from : 0;

    if (early > len)
        early = len;
    if (early > 0 && memcmp(b->held + from, l->mark, early) != 0)
        return false;
    from = from > b->held_len ? from - b->held_len : 0;
    return len == early
           || memcmp(b->at + from, l->mark + early, len - early) == 0;
}

/* The first place, in the last bytes before `end`, where the delimiter begins,
 * however little of it is there; `end` if nowhere. */
static size_t last_start(const struct lines *l, size_t end)
{
    size_t from = end < l->mark_len ? 0 : end - l->mark_len + 1;

    while (from < end && !begins_mark(l, from))
        from++;
    return from;
}

/* How long the line is before its delimiter. False: there is none yet. */
static bool find_line(const struct lines *l, size_t *len)
{
    const struct flow__bytes *b = &l->bytes;
    size_t n = (size_t)(b->end - b->at);
    size_t most = l->longest + l->mark_len - b->held_len;

    if (b->held_len > 0 && l->mark_len > 1) {
        *len = last_start(l, b->held_len);
        if (*len < b->held_len)
            return flow__bytes_count(b) - *len >= l->mark_len;
    }

    const char *p = find(l, b->at, n < most ? n : most);

    if (p == NULL)
        return false;
    *len = b->held_len + (size_t)(p - b->at);
    return true;
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

static flow_status cut_line(void *self, flow_stage *out)
{
    struct lines *l = self;
    size_t len;

    if (find_line(l, &len))
        return len > l->longest
               ? flow__bytes_too_long(out, "line", l->longest)
               : flow__bytes_give(&l->bytes,
                                  len + (l->keep ? l->mark_len : 0),
                                  l->keep ? 0 : l->mark_len, out);
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
        l.keep = o->keep;
    }
    l.delimiter = flow_text(mark, strlen(mark));
    if (flow_fails(l.delimiter))
        return flow__refused("line_break", s, l.delimiter);
    l.mark = flow_chars(&l.delimiter, &l.mark_len);
    if (l.longest > UINT32_MAX - l.mark_len)        /* what a value holds   */
        l.longest = UINT32_MAX - l.mark_len;
    return flow_stage_new(&lines_type, &l);
}
