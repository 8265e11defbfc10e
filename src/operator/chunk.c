/* SPDX-License-Identifier: MIT */
#include "bytes.h"
#include "set.h"

struct chunks {
    struct flow__bytes bytes;       /* first: it is cut as these are        */
    size_t n;
};

static flow_status cut_chunk(void *self, flow_stage *out)
{
    struct chunks *c = self;
    size_t left = flow__bytes_count(&c->bytes);

    if (left >= c->n)
        return flow__bytes_give(&c->bytes, c->n, 0, out);
    if (!c->bytes.over)
        return FLOW_WAIT;
    return left > 0 ? flow__bytes_give(&c->bytes, left, 0, out) : FLOW_DONE;
}

static flow_status chunk_fill(void *self, flow_stage *out, flow_waker *w)
{
    return flow__bytes_fill(self, out, w, cut_chunk);
}

static const flow_type chunk_type = {
    .name = "chunk", .size = sizeof(struct chunks), .fill = chunk_fill,
    .close = flow__bytes_close, .inputs = flow_first_input
};

flow_stage *(flow_chunk)(flow_stage *s, size_t n)
{
    if (n == 0 || n > UINT32_MAX)
        return flow__misused("chunk", s, "give a size of 1 byte or "
                                      "more, and below 4 GiB");
    return flow_stage_new(&chunk_type,
                          &(struct chunks){ { .source = s }, n });
}
