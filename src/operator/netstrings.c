/* SPDX-License-Identifier: MIT */
#include "frame.h"
#include "set.h"

/* A length has no leading zero, and so one way to be written. It cannot
 * overflow: each digit is held against the longest allowed. */
static flow_status add_digit(void *self, char byte, flow_stage *out)
{
    struct flow__frame *f = self;
    bool digit = byte >= '0' && byte <= '9';

    if (digit && (f->read == 0 || f->len > 0)) {
        f->len = f->len * 10 + (uint64_t)(byte - '0');
        return FLOW_READY;
    }
    if (byte == ':' && f->read > 0) {
        f->whole = true;
        return FLOW_READY;
    }
    return flow_raise_in(out, flow_error(FLOW_EFORMAT, 0, digit
                                         ? "the length of a netstring has a "
                                           "leading zero"
                                         : "the length of a netstring must be "
                                           "digits and a colon"));
}

static flow_status cut_netstring(void *self, flow_stage *out)
{
    return flow__frame_cut(self, out, add_digit, ',', "netstring");
}

static flow_status netstrings_fill(void *self, flow_stage *out, flow_waker *w)
{
    return flow__bytes_fill(self, out, w, cut_netstring);
}

static const flow_type netstrings_type = {
    .name = "netstrings", .size = sizeof(struct flow__frame),
    .fill = netstrings_fill, .close = flow__bytes_close,
    .inputs = flow_first_input
};

flow_stage *(flow_netstrings)(flow_stage *s, size_t longest)
{
    if (longest == 0)
        return flow__misused("netstrings", s, "say how many bytes the "
                                      "longest string may have, 1 or more");
    if (longest > UINT32_MAX)                       /* what a value holds   */
        longest = UINT32_MAX;
    return flow_stage_new(&netstrings_type, &(struct flow__frame){
        .bytes.source = s, .longest = longest
    });
}

/* ---- The way back -------------------------------------------------------- */
static flow_value as_netstring(void *self, flow_value v)
{
    char head[16];                  /* 4294967295: is 12 with its end       */

    (void)self;
    v = flow__as_bytes("add_netstring", v);
    if (flow_is_failure(v))
        return v;

    int n = snprintf(head, sizeof head, "%u:", v.size);

    return flow__between(v, false, head, (size_t)n, ",", 1);
}

static flow_status add_netstring_fill(void *self, flow_stage *out,
                                      flow_waker *w)
{
    return flow__change_each(*(flow_stage **)self, out, w, as_netstring, self);
}

static const flow_type add_netstring_type = {
    .name = "add_netstring", .size = sizeof(flow_stage *),
    .fill = add_netstring_fill, .inputs = flow_first_input
};

flow_stage *(flow_add_netstring)(flow_stage *s)
{
    return flow_stage_new(&add_netstring_type, &s);
}
