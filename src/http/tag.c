/* SPDX-License-Identifier: MIT */
/* See tag.h. */
#include "tag.h"

#include <string.h>

/* The bytes of the tag that s begins with; 0: with none. */
static size_t size_of(const char *s)
{
    const char *at = strncmp(s, "W/", 2) == 0 ? s + 2 : s;

    if (*at++ != '"')
        return 0;
    while ((unsigned char)*at > ' ' && *at != '"' && *at != 127)
        at++;
    return *at == '"' ? (size_t)(at + 1 - s) : 0;
}

static bool is_weak(const char *tag)
{
    return *tag == 'W';
}

/* n: the bytes of b. */
static bool is_same(const char *a, const char *b, size_t n, bool strong)
{
    size_t size = strlen(a);

    if (strong && (is_weak(a) || is_weak(b)))
        return false;
    if (is_weak(a)) {
        a += 2;
        size -= 2;
    }
    if (is_weak(b)) {
        b += 2;
        n -= 2;
    }
    return size == n && memcmp(a, b, n) == 0;
}

bool flow__tag_is(const char *s)
{
    size_t n = size_of(s);

    return n > 0 && s[n] == '\0';
}

bool flow__tag_is_same(const char *a, const char *b, bool strong)
{
    return a != NULL && b != NULL && flow__tag_is(b)
        && is_same(a, b, strlen(b), strong);
}

bool flow__tag_is_in(const char *tag, const char *list, bool strong)
{
    for (;;) {
        const char *one = list + strspn(list, " \t,");
        size_t n = size_of(one);

        list = one + n + strspn(one + n, " \t");
        if (n == 0 || (*list != ',' && *list != '\0'))
            return false;
        if (tag != NULL && is_same(tag, one, n, strong))
            return true;
    }
}
