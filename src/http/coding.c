/* SPDX-License-Identifier: MIT */
/* See coding.h. What the client accepts is read as RFC 9110, 12.5.3 has it. */
#include "coding.h"

#include "answer.h"
#include "grammar.h"

#include <string.h>
#include <strings.h>

enum {
    WORTH = 1000,               /* bytes: what is less fits in a packet     */
    UNSAID = -1                 /* no weight                                */
};

/* ---- What the client wants ----------------------------------------------- */
/* In thousandths. */
struct weights { int gzip, identity, others; };

static const char *behind_spaces(const char *s)
{
    return s + strspn(s, " \t");
}

/* From 0 to 1, with three digits at most; NULL: it is none. */
static const char *read_weight(const char *s, int *weight)
{
    static const int places[] = { 100, 10, 1 };

    if (*s != '0' && *s != '1')
        return NULL;
    *weight = 1000 * (*s++ - '0');
    if (*s != '.')
        return s;
    s++;
    for (size_t i = 0; i < 3 && *s >= '0' && *s <= '9'; i++)
        *weight += places[i] * (*s++ - '0');
    return *weight <= 1000 ? s : NULL;
}

/* "; q=0.5", if it is there. */
static const char *read_quality(const char *s, int *weight)
{
    *weight = 1000;
    s = behind_spaces(s);
    if (*s != ';')
        return s;
    s = behind_spaces(s + 1);
    if ((*s != 'q' && *s != 'Q') || s[1] != '=')
        return NULL;
    s = read_weight(s + 2, weight);
    return s != NULL ? behind_spaces(s) : NULL;
}

static void weigh(struct weights *w, const char *name, size_t n, int weight)
{
    if ((n == 4 && strncasecmp(name, "gzip", n) == 0)
        || (n == 6 && strncasecmp(name, "x-gzip", n) == 0))
        w->gzip = weight;
    else if (n == 8 && strncasecmp(name, "identity", n) == 0)
        w->identity = weight;
    else if (n == 1 && *name == '*')
        w->others = weight;
}

static bool read_weights(const char *s, struct weights *w)
{
    *w = (struct weights){ UNSAID, UNSAID, UNSAID };
    while (s != NULL && *(s = behind_spaces(s)) != '\0') {
        size_t n = flow__token_size(s);
        const char *name = s;
        int weight;

        if (n > 0)
            s = read_quality(s + n, &weight);
        if (s == NULL || (*s != ',' && *s != '\0'))
            return false;
        if (n > 0)
            weigh(w, name, n, weight);
        s += *s == ',';
    }
    return s != NULL;
}

bool flow__coding_wants_gzip(const char *accepted)
{
    struct weights w;

    if (!read_weights(accepted, &w))
        return false;
    if (w.gzip == UNSAID)
        w.gzip = w.others;
    if (w.identity == UNSAID)
        w.identity = w.others;
    return w.gzip > 0 && w.gzip >= w.identity;
}

/* ---- What the answer is -------------------------------------------------- */
static bool is_one_of(const char *type, size_t n)
{
    static const char *const all[] = {
        "application/javascript", "application/json", "application/x-ndjson",
        "application/xml"
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strlen(all[i]) == n && strncasecmp(type, all[i], n) == 0)
            return true;
    return false;
}

static bool ends_with(const char *type, size_t n, const char *end)
{
    size_t size = strlen(end);

    return n > size && strncasecmp(type + n - size, end, size) == 0;
}

static bool is_text(const char *type)
{
    size_t n = strcspn(type, "; \t");

    return strncasecmp(type, "text/", 5) == 0 || is_one_of(type, n)
        || ends_with(type, n, "+xml") || ends_with(type, n, "+json");
}

static bool forbids(const char *cache_control)
{
    return cache_control != NULL
        && strcasestr(cache_control, "no-transform") != NULL;
}

static bool is_worth(const struct flow_request *r, bool text)
{
    const char *type = flow__answer_says(r, "Content-Type");

    return flow__status_has_body(r->status)
        && (r->length < 0 || r->length >= WORTH)
        && (type != NULL ? is_text(type) : text)
        && flow__answer_says(r, "Content-Encoding") == NULL
        && flow__answer_says(r, "Content-Range") == NULL
        && !forbids(flow__answer_says(r, "Cache-Control"));
}

bool flow__answer_is_compressed(flow_request *r, bool text)
{
    size_t n;
    const char *accepted = flow__parser_find(r->parser, "Accept-Encoding", &n);

    r->varies = !r->site->o.plain && is_worth(r, text);
    r->compressed = r->varies && r->parser->llhttp.http_minor > 0 && n == 1
                 && flow__coding_wants_gzip(accepted);
    return r->compressed;
}
