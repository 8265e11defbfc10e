/* SPDX-License-Identifier: MIT */
/* See grammar.h. */
#include "grammar.h"

#include <string.h>
#include <strings.h>

size_t flow__token_size(const char *s)
{
    static const char may_be[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "!#$%&'*+-.^_`|~";

    return strspn(s, may_be);
}

bool flow__is_value(const char *s)
{
    for (; *s != '\0'; s++)
        if (((unsigned char)*s < ' ' && *s != '\t') || *s == 127)
            return false;
    return true;
}

const char *flow__behind_media(const char *type, const char *wanted)
{
    size_t n = strcspn(type, "; \t");

    return n == strlen(wanted) && strncasecmp(type, wanted, n) == 0 ? type + n
                                                                    : NULL;
}

/* ---- Parameters ---------------------------------------------------------- */
static const char *behind_spaces(const char *s)
{
    return s + strspn(s, " \t");
}

/* From its first character on, up to the next; NULL: it is malformed. */
static const char *read_value(const char *s, struct flow__parameter *p)
{
    bool quoted = *s == '"';

    p->value = s + quoted;
    p->size = quoted ? strcspn(p->value, "\"") : flow__token_size(s);
    s = p->value + p->size;
    if (quoted ? *s != '"' : p->size == 0)
        return NULL;
    s = behind_spaces(s + quoted);
    return *s == ';' || *s == '\0' ? s : NULL;
}

bool flow__parameter_next(const char **s, struct flow__parameter *p)
{
    const char *at = behind_spaces(*s);

    if (*at != ';') {
        *s = at;
        return false;
    }
    p->name = behind_spaces(at + 1);
    p->name_size = flow__token_size(p->name);
    at = p->name + p->name_size;
    at = p->name_size > 0 && *at == '=' ? read_value(at + 1, p) : NULL;
    if (at == NULL)
        return false;
    *s = at;
    return true;
}

bool flow__parameter_is(const struct flow__parameter *p, const char *name)
{
    return p->name_size == strlen(name)
        && strncasecmp(p->name, name, p->name_size) == 0;
}
