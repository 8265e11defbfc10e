/* SPDX-License-Identifier: MIT */
/* Values as people read them. */
#include "value.h"

#include <stdlib.h>

static int write_value(FILE *to, const flow_value *v, int depth);

/* As few digits as bring the same number back, and always a point. */
static int write_real(FILE *to, double x)
{
    char text[40];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    for (const char *p = text; *p != 0; p++)
        if (*p == '.' || *p == 'e' || *p == 'n' || *p == 'i')
            return fputs(text, to);
    return fprintf(to, "%s.0", text);
}

static int write_quoted(FILE *to, const flow_value *v)
{
    size_t n;
    const char *s = flow_chars(v, &n);

    fputs(v->kind == FLOW_BYTES ? "b'" : "'", to);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '\\' || c == '\'')
            fprintf(to, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", to);
        else if (c == '\r')
            fputs("\\r", to);
        else if (c == '\t')
            fputs("\\t", to);
        else if (c < ' ' || c == 127 || (c > 127 && v->kind == FLOW_BYTES))
            fprintf(to, "\\x%02x", c);
        else
            putc(c, to);
    }
    return putc('\'', to);
}

static int write_items(FILE *to, const flow_value *v, int depth)
{
    bool tuple = v->kind == FLOW_TUPLE;
    size_t n;
    const flow_value *items = flow_items(v, &n);

    putc(tuple ? '(' : '[', to);
    if (depth >= FLOW__DEEPEST) {
        fputs("...", to);
        n = 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            fputs(", ", to);
        write_value(to, &items[i], depth + 1);
    }
    if (tuple && n == 1)
        putc(',', to);
    return putc(tuple ? ')' : ']', to);
}

static int write_box(FILE *to, const flow_value *v)
{
    const struct flow__box *b = flow__box_of(v);

    return b->class->print != NULL ? b->class->print(to, b->object)
                                   : fprintf(to, "<%s>", b->class->name);
}

static int write_value(FILE *to, const flow_value *v, int depth)
{
    size_t n;
    const char *s;

    switch ((flow_kind)v->kind) {
    case FLOW_NONE:
        return fputs("None", to);
    case FLOW_BOOL:
        return fputs(v->as.num ? "True" : "False", to);
    case FLOW_INT:
        return fprintf(to, "%lld", (long long)v->as.num);
    case FLOW_REAL:
        return write_real(to, v->as.real);
    case FLOW_TEXT: case FLOW_BYTES:
        if (depth > 0)
            return write_quoted(to, v);
        s = flow_chars(v, &n);
        return fwrite(s, 1, n, to) == n ? 0 : EOF;
    case FLOW_LIST: case FLOW_TUPLE:
        return write_items(to, v, depth);
    case FLOW_BOX:
        return write_box(to, v);
    case FLOW_ERROR:
        return fprintf(to, "<%s: %s>", flow_class_of(v)->name,
                       flow_message(v));
    }
    return EOF;
}

int flow_write(FILE *to, const flow_value *v)
{
    return write_value(to, v, 0) < 0 || ferror(to) ? EOF : 0;
}

int flow_print(FILE *to, flow_value v)
{
    int st = write_value(to, &v, 0);

    if (st >= 0)
        st = putc('\n', to);
    flow_drop(v);
    return st < 0 ? EOF : 0;
}
