/* SPDX-License-Identifier: MIT */
/* Values that hold memory: text, bytes, lists and boxes. */
#include "value.h"

#include "memory.h"

#include <stdarg.h>
#include <string.h>


static flow_value counted(flow_kind kind, size_t size, struct flow__held *h)
{
    flow_value v = { (uint8_t)kind, 0, (uint32_t)size, { 0 } };

    v.as.held = h;
    return v;
}

static flow_value new_text(flow_kind kind, size_t len, char **chars_out)
{
    struct flow__buffer *b;
    flow_value v;

    *chars_out = NULL;
    if (len > UINT32_MAX)
        return flow_error(FLOW_ELIMIT, 0, "text of %zu bytes; a value holds "
                          "at most %u", len, UINT32_MAX);
    b = flow_alloc(sizeof *b + len);
    if (b == NULL)
        return flow__no_memory_error();
    b->held.refs = 1;
    b->size = len;
    v = counted(kind, len, NULL);
    v.back = offsetof(struct flow__buffer, chars);
    v.as.chars = *chars_out = b->chars;
    return v;
}

static flow_value copied(flow_kind kind, const void *p, size_t len)
{
    char *to;
    flow_value v = new_text(kind, len, &to);

    if (to != NULL && len > 0)
        memcpy(to, p, len);
    return v;
}

flow_value flow_text(const char *s, size_t len)
{
    return copied(FLOW_TEXT, s, len);
}

flow_value flow_bytes(const void *p, size_t len)
{
    return copied(FLOW_BYTES, p, len);
}

flow_value flow_buffer(size_t len, char **p)
{
    return new_text(FLOW_BYTES, len, p);
}

flow_value flow_textf(const char *format, ...)
{
    char small[256];
    va_list args;
    char *to;
    flow_value v;
    int n;

    va_start(args, format);
    n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (n < 0)
        return flow_error(FLOW_EINVAL, 0, "the format '%s' cannot be printed",
                          format);
    if ((size_t)n < sizeof small)
        return flow_text(small, (size_t)n);
    v = new_text(FLOW_TEXT, (size_t)n + 1, &to);
    if (to == NULL)
        return v;
    va_start(args, format);
    vsnprintf(to, (size_t)n + 1, format, args);
    va_end(args);
    v.size = (uint32_t)n;
    return v;
}

/* Of what is far, or not text. */
const char *flow__chars_rarely(const flow_value *v, size_t *len)
{
    if (len != NULL)
        *len = flow__is_text(v) ? v->size : 0;
    return flow__is_text(v) ? flow__far_of(v)->chars : NULL;
}

static flow_value far_slice(const flow_value *v, const char *chars, size_t len)
{
    struct flow__far *f = flow_alloc(sizeof *f);
    flow_value s;

    if (f == NULL)
        return flow__no_memory_error();
    f->held.refs = 1;
    f->chars = chars;
    f->owner = flow_share(flow__far_of(v) != NULL ? flow__far_of(v)->owner
                                                  : *v);
    s = counted(v->kind, len, &f->held);
    s.back = FLOW__BACK_FAR;
    return s;
}

flow_value flow_slice(const flow_value *v, size_t from, size_t len)
{
    size_t n;
    const char *chars = flow_chars(v, &n);
    flow_value s;

    if (flow_is_failure(*v))
        return flow_share(*v);              /* made without memory          */
    if (chars == NULL)
        return flow_error(FLOW_EINVAL, 0, "a slice of a value that is neither "
                          "text nor bytes");
    from = from < n ? from : n;
    len = len < n - from ? len : n - from;
    if (len == 0 || v->back == 0) {
        s = flow_literal("");
        s.kind = v->kind;
        s.size = (uint32_t)len;
        if (len > 0)
            s.as.chars = chars + from;
        return s;
    }
    return flow__is_near(v, from) ? flow__slice_near(*v, from, len)
                                  : far_slice(v, chars + from, len);
}

/* ---- Lists ------------------------------------------------------------- */
/* A number beyond what a value holds is a mistake of the caller's: so many
 * items are not there to be taken, and none is touched. */
static flow_value new_list(flow_kind kind, const flow_value *items, size_t n)
{
    struct flow__list *l;

    if (n > UINT32_MAX)
        return flow_error(FLOW_ELIMIT, 0, "a list of %zu items; a value holds "
                          "at most %u", n, UINT32_MAX);
    if (items == NULL && n > 0)
        return flow_error(FLOW_EINVAL, 0, "a list of %zu items: give an array "
                          "of them, not NULL", n);
    l = flow_alloc(sizeof *l + n * sizeof *items);
    if (l == NULL) {
        for (size_t i = 0; i < n; i++)
            flow_drop(items[i]);
        return flow__no_memory_error();
    }
    l->held.refs = 1;
    l->size = l->left = n;
    if (n > 0)
        memcpy(l->items, items, n * sizeof *items);
    for (size_t i = 0; i < n; i++)
        if (flow_is_failure(items[i])) {    /* one error makes it one       */
            flow_value error = flow_share(items[i]);
            flow_drop(counted(kind, n, &l->held));
            return error;
        }
    return counted(kind, n, &l->held);
}

flow_value flow_pack(const flow_value *items, size_t n)
{
    return new_list(FLOW_LIST, items, n);
}

flow_value flow_tuple(const flow_value *items, size_t n)
{
    return new_list(FLOW_TUPLE, items, n);
}

const flow_value *flow_items(const flow_value *v, size_t *n)
{
    if (n != NULL)
        *n = flow__is_list(v) ? v->size : 0;
    return flow__is_list(v) ? flow__list_of(v)->items : NULL;
}

/* ---- Boxes ------------------------------------------------------------- */
flow_value flow_box(const flow_class *c, void *p)
{
    struct flow__box *b = flow_alloc(sizeof *b);

    if (b == NULL) {
        if (c->release != NULL)
            c->release(p);
        return flow__no_memory_error();
    }
    b->held.refs = 1;
    b->class = c;
    b->object = p;
    return counted(FLOW_BOX, 0, &b->held);
}

void *flow_unbox(const flow_value *v, const flow_class *c)
{
    return v->kind == FLOW_BOX && flow__box_of(v)->class == c
        ? flow__box_of(v)->object : NULL;
}

bool flow_true(const flow_value *v)
{
    switch ((flow_kind)v->kind) {
    case FLOW_NONE:
        return false;
    case FLOW_BOOL: case FLOW_INT:
        return v->as.num != 0;
    case FLOW_REAL:
        return v->as.real != 0;
    case FLOW_TEXT: case FLOW_BYTES: case FLOW_LIST: case FLOW_TUPLE:
        return v->size != 0;
    case FLOW_BOX: case FLOW_ERROR:
        return true;
    }
    return false;
}
