/* SPDX-License-Identifier: MIT */
/* Arguments: of the query, taken apart when the first is asked for, and of
 * forms. */
#include "request.h"

#include <string.h>
#include <strings.h>

enum { MOST = 1000 };       /* arguments: each takes more than its letters  */

static const char form_type[] = "application/x-www-form-urlencoded";

/* NULL: told. */
static char *unescaped(struct flow_request *r, const char *s, size_t n)
{
    char *kept = flow__request_keep(r, n + 1);
    ssize_t size;

    if (kept == NULL) {
        flow__request_fail(r, flow_error(FLOW_ENOMEM, 0,
                                         "no memory for an argument"));
        return NULL;
    }
    size = flow__unescape(kept, s, n, true);
    if (size < 0) {
        flow__request_fail(r, flow_error(FLOW_EHTTP, 400,
                                         "an argument is malformed"));
        return NULL;
    }
    kept[size] = '\0';
    return kept;
}

/* Where the next one goes: the value of NAME=VALUE ends at n. */
static struct flow__pair **add(struct flow_request *r, struct flow__pair **last,
                               const char *s, size_t n)
{
    const char *equals = memchr(s, '=', n);
    size_t size = equals != NULL ? (size_t)(equals - s) : n;
    struct flow__pair *p;
    void *kept = flow__request_keep(r, sizeof *p);

    if (kept == NULL) {
        flow__request_fail(r, flow_error(FLOW_ENOMEM, 0,
                                         "no memory for an argument"));
        return NULL;
    }
    p = kept;
    p->next = NULL;
    p->name = unescaped(r, s, size);
    p->value = p->name == NULL ? NULL
             : equals == NULL ? "" : unescaped(r, equals + 1, n - size - 1);
    if (p->value == NULL)
        return NULL;
    *last = p;
    return &p->next;
}

static struct flow__pair **refuse_more(struct flow_request *r)
{
    flow__request_fail(r, flow_error(FLOW_EHTTP, 400,
                                     "more than %d arguments", MOST));
    return NULL;
}

/* False: told. */
static bool takes_apart(struct flow_request *r, const char *s, size_t n)
{
    struct flow__pair **last = &r->arguments;
    const char *end = s + n;
    size_t there = 0;

    for (; *last != NULL; there++)
        last = &(*last)->next;
    while (s < end && last != NULL) {
        const char *amp = memchr(s, '&', (size_t)(end - s));
        size_t size = (size_t)((amp != NULL ? amp : end) - s);

        if (size > 0)
            last = ++there <= MOST ? add(r, last, s, size) : refuse_more(r);
        s += size + 1;
    }
    return last != NULL;
}

static bool splits_query(struct flow_request *r)
{
    if (r->split)
        return true;
    r->split = true;
    return r->query == NULL || takes_apart(r, r->query, strlen(r->query));
}

const char *flow_request_argument(flow_request *r, const char *name)
{
    const struct flow__pair *p;

    if (!splits_query(r))
        return NULL;
    p = r->arguments;
    while (p != NULL && strcmp(p->name, name) != 0)
        p = p->next;
    return p != NULL ? p->value : NULL;
}

static bool is_form(const struct flow_request *r)
{
    const char *type = flow_request_header(r, "Content-Type");
    size_t n;

    if (type == NULL)
        return false;
    n = strcspn(type, "; ");
    return n == strlen(form_type) && strncasecmp(type, form_type, n) == 0;
}

bool flow_request_form(flow_gen *self, flow_request *r)
{
    flow_stage *whole;
    flow_value v;
    bool taken = false;

    if (!is_form(r)) {
        flow_fail(self, FLOW_EHTTP, 415, "a form must be %s", form_type);
        return false;
    }
    if (!splits_query(r))
        return false;
    whole = flow_join(flow_request_body(r), (size_t)r->allowed);
    if (flow_next(self, whole, &v)) {
        size_t n;
        const char *s = flow_chars(&v, &n);

        taken = takes_apart(r, s, n);
        flow_drop(v);
    }
    flow_close(whole);
    return taken;
}
