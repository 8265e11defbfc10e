/* SPDX-License-Identifier: MIT */
/* See pq_send.h. */
#include "pq_send.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER = 32, BYTEA = 17 };

static int write_number(char *to, const flow_value *v)
{
    switch ((flow_kind)v->kind) {
    case FLOW_BOOL:
        return snprintf(to, NUMBER, "%s", v->as.yes ? "t" : "f");
    case FLOW_INT:
        return snprintf(to, NUMBER, "%lld", (long long)v->as.num);
    case FLOW_REAL:
        return snprintf(to, NUMBER, "%.17g", v->as.real);
    case FLOW_NONE: case FLOW_TEXT: case FLOW_BYTES: case FLOW_LIST:
    case FLOW_TUPLE: case FLOW_BOX: case FLOW_ERROR:
        break;
    }
    return 0;
}

static flow_value has_zero(size_t i)
{
    return flow_error(FLOW_EINVAL, 0, "value %zu is a text with a zero byte, "
                      "which PostgreSQL does not take; send it as bytes", i);
}

/* ---- Parameters --------------------------------------------------------- */
static size_t size_of(const flow_value *v)
{
    if (v->kind == FLOW_TEXT)
        return (size_t)v->size + 1;
    return v->kind == FLOW_BYTES || v->kind == FLOW_NONE ? 0 : NUMBER;
}

static char *put_value(struct flow__pq_values *to, size_t i,
                       const flow_value *v, char *at)
{
    size_t n;
    const char *s = flow_chars(v, &n);

    to->types[i] = v->kind == FLOW_BYTES ? BYTEA : 0;
    to->formats[i] = v->kind == FLOW_BYTES;
    to->sizes[i] = (int)n;
    to->chars[i] = v->kind == FLOW_NONE ? NULL
                 : v->kind == FLOW_BYTES ? s : at;
    if (v->kind == FLOW_TEXT) {
        memcpy(at, s, n);
        at[n] = '\0';
    } else if (v->kind != FLOW_BYTES && v->kind != FLOW_NONE) {
        write_number(at, v);
    }
    return at + size_of(v);
}

static flow_value check(const flow_value *values, size_t n, size_t *size)
{
    if (n > UINT16_MAX)
        return flow_error(FLOW_ELIMIT, 0, "%zu parameters; PostgreSQL takes at "
                          "most %d", n, UINT16_MAX);
    for (size_t i = 0; i < n; i++) {
        size_t len;
        const char *s = flow_chars(&values[i], &len);

        if (len > INT32_MAX)
            return flow_error(FLOW_ELIMIT, 0, "parameter %zu has %zu bytes",
                              i + 1, len);
        if (values[i].kind == FLOW_TEXT && memchr(s, '\0', len) != NULL)
            return has_zero(i + 1);
        *size += size_of(&values[i]);
    }
    return flow_none();
}

flow_value flow__pq_values_begin(struct flow__pq_values *v,
                                 const flow_value *values, size_t n)
{
    flow_value wrong;
    char *at;

    v->size = n * (sizeof *v->types + sizeof *v->chars + 2 * sizeof *v->sizes)
            + 1;
    wrong = check(values, n, &v->size);
    if (flow_is_failure(wrong))
        return wrong;
    v->chars = flow_alloc(v->size);
    if (v->chars == NULL)
        return flow_error(FLOW_ENOMEM, 0, "no memory for parameters");
    v->types = (Oid *)(v->chars + n);
    v->sizes = (int *)(v->types + n);
    v->formats = v->sizes + n;
    at = (char *)(v->formats + n);
    for (size_t i = 0; i < n; i++)
        at = put_value(v, i, &values[i], at);
    return flow_none();
}

void flow__pq_values_end(struct flow__pq_values *v)
{
    flow_free(v->chars, v->size);
}

/* ---- Lines of COPY ------------------------------------------------------ */
/* What stands for c in a line; 0: itself. */
static char escaped(char c)
{
    switch (c) {
    case '\\': return '\\';
    case '\t': return 't';
    case '\n': return 'n';
    case '\r': return 'r';
    default: return 0;
    }
}

static size_t longest(const flow_value *v)
{
    switch ((flow_kind)v->kind) {
    case FLOW_TEXT:
        return 2 * (size_t)v->size;
    case FLOW_BYTES:
        return 3 + 2 * (size_t)v->size;
    case FLOW_NONE: case FLOW_BOOL: case FLOW_INT: case FLOW_REAL:
    case FLOW_LIST: case FLOW_TUPLE: case FLOW_BOX: case FLOW_ERROR:
        break;
    }
    return NUMBER;
}

static char *write_text(char *to, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char instead = escaped(s[i]);

        if (instead != 0)
            *to++ = '\\';
        *to++ = instead != 0 ? instead : s[i];
    }
    return to;
}

static char *write_bytes(char *to, const char *s, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    memcpy(to, "\\\\x", 3);
    to += 3;
    for (size_t i = 0; i < n; i++) {
        *to++ = digits[(unsigned char)s[i] >> 4];
        *to++ = digits[s[i] & 15];
    }
    return to;
}

static char *write_value(char *to, const flow_value *v)
{
    size_t n;
    const char *s = flow_chars(v, &n);

    if (v->kind == FLOW_TEXT)
        return write_text(to, s, n);
    if (v->kind == FLOW_BYTES)
        return write_bytes(to, s, n);
    if (v->kind != FLOW_NONE)
        return to + write_number(to, v);
    memcpy(to, "\\N", 2);
    return to + 2;
}

static char *write_row(char *to, const flow_value *row)
{
    size_t n;
    const flow_value *items = flow_items(row, &n);

    for (size_t i = 0; i < n; i++) {
        to = write_value(to, &items[i]);
        *to++ = i + 1 < n ? '\t' : '\n';
    }
    return to;
}

static flow_value measure(const flow_value *row, size_t *size)
{
    size_t n, len;
    const flow_value *items = flow_items(row, &n);

    for (size_t i = 0; i < n; i++) {
        const char *s = flow_chars(&items[i], &len);

        if (items[i].kind == FLOW_TEXT && memchr(s, '\0', len) != NULL)
            return has_zero(i + 1);
        *size += longest(&items[i]) + 1;
    }
    return flow_none();
}

flow_value flow__pq_lines(const flow_value *rows, size_t n, flow_value *lines)
{
    size_t size = 0;
    char *chars, *to;

    for (size_t i = 0; i < n; i++) {
        flow_value wrong = measure(&rows[i], &size);

        if (flow_is_failure(wrong))
            return wrong;
    }
    if (size > INT32_MAX)
        return flow_error(FLOW_ELIMIT, 0, "rows of %zu bytes; they are written "
                          "%d at most at once", size, INT32_MAX);
    *lines = flow_buffer(size, &chars);
    if (chars == NULL)
        return *lines;
    to = chars;
    for (size_t i = 0; i < n; i++)
        to = write_row(to, &rows[i]);
    lines->size = (uint32_t)(to - chars);
    return flow_none();
}
