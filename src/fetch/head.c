/* SPDX-License-Identifier: MIT */
/* See head.h. */
#include "head.h"

#include <flow/fetch.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- Gathering ---------------------------------------------------------- */
static size_t without_end(const char *line, size_t n)
{
    while (n > 0 && strchr("\r\n\t ", line[n - 1]) != NULL)
        n--;
    return n;
}

static bool has_room(struct flow__head *h, size_t n)
{
    size_t room = h->room < 512 ? 512 : h->room;
    char *chars;

    while (room < h->size + n)
        room *= 2;
    if (room == h->room)
        return true;
    chars = flow_resize(h->chars, h->room, room);
    if (chars == NULL)
        return false;
    h->chars = chars;
    h->room = room;
    return true;
}

/* "HTTP/1.1 200 OK" */
static void begin(struct flow__head *h, const char *line, size_t n)
{
    const char *space = memchr(line, ' ', n);

    h->size = 0;
    h->moves = false;
    h->status = 0;
    for (const char *s = space != NULL ? space + 1 : line;
         s < line + n && *s >= '0' && *s <= '9' && h->status < 1000; s++)
        h->status = 10 * h->status + (*s - '0');
}

static bool is_header(const char *line, const char *name)
{
    size_t n = strlen(name);

    return strncasecmp(line, name, n) == 0 && line[n] == ':';
}

static const char *value_in(const char *line)
{
    line = strchr(line, ':') + 1;
    return line + strspn(line, " \t");
}

/* One that begins with a space continues the one before. */
static void put(struct flow__head *h, const char *line, size_t n)
{
    char *to = h->chars + h->size;

    if (h->size > 0 && (*line == ' ' || *line == '\t')) {
        to[-1] = ' ';
        for (; n > 0 && (*line == ' ' || *line == '\t'); n--)
            line++;
    }
    memcpy(to, line, n);
    to[n] = '\0';
    h->size += n + 1;
    h->moves |= is_header(to, "Location") && *value_in(to) != '\0';
}

flow_value flow__head_add(struct flow__head *h, const char *line, size_t n)
{
    if (n > 5 && memcmp(line, "HTTP/", 5) == 0)
        begin(h, line, n);
    n = without_end(line, n);
    if (h->size + n + 1 > FLOW__HEAD_MOST)
        return flow_error(FLOW_ELIMIT, 0, "the head of the answer is longer "
                          "than %d bytes", FLOW__HEAD_MOST);
    if (!has_room(h, n + 1))
        return flow_error(FLOW_ENOMEM, 0, "no memory for the head of an "
                          "answer");
    put(h, line, n);
    return flow_none();
}

void flow__head_drop(struct flow__head *h)
{
    flow_free(h->chars, h->room);
    *h = (struct flow__head){ .chars = NULL };
}

/* ---- As a value ---------------------------------------------------------- */
/* The URL, then the lines, one after the other. */
struct boxed { size_t size; int status; char chars[]; };

static void release(void *p)
{
    struct boxed *b = p;

    flow_free(b, sizeof *b + b->size);
}

static int print(FILE *to, const void *p)
{
    const struct boxed *b = p;

    return fprintf(to, "<%d %s>", b->status, b->chars);
}

static const flow_class heads = {
    .name = "head", .release = release, .print = print
};

flow_value flow__head_box(const struct flow__head *h, const char *url)
{
    size_t n = strlen(url) + 1;
    struct boxed *b = flow_alloc(sizeof *b + n + h->size);

    if (b == NULL)
        return flow_error(FLOW_ENOMEM, 0, "no memory for the head of an "
                          "answer");
    b->size = n + h->size;
    b->status = h->status;
    memcpy(b->chars, url, n);
    memcpy(b->chars + n, h->chars, h->size);
    return flow_box(&heads, b);
}

/* ---- Looking ------------------------------------------------------------- */
int flow_fetched_status(const flow_value *head)
{
    const struct boxed *b = flow_unbox(head, &heads);

    return b != NULL ? b->status : 0;
}

const char *flow_fetched_url(const flow_value *head)
{
    const struct boxed *b = flow_unbox(head, &heads);

    return b != NULL ? b->chars : NULL;
}

/* The line after that one; NULL: it was the last. */
static const char *next_line(const struct boxed *b, const char *line)
{
    line += strlen(line) + 1;
    return line < b->chars + b->size ? line : NULL;
}

/* The first line is that of the status. */
static const char *first_line(const struct boxed *b)
{
    const char *line = b != NULL ? next_line(b, b->chars) : NULL;

    return line != NULL ? next_line(b, line) : NULL;
}

const char *flow_fetched_line(const flow_value *head, size_t n)
{
    const struct boxed *b = flow_unbox(head, &heads);
    const char *line = first_line(b);

    while (line != NULL && n-- > 0)
        line = next_line(b, line);
    return line;
}

const char *flow_fetched_header(const flow_value *head, const char *name)
{
    const struct boxed *b = flow_unbox(head, &heads);

    for (const char *line = first_line(b); line != NULL;
         line = next_line(b, line))
        if (is_header(line, name))
            return value_in(line);
    return NULL;
}
