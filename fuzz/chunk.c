/* SPDX-License-Identifier: MIT */
/* flow_chunk, flow_join, and both. */
#include "fuzz.h"

static void wants_chunks(const char *p, size_t n, size_t size)
{
    for (; n > size; p += size, n -= size)
        wants(p, size);
    if (n > 0)
        wants(p, n);
}

static void wants_whole(const char *p, size_t n, size_t longest)
{
    if (n > longest)
        wants_too_long("joined piece", longest);
    else
        wants(p, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = { (const char *)data, size };
    unsigned what = choose(&in, 3);
    size_t piece = 1 + choose(&in, 256), longest = 16 * choose(&in, 256);
    size_t ahead = 1 + choose(&in, 8), most = choose(&in, 16);
    struct cuts cuts = some_cuts(&in);
    flow_stage *s = blocks(in.at, in.left, cuts);

    wants_nothing_yet();
    if (what == 0)
        wants_chunks(in.at, in.left, piece);
    else
        wants_whole(in.at, in.left, longest);
    if (what != 1)
        s = flow_chunk(s, piece);
    if (what != 0)
        s = flow_join(flow_read_ahead(s, 2), longest);
    must_give(flow_read_ahead(s, ahead), most > 0 ? most : SIZE_MAX);
    return 0;
}
