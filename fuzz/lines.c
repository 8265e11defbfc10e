/* SPDX-License-Identifier: MIT */
/* flow_line_break and flow_add_delimiter. */
#include "fuzz.h"

#include <string.h>

static const char *const marks[] = {
    "\n", "\r\n", "aa", "aab", "abab", "--end--", "aaaaaaaaaaaaaaaaaaaab"
};

static flow_line_options o;
static size_t mark;                         /* bytes of the delimiter       */

static void choose_options(struct input *in)
{
    o.delimiter = marks[choose(in, sizeof marks / sizeof *marks)];
    o.longest = choose(in, 2) == 0 ? 1 + choose(in, 32) : 16384;
    o.trailer = choose(in, 2);
    o.keep = choose(in, 2);
    mark = strlen(o.delimiter);
}

/* Whether the delimiter may have begun in time. */
static bool may_yet_end(const char *p, size_t n)
{
    size_t from = n < mark ? 0 : n - mark + 1;

    for (; from < n && from <= o.longest; from++)
        if (memcmp(p + from, o.delimiter, n - from) == 0)
            return true;
    return n <= o.longest;
}

static void wants_rest(const char *p, size_t n)
{
    if (!may_yet_end(p, n))
        wants_too_long("line", o.longest);
    else if (n > 0 && !o.trailer)
        wants_cut_off("line", n);
    else if (n > o.longest)
        wants_too_long("line", o.longest);
    else if (n > 0)
        wants(p, n);
}

static void wants_lines(const char *p, size_t n)
{
    const char *found;

    while ((found = memmem(p, n, o.delimiter, mark)) != NULL) {
        size_t len = (size_t)(found - p);

        if (len > o.longest) {
            wants_too_long("line", o.longest);
            return;
        }
        wants(p, o.keep ? len + mark : len);
        p += len + mark;
        n -= len + mark;
    }
    wants_rest(p, n);
}

/* Whether the first delimiter after p is the one that is added there. */
static bool is_line(const char *p, size_t n)
{
    char whole[2048];

    if (n > o.longest || n + mark > sizeof whole)
        return false;
    memcpy(whole, p, n);
    memcpy(whole + n, o.delimiter, mark);
    return memmem(whole, n + mark, o.delimiter, mark) == whole + n;
}

static flow_stage *cut(flow_stage *s)
{
    return flow_line_break(s, &o);
}

static flow_stage *add(flow_stage *s)
{
    o.keep = false;
    return flow_add_delimiter(s, o.delimiter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct filter f = {
        choose_options, wants_lines, is_line, cut, add
    };

    return fuzz_filter(&f, data, size);
}
