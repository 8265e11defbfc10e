/* SPDX-License-Identifier: MIT */
#include "frame.h"

#include <string.h>

/* FLOW_WAIT: the header goes on in the next block. It is never in what is held:
 * a string is given before the header of the next one is read. */
static flow_status read_header(struct flow__frame *f, flow_stage *out,
                               flow__header *header, const char *what)
{
    struct flow__bytes *b = &f->bytes;

    while (!f->whole && b->at < b->end) {
        flow_status st = header(f, *b->at++, out);

        if (st != FLOW_READY)
            return st;
        f->read++;
        if (f->len > f->longest)
            return flow__bytes_too_long(out, what, f->longest);
    }
    return f->whole ? FLOW_READY : FLOW_WAIT;
}

static flow_status cut_short(struct flow__frame *f, flow_stage *out,
                             const char *what)
{
    if (!f->bytes.over)
        return FLOW_WAIT;
    return f->read == 0 ? FLOW_DONE
                        : flow__bytes_cut_off(&f->bytes, out, what);
}

flow_status flow__frame_cut(struct flow__frame *f, flow_stage *out,
                            flow__header *header, char after,
                            const char *what)
{
    struct flow__bytes *b = &f->bytes;
    flow_status st = read_header(f, out, header, what);
    size_t more = after != '\0';

    if (st == FLOW_FAILED)
        return st;
    if (st == FLOW_WAIT || flow__bytes_count(b) < f->len + more)
        return cut_short(f, out, what);
    if (more > 0 && b->at[f->len - b->held_len] != after)
        return flow_raise_in(out, flow_error(FLOW_EFORMAT, 0, "a %s must end "
                                             "in '%c'", what, after));

    size_t len = (size_t)f->len;

    f->len = f->read = 0;
    f->whole = false;
    return flow__bytes_give(b, len, more, out);
}

flow_value flow__between(flow_value v, bool bytes, const char *head,
                         size_t head_len, const char *tail, size_t tail_len)
{
    size_t len;
    char *p;
    const char *chars = flow_chars(&v, &len);
    flow_value whole = flow_buffer(head_len + len + tail_len, &p);

    if (p != NULL) {
        memcpy(p, head, head_len);
        if (len > 0)
            memcpy(p + head_len, chars, len);
        memcpy(p + head_len + len, tail, tail_len);
        if (!bytes)
            whole.kind = v.kind;
    }
    flow_drop(v);
    return whole;
}
