/* SPDX-License-Identifier: MIT */
#include "bytes.h"

#include <string.h>

enum { FIRST_GATHERED = 256 };

static bool make_room(struct flow__bytes *b, size_t need)
{
    size_t size = b->gathered_size == 0 ? FIRST_GATHERED
                                        : 2 * b->gathered_size;

    if (need <= b->gathered_size)
        return true;
    if (size < need)
        size = need;

    char *p = flow_resize(b->gathered, b->gathered_size, size);

    if (p == NULL)
        return false;
    b->gathered = p;
    b->gathered_size = size;
    return true;
}

/* Adds what is left of the block to what is held of those before. */
static bool gather(struct flow__bytes *b, size_t n)
{
    if (!make_room(b, b->held_len + n))
        return false;
    if (b->early.kind != FLOW_NONE)
        memcpy(b->gathered, b->held, b->held_len);
    flow_drop(b->early);
    b->early = flow_none();
    b->held = b->gathered;
    memcpy(b->gathered + b->held_len, b->at, n);
    return true;
}

/* Holds what is left of the block. */
static bool hold(struct flow__bytes *b)
{
    size_t n = (size_t)(b->end - b->at);

    if (n == 0)
        return true;
    if (b->held_len == 0) {
        b->held = b->at;
        b->held_bytes = false;
        b->early = flow_share(b->block);
    } else if (!gather(b, n)) {
        return false;
    }
    b->held_bytes |= b->block.kind == FLOW_BYTES;
    b->held_len += n;
    b->at = b->end;
    return true;
}

static const char *kind_in_words(const flow_value *v)
{
    switch ((flow_kind)v->kind) {
    case FLOW_NONE:
        return "none";
    case FLOW_BOOL:
        return "a bool";
    case FLOW_INT:
        return "an int";
    case FLOW_REAL:
        return "a real";
    case FLOW_LIST:
        return "a list";
    case FLOW_TUPLE:
        return "a tuple";
    case FLOW_BOX:
        return "a box";
    case FLOW_TEXT: case FLOW_BYTES: case FLOW_ERROR:
        break;                              /* not refused                  */
    }
    return "a value of no kind";
}

flow_value flow__as_bytes(const char *name, flow_value v)
{
    const char *kind;

    if (v.kind == FLOW_TEXT || v.kind == FLOW_BYTES)
        return v;
    kind = kind_in_words(&v);
    flow_drop(v);
    return flow_error(FLOW_EINVAL, 0, "flow_%s takes text or bytes, and got "
                      "%s: make text of it with flow_map", name, kind);
}

flow_status flow__bytes_more(struct flow__bytes *b, flow_stage *out,
                             flow_waker *w)
{
    flow_value v;
    flow_status st = flow_pull(b->source, w, &v);
    size_t len;

    if (st == FLOW_DONE) {
        b->over = true;
        b->dry = false;
        return FLOW_READY;
    }
    if (st != FLOW_READY)
        return flow_pass(out, st, v);
    if (v.kind == FLOW_ERROR) {
        b->pieces[b->n++] = v;
        return FLOW_READY;
    }
    v = flow__as_bytes(out->type->name, v);
    if (flow_is_failure(v))
        return flow_raise_in(out, v);
    if (!hold(b)) {
        flow_drop(v);
        return flow_raise_in(out, flow_error(FLOW_ENOMEM, 0, "out of memory"));
    }
    flow_drop(b->block);
    b->block = v;
    b->start = b->at = flow_chars(&b->block, &len);
    b->end = b->at + len;
    b->near = flow__is_near(&b->block, len);
    b->dry = false;
    return FLOW_READY;
}

/* Out of what is held, gathered, and the block. */
static flow_value joined(const struct flow__bytes *b, size_t len)
{
    size_t early = len < b->held_len ? len : b->held_len;
    bool bytes = b->held_bytes
                 || (len > early && b->block.kind == FLOW_BYTES);
    char *p;
    flow_value v = flow_buffer(len, &p);

    if (p == NULL)
        return v;
    memcpy(p, b->held, early);
    if (len > early)
        memcpy(p + early, b->at, len - early);
    if (!bytes)
        v.kind = FLOW_TEXT;
    return v;
}

flow_value flow__bytes_early(struct flow__bytes *b, size_t len)
{
    flow_value v;

    if (b->early.kind != FLOW_NONE && len <= b->held_len) {
        const char *start = flow_chars(&b->early, &(size_t){ 0 });

        v = flow_slice(&b->early, (size_t)(b->held - start), len);
    } else {
        v = joined(b, len);
    }
    flow_drop(b->early);
    b->early = flow_none();
    b->held_len = 0;
    return v;
}

void flow__bytes_close(void *self)
{
    struct flow__bytes *b = self;

    flow_drop(b->block);
    flow_drop(b->early);
    flow_free(b->gathered, b->gathered_size);
}

flow_status flow__bytes_too_long(flow_stage *out, const char *what,
                                 size_t longest)
{
    return flow_raise_in(out, flow_error(FLOW_ELIMIT, 0, "a %s is longer than "
                                         "the %zu bytes that are allowed",
                                         what, longest));
}

flow_status flow__bytes_cut_off(struct flow__bytes *b, flow_stage *out,
                                const char *what)
{
    return flow_raise_in(out, flow_error(FLOW_EFORMAT, 0, "the end came in "
                                         "the middle of a %s, after %zu bytes "
                                         "of it", what,
                                         flow__bytes_count(b)));
}
