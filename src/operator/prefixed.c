/* SPDX-License-Identifier: MIT */
#include "frame.h"
#include "set.h"

#include <inttypes.h>

struct prefixed {
    struct flow__frame frame;       /* first: it is cut as one              */
    unsigned width;
    bool little;
};

static bool is_width(unsigned width)
{
    return width == 1 || width == 2 || width == 4;
}

static const char WIDTHS[] = "give a width of 1, 2 or 4 bytes";

static flow_status add_byte(void *self, char byte, flow_stage *out)
{
    struct prefixed *p = self;
    struct flow__frame *f = &p->frame;
    uint64_t digit = (unsigned char)byte;

    (void)out;
    if (p->little)
        f->len |= digit << (8 * f->read);
    else
        f->len = f->len << 8 | digit;
    f->whole = f->read + 1 == p->width;
    return FLOW_READY;
}

static flow_status cut_prefixed(void *self, flow_stage *out)
{
    return flow__frame_cut(self, out, add_byte, '\0', "prefixed string");
}

static flow_status prefixed_fill(void *self, flow_stage *out, flow_waker *w)
{
    return flow__bytes_fill(self, out, w, cut_prefixed);
}

static const flow_type prefixed_type = {
    .name = "prefixed", .size = sizeof(struct prefixed),
    .fill = prefixed_fill, .close = flow__bytes_close,
    .inputs = flow_first_input
};

flow_stage *(flow_prefixed)(flow_stage *s, unsigned width, bool little,
                            size_t longest)
{
    if (!is_width(width))
        return flow__misused("prefixed", s, WIDTHS);
    if (longest == 0)
        return flow__misused("prefixed", s, "say how many bytes the "
                                      "longest string may have, 1 or more");
    return flow_stage_new(&prefixed_type, &(struct prefixed){
        { .bytes.source = s, .longest = longest }, width, little
    });
}

/* ---- The way back -------------------------------------------------------- */
struct prefixing {
    flow_stage *source;             /* first: flow_first_input              */
    unsigned width;
    bool little;
};

static flow_value with_prefix(void *self, flow_value v)
{
    const struct prefixing *p = self;
    char head[4];

    v = flow__as_bytes("add_prefix", v);
    if (flow_is_failure(v))
        return v;

    uint64_t len = v.size;

    if (len >> (8 * p->width) != 0) {
        flow_drop(v);
        return flow_error(FLOW_ELIMIT, 0, "flow_add_prefix: the length of a "
                          "string of %" PRIu64 " bytes does not fit in %u",
                          len, p->width);
    }
    for (unsigned i = 0; i < p->width; i++) {
        unsigned at = p->little ? i : p->width - 1 - i;

        head[at] = (char)(unsigned char)(len >> (8 * i));
    }
    return flow__between(v, true, head, p->width, "", 0);
}

static flow_status prefixing_fill(void *self, flow_stage *out, flow_waker *w)
{
    return flow__change_each(*(flow_stage **)self, out, w, with_prefix, self);
}

static const flow_type prefixing_type = {
    .name = "add_prefix", .size = sizeof(struct prefixing),
    .fill = prefixing_fill, .inputs = flow_first_input
};

flow_stage *(flow_add_prefix)(flow_stage *s, unsigned width, bool little)
{
    struct prefixing p = { s, width, little };

    return is_width(width) ? flow_stage_new(&prefixing_type, &p)
                           : flow__misused("add_prefix", s, WIDTHS);
}
