/* SPDX-License-Identifier: MIT */
/* One piece that comes alone is given as it is. When there is none, the whole
 * is empty, but it is given: like flow_collect, a join always gives one
 * value. */
#include "bytes.h"

struct joining {
    struct flow__bytes bytes;       /* first: it is cut as these are        */
    size_t longest;
    bool given;
};

static flow_status cut_whole(void *self, flow_stage *out)
{
    struct joining *j = self;
    size_t n = flow__bytes_count(&j->bytes);

    if (n > j->longest)
        return flow__bytes_too_long(out, "joined piece", j->longest);
    if (!j->bytes.over)
        return FLOW_WAIT;
    if (j->given)
        return FLOW_DONE;
    j->given = true;
    if (j->bytes.block.kind == FLOW_NONE) {
        flow_value nothing = flow_literal("");

        nothing.kind = FLOW_BYTES;
        j->bytes.pieces[j->bytes.n++] = nothing;
        return FLOW_READY;
    }
    return flow__bytes_give(&j->bytes, n, 0, out);
}

static flow_status join_fill(void *self, flow_stage *out, flow_waker *w)
{
    return flow__bytes_fill(self, out, w, cut_whole);
}

static const flow_type join_type = {
    .name = "join", .size = sizeof(struct joining), .fill = join_fill,
    .close = flow__bytes_close, .inputs = flow_first_input
};

flow_stage *(flow_join)(flow_stage *s, size_t longest)
{
    if (longest > UINT32_MAX)                       /* what a value holds   */
        longest = UINT32_MAX;
    return flow_stage_new(&join_type, &(struct joining){
        .bytes.source = s, .longest = longest
    });
}
