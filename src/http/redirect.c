/* SPDX-License-Identifier: MIT */
/* Redirects. Browsers read some characters of a place in their own way: tabs
 * and ends of lines are left out, a backslash is a slash. So those are refused
 * or escaped, and what begins with a slash cannot lead to another host. */
#include "redirect.h"

#include "answer.h"

#include <string.h>
#include <strings.h>

#define LETTERS                                                              \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
static const char of_paths[] = LETTERS "!$&'()*+,;=:@/";
static const char of_places[] = LETTERS "!$&'()*+,;=:@/?#[]";

/* ---- Escapes ------------------------------------------------------------- */
static bool is_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')
        || (c >= 'A' && c <= 'F');
}

static bool is_escape(const char *s)
{
    return s[0] == '%' && is_digit(s[1]) && is_digit(s[2]);
}

/* Writes s with escapes for all that is not in `plain`; its end. `to` has room
 * for three times as much. */
static char *escape(char *to, const char *s, const char *plain, bool is_escaped)
{
    static const char digits[] = "0123456789ABCDEF";

    for (; *s != '\0'; s++)
        if (strchr(plain, *s) != NULL || (is_escaped && is_escape(s))) {
            *to++ = *s;
        } else {
            *to++ = '%';
            *to++ = digits[(unsigned char)*s >> 4];
            *to++ = digits[*s & 15];
        }
    *to = '\0';
    return to;
}

/* NULL: told. */
static char *room_for(struct flow_request *r, size_t size)
{
    char *room = flow__request_keep(r, size);

    if (room == NULL)
        flow__request_fail(r, flow_error(FLOW_ENOMEM, 0,
                                         "no memory for a redirect"));
    return room;
}

/* ---- Where to ------------------------------------------------------------ */
static bool has_control(const char *s)
{
    while ((unsigned char)*s >= ' ' && *s != 127)
        s++;
    return *s != '\0';
}

/* A path of this site, something beside this page, or another site of the web.
 */
static bool is_place(const char *to)
{
    size_t n = strcspn(to, ":/?#");

    if (*to == '\0' || has_control(to) || strncmp(to, "//", 2) == 0)
        return false;
    return to[n] != ':' || strncasecmp(to, "http://", 7) == 0
        || strncasecmp(to, "https://", 8) == 0;
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307
        || status == 308;
}

static void yield_link(flow_gen *self, int status, const char *to)
{
    flow_value link = flow_html(to);
    size_t n;
    const char *s = flow_chars(&link, &n);

    if (s != NULL)
        flow_yield(self, flow_textf("<!DOCTYPE html>\n<title>%s</title>\n"
                                    "<p>It is at <a href=\"%.*s\">%.*s</a>.\n",
                                    flow__status_says(status), (int)n, s,
                                    (int)n, s));
    else
        flow_raise(self, flow_share(link));
    flow_drop(link);
}

void flow_answer_redirect(flow_gen *self, flow_request *r, int status,
                          const char *to)
{
    char *escaped;

    if (!is_redirect(status)) {
        flow_fail(self, FLOW_EINVAL, 0, "%d is no status of a redirect: 301, "
                  "302, 303, 307 and 308 are", status);
        return;
    }
    if (!is_place(to)) {
        flow_fail(self, FLOW_EINVAL, 0, "one can be redirected to a path, and "
                  "to http: or https:, but not to '%s'", to);
        return;
    }
    escaped = room_for(r, 3 * strlen(to) + 1);
    if (escaped == NULL)
        return;
    escape(escaped, to, of_places, true);
    flow_answer_status(r, status);
    flow_answer_header(r, "Location", "%s", escaped);
    flow_answer_header(r, "Content-Type", "text/html; charset=utf-8");
    yield_link(self, status, escaped);
}

void flow__answer_slash(flow_gen *self, flow_request *r)
{
    size_t query = r->query != NULL ? strlen(r->query) + 1 : 0;
    char *to = room_for(r, 3 * strlen(r->path) + 2 + query);
    char *end;

    if (to == NULL)
        return;
    end = stpcpy(escape(to, r->path, of_paths, false), "/");
    if (query > 0)
        strcpy(stpcpy(end, "?"), r->query);
    flow_answer_redirect(self, r, 301, to);
}
