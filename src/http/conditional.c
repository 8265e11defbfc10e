/* SPDX-License-Identifier: MIT */
/* See conditional.h. The order is that of RFC 9110, 13.2.2. */
#include "conditional.h"

#include "answer.h"
#include "tag.h"

#include <string.h>
#include <strings.h>

enum { HOLDS = 200 };

/* What a page says of itself. */
struct validators {
    const char *tag;                        /* NULL: nothing                */
    bool is_dated;
    time_t modified;
};

static struct validators validators_of(const struct flow_request *r)
{
    struct validators v = { .tag = flow__answer_says(r, "ETag") };
    const char *date = flow__answer_says(r, "Last-Modified");

    v.is_dated = date != NULL && flow__date_read(date, &v.modified);
    return v;
}

static bool is_there(const struct validators *v)
{
    return v->tag != NULL || v->is_dated;
}

static bool is_looked_at(const struct flow_request *r)
{
    return r->head_only || strcmp(r->method, "GET") == 0;
}

static bool has(const struct flow_request *r, const char *name)
{
    return flow_request_header(r, name) != NULL;
}

/* Whether one of the tags is that of the page; a star is any. */
static bool names(const struct flow_request *r, const char *name,
                  const struct validators *v, bool strong)
{
    size_t at = 0;

    for (;;) {
        const char *list = flow__parser_next(r->parser, name, &at);

        if (list == NULL)
            return false;
        if (strcmp(list, "*") == 0 ? is_there(v)
                                   : flow__tag_is_in(v->tag, list, strong))
            return true;
    }
}

/* What is no date, or is said twice, counts as not said. */
static bool is_dated(const struct flow_request *r, const char *name,
                     time_t *when)
{
    size_t n;
    const char *date = flow__parser_find(r->parser, name, &n);

    return n == 1 && flow__date_read(date, when);
}

static int judgement_of(const struct flow_request *r)
{
    struct validators v = validators_of(r);
    time_t when;

    if (has(r, "If-Match")) {
        if (!names(r, "If-Match", &v, true))
            return 412;
    } else if (v.is_dated && is_dated(r, "If-Unmodified-Since", &when)
               && v.modified > when) {
        return 412;
    }
    if (has(r, "If-None-Match")) {
        if (names(r, "If-None-Match", &v, false))
            return is_looked_at(r) ? 304 : 412;
    } else if (v.is_dated && is_looked_at(r)
               && is_dated(r, "If-Modified-Since", &when)
               && v.modified <= when) {
        return 304;
    }
    return HOLDS;
}

bool flow_request_holds(flow_request *r)
{
    if (r->judged == 0)
        r->judged = judgement_of(r);
    return r->judged == HOLDS;
}

int flow__request_judge(struct flow_request *r)
{
    struct validators v = validators_of(r);

    if (r->judged == 0 && r->status == 200 && is_looked_at(r) && is_there(&v))
        r->judged = judgement_of(r);
    return r->judged;
}

/* ---- 304 ----------------------------------------------------------------- */
static bool is_about_body(const struct flow_request *r, const char *name)
{
    static const char *const all[] = {
        "Content-Type", "Content-Encoding", "Content-Language",
        "Content-Range", "Accept-Ranges"
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcasecmp(name, all[i]) == 0)
            return true;
    return strcasecmp(name, "Last-Modified") == 0
        && flow__answer_says(r, "ETag") != NULL;
}

void flow__answer_without_body(struct flow_request *r)
{
    struct flow__pair **p = &r->headers;

    while (*p != NULL)
        if (is_about_body(r, (*p)->name))
            *p = (*p)->next;
        else
            p = &(*p)->next;
}

/* ---- If-Range ------------------------------------------------------------ */
/* A date of the page is strong: it is not said before its second is over. */
bool flow__request_takes_parts(const struct flow_request *r)
{
    struct validators v = validators_of(r);
    size_t n;
    const char *known = flow__parser_find(r->parser, "If-Range", &n);
    time_t when;

    if (known == NULL)
        return true;
    if (n > 1)
        return false;
    if (flow__date_read(known, &when))
        return v.is_dated && v.modified == when;
    return flow__tag_is_same(v.tag, known, true);
}
