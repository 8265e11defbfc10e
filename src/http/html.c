/* SPDX-License-Identifier: MIT */
/* Text that is nothing but text in HTML, between tags and between quotes. */
#include <flow/http.h>

#include <string.h>

/* NULL: it may be as it is. */
static const char *escape_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static size_t size_of(const char *s, size_t n)
{
    size_t size = n;

    for (size_t i = 0; i < n; i++) {
        const char *escape = escape_of(s[i]);

        if (escape != NULL)
            size += strlen(escape) - 1;
    }
    return size;
}

static void write_escaped(char *to, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *escape = escape_of(s[i]);

        if (escape != NULL)
            to = mempcpy(to, escape, strlen(escape));
        else
            *to++ = s[i];
    }
}

flow_value (flow_html)(flow_value text)
{
    flow_value escaped;
    size_t n;
    const char *s = flow_chars(&text, &n);
    char *to;

    if (text.kind == FLOW_ERROR)
        return text;
    if (s == NULL) {
        flow_drop(text);
        return flow_error(FLOW_EINVAL, 0, "only text can be written as HTML");
    }
    escaped = flow_buffer(size_of(s, n), &to);
    if (to != NULL) {
        write_escaped(to, s, n);
        escaped.kind = FLOW_TEXT;
    }
    flow_drop(text);
    return escaped;
}
