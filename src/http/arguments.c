/* SPDX-License-Identifier: MIT */
/* Arguments: of the query, taken apart when the first is asked for, and of
 * forms. */
#include "grammar.h"
#include "request.h"

#include <string.h>

enum { MOST = 1000 };       /* arguments: each takes more than its letters  */

static const char form_type[] = "application/x-www-form-urlencoded";
static const char upload_type[] = "multipart/form-data";

static void lacks_memory(struct flow_request *r)
{
    flow__request_fail(r, flow_error(FLOW_ENOMEM, 0,
                                     "no memory for an argument"));
}

static void refuse_more(struct flow_request *r)
{
    flow__request_fail(r, flow_error(FLOW_EHTTP, 400,
                                     "more than %d arguments", MOST));
}

/* NULL: told. */
static char *unescaped(struct flow_request *r, const char *s, size_t n)
{
    char *kept = flow__request_keep(r, n + 1);
    ssize_t size;

    if (kept == NULL) {
        lacks_memory(r);
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

/* Behind all others. False: told; a value that is NULL was. */
static bool add(struct flow_request *r, const char *name, const char *value)
{
    struct flow__pair *p;
    void *kept = NULL;

    if (r->argument_count == MOST)
        refuse_more(r);
    else if (value != NULL && (kept = flow__request_keep(r, sizeof *p)) == NULL)
        lacks_memory(r);
    if (kept == NULL)
        return false;
    r->argument_count++;
    p = kept;
    *p = (struct flow__pair){ .name = name, .value = value };
    if (r->last_argument != NULL)
        r->last_argument->next = p;
    else
        r->arguments = p;
    r->last_argument = p;
    return true;
}

/* NAME=VALUE. False: told. */
static bool takes_argument(struct flow_request *r, const char *s, size_t n)
{
    const char *equals = memchr(s, '=', n);
    size_t size = equals != NULL ? (size_t)(equals - s) : n;
    const char *name = unescaped(r, s, size);

    return name != NULL
        && add(r, name, equals == NULL ? ""
                        : unescaped(r, equals + 1, n - size - 1));
}

/* False: told. */
static bool takes_apart(struct flow_request *r, const char *s, size_t n)
{
    const char *end = s + n;
    bool taken = true;

    while (s < end && taken) {
        const char *amp = memchr(s, '&', (size_t)(end - s));
        size_t size = (size_t)((amp != NULL ? amp : end) - s);

        taken = size == 0 || takes_argument(r, s, size);
        s += size + 1;
    }
    return taken;
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

static bool is_of(const struct flow_request *r, const char *wanted)
{
    const char *type = flow_request_header(r, "Content-Type");

    return type != NULL && flow__behind_media(type, wanted) != NULL;
}

/* False: told. */
static bool takes_field(flow_gen *self, struct flow_request *r, flow_part *part)
{
    const char *name = flow_part_name(part);

    if (flow_part_filename(part) != NULL) {
        flow_fail(self, FLOW_EHTTP, 415, "this form takes no files");
        return false;
    }
    name = flow__request_keep_text(r, name, strlen(name));
    return name != NULL && add(r, name, flow_part_text(self, part));
}

static bool takes_parts(flow_gen *self, struct flow_request *r)
{
    flow_part *part = flow_request_next_part(self, r);

    while (part != NULL && takes_field(self, r, part))
        part = flow_request_next_part(self, r);
    return part == NULL && self->waker != NULL;     /* it has not failed    */
}

bool flow_request_form(flow_gen *self, flow_request *r)
{
    flow_stage *whole;
    flow_value v;
    bool taken = false;

    if (!splits_query(r))
        return false;
    if (is_of(r, upload_type))
        return takes_parts(self, r);
    if (!is_of(r, form_type)) {
        flow_fail(self, FLOW_EHTTP, 415, "a form must be %s or %s", form_type,
                  upload_type);
        return false;
    }
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
