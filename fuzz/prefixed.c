/* SPDX-License-Identifier: MIT */
/* flow_prefixed and flow_add_prefix. */
#include "fuzz.h"

static unsigned width;
static bool little;
static size_t longest;

static void choose_options(struct input *in)
{
    static const unsigned widths[] = { 1, 2, 4 };

    width = widths[choose(in, 3)];
    little = choose(in, 2);
    longest = choose(in, 4) == 0 ? SIZE_MAX : 1 + choose(in, 256);
}

/* The length that a header says, as far as it is there. */
static size_t length_of(const char *p, unsigned there)
{
    size_t len = 0;

    for (unsigned i = 0; i < there; i++)
        len |= (size_t)(unsigned char)p[little ? i : there - 1 - i] << (8 * i);
    return len;
}

static void wants_strings(const char *p, size_t n)
{
    while (n > 0) {
        unsigned there = n < width ? (unsigned)n : width;
        size_t len = length_of(p, there);

        p += there;
        n -= there;
        if (len > longest) {
            wants_too_long("prefixed string", longest);
            return;
        }
        if (there < width || n < len) {
            wants_cut_off("prefixed string", n);
            return;
        }
        wants(p, len);
        p += len;
        n -= len;
    }
}

static bool is_string(const char *p, size_t n)
{
    (void)p;
    return n <= longest && (width > 1 || n < 256);
}

static flow_stage *cut(flow_stage *s)
{
    return flow_prefixed(s, width, little, longest);
}

static flow_stage *add(flow_stage *s)
{
    return flow_add_prefix(s, width, little);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct filter f = {
        choose_options, wants_strings, is_string, cut, add
    };

    return fuzz_filter(&f, data, size);
}
