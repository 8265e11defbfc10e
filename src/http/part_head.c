/* SPDX-License-Identifier: MIT */
/* See part_head.h. */
#include "part_head.h"

#include "grammar.h"

#include <string.h>
#include <strings.h>

enum {
    LONGEST = 8192,
    LEAST_ROOM = 512
};

static enum flow__parsed is_bad(struct flow__part_head *h, int status,
                                const char *why)
{
    h->status = status;
    h->why = why;
    return FLOW__BAD;
}

/* ---- Memory -------------------------------------------------------------- */
static bool has_room(struct flow__part_head *h, size_t size)
{
    size_t more = size < LEAST_ROOM ? LEAST_ROOM : 2 * size;
    char *bytes;

    if (size <= h->room)
        return true;
    bytes = flow_resize(h->bytes, h->room, more);
    if (bytes == NULL) {
        is_bad(h, 503, "no memory for the head of a part");
        return false;
    }
    h->bytes = bytes;
    h->room = more;
    return true;
}

void flow__part_head_begin(struct flow__part_head *h)
{
    h->size = h->line = 0;
}

void flow__part_head_end(struct flow__part_head *h)
{
    flow_free(h->bytes, h->room);
}

/* ---- Lines --------------------------------------------------------------- */
/* Where the empty line is. */
static char *end_of(const struct flow__part_head *h)
{
    return h->bytes + h->size - 2;
}

/* Ends name and value by zeros; the line feed stays, to be found again. */
static bool splits_line(char *line, char *end)
{
    size_t n = flow__token_size(line);

    if (n == 0 || line[n] != ':')
        return false;
    line[n] = '\0';
    do
        *end-- = '\0';
    while (*end == ' ' || *end == '\t');
    return flow__is_value(line + n + 1);
}

static bool splits_lines(struct flow__part_head *h)
{
    char *line = h->bytes, *end = end_of(h);

    while (line < end) {
        char *feed = memchr(line, '\n', (size_t)(end - line));

        if (!splits_line(line, feed - 1))
            return false;
        line = feed + 1;
    }
    return true;
}

const char *flow__part_head_find(const struct flow__part_head *h,
                                 const char *name, size_t *n)
{
    const char *line = h->bytes, *end = end_of(h), *found = NULL;

    for (*n = 0; line < end; line++) {
        const char *value = line + strlen(line) + 1;

        if (strcasecmp(line, name) == 0 && (*n)++ == 0)
            found = value + strspn(value, " \t");
        line = memchr(line, '\n', (size_t)(end - line));
    }
    return found;
}

/* ---- Names --------------------------------------------------------------- */
/* Browsers send a quote as %22; all else is as it came. NULL: none was said. */
static const char *without_quotes(char **to, struct flow__parameter p)
{
    char *begin = *to;

    if (p.value == NULL)
        return NULL;
    for (size_t i = 0; i < p.size; i++) {
        bool quote = p.size - i > 2 && memcmp(p.value + i, "%22", 3) == 0;

        *(*to)++ = quote ? '"' : p.value[i];
        i += quote ? 2 : 0;
    }
    *(*to)++ = '\0';
    return begin;
}

/* Takes one that was not said before. */
static bool says(struct flow__parameter *p, const struct flow__parameter *said)
{
    if (p->value != NULL)
        return false;
    *p = *said;
    return true;
}

/* What stands behind "form-data". There is room for both names. */
static bool takes_names(struct flow__part_head *h, const char *s)
{
    struct flow__parameter any, name = { 0 }, filename = { 0 };
    char *to = h->bytes + h->size;
    bool once = true;

    while (once && flow__parameter_next(&s, &any))
        if (flow__parameter_is(&any, "name"))
            once = says(&name, &any);
        else if (flow__parameter_is(&any, "filename"))
            once = says(&filename, &any);
    if (!once || *s != '\0' || name.value == NULL)
        return false;
    h->name = without_quotes(&to, name);
    h->filename = without_quotes(&to, filename);
    return true;
}

/* ---- The whole ----------------------------------------------------------- */
static bool is_form_data(struct flow__part_head *h)
{
    size_t n;
    const char *s = flow__part_head_find(h, "Content-Disposition", &n);

    s = n == 1 ? flow__behind_media(s, "form-data") : NULL;
    return s != NULL && takes_names(h, s);
}

/* Whether the body is what it looks like. */
static bool is_plain(const struct flow__part_head *h)
{
    size_t n;
    const char *coding = flow__part_head_find(h, "Content-Transfer-Encoding",
                                              &n);

    return coding == NULL || strcasecmp(coding, "binary") == 0
        || strcasecmp(coding, "8bit") == 0 || strcasecmp(coding, "7bit") == 0;
}

static enum flow__parsed take_apart(struct flow__part_head *h)
{
    if (!has_room(h, 2 * h->size + 2))
        return FLOW__BAD;
    if (!splits_lines(h))
        return is_bad(h, 400, "a line in the head of a part is malformed");
    if (!is_form_data(h))
        return is_bad(h, 400, "a part must be form-data with one name");
    if (!is_plain(h))
        return is_bad(h, 400, "a part must not be encoded");
    return FLOW__HEAD;
}

enum flow__parsed flow__part_head_add(struct flow__part_head *h, char c)
{
    size_t line = ++h->line;

    if (h->size == LONGEST)
        return is_bad(h, 413, "the head of a part is too long");
    if (c == '\0')
        return is_bad(h, 400, "a zero in the head of a part");
    if (!has_room(h, h->size + 1))
        return FLOW__BAD;
    h->bytes[h->size++] = c;
    if (c != '\n')
        return FLOW__HUNGRY;
    if (line == 1 || h->bytes[h->size - 2] != '\r')
        return is_bad(h, 400, "a line in the head of a part must end with "
                              "CR LF");
    h->line = 0;
    return line == 2 ? take_apart(h) : FLOW__HUNGRY;
}
