/* SPDX-License-Identifier: MIT */
/* See request.h. What llhttp lets through is looked at once more where servers
 * are known to have read it differently. */
#include "request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const flow_error_class FLOW_EHTTP[1] = {{ "HTTPError", FLOW_EANY }};

/* ---- Memory -------------------------------------------------------------- */
struct flow__kept { struct flow__kept *next; size_t size; char bytes[]; };

char *flow__request_keep(struct flow_request *r, size_t size)
{
    struct flow__kept *k = flow_alloc(sizeof *k + size);

    if (k == NULL)
        return NULL;
    k->next = r->kept;
    k->size = size;
    r->kept = k;
    return k->bytes;
}

void flow__request_end(struct flow_request *r)
{
    flow_close(r->parts);
    r->parts = NULL;
    while (r->kept != NULL) {
        struct flow__kept *k = r->kept;

        r->kept = k->next;
        flow_free(k, sizeof *k + k->size);
    }
}

void flow__request_fail(struct flow_request *r, flow_value error)
{
    if (r->self != NULL)
        flow_raise(r->self, error);
    else
        flow_drop(error);
}

const char *flow__request_keep_text(struct flow_request *r, const char *s,
                                    size_t n)
{
    char *kept = flow__request_keep(r, n + 1);

    if (kept == NULL) {
        flow__request_fail(r, flow_error(FLOW_ENOMEM, 0,
                                         "no memory for a part of a request"));
        return NULL;
    }
    memcpy(kept, s, n);
    kept[n] = '\0';
    return kept;
}

/* ---- Escapes ------------------------------------------------------------- */
/* -1: it is none. */
static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte behind a '%'; -1: there is none, or it is a zero. */
static int escaped(const char *from, size_t n)
{
    int high = n >= 3 ? digit_of(from[1]) : -1;
    int low = n >= 3 ? digit_of(from[2]) : -1;

    return high < 0 || low < 0 || high + low == 0 ? -1 : 16 * high + low;
}

ssize_t flow__unescape(char *to, const char *from, size_t n, bool plus)
{
    char *begin = to;

    while (n > 0) {
        size_t used = *from == '%' ? 3 : 1;
        int c = used == 3 ? escaped(from, n) : *from;

        if (c == -1 || c == 0)
            return -1;
        *to++ = plus && c == '+' && used == 1 ? ' ' : (char)c;
        from += used;
        n -= used;
    }
    return to - begin;
}

/* ---- The target ---------------------------------------------------------- */
static bool refuse(struct flow_request *r, int status, const char *why)
{
    r->parser->status = status;
    r->parser->why = why;
    return false;
}

/* Whether it names the same for everyone who may read it. */
static bool is_plain_path(const char *path)
{
    for (const char *s = path; *s != '\0'; s++)
        if ((unsigned char)*s < ' ' || *s == '\\' || *s == 127)
            return false;
    while (*path == '/') {
        size_t size = strcspn(++path, "/");

        if ((size == 0 && *path == '/')
            || (size == 1 && *path == '.')
            || (size == 2 && path[0] == '.' && path[1] == '.'))
            return false;
        path += size;
    }
    return *path == '\0';
}

/* One that is escaped would be taken for one that is not. */
static bool has_hidden_slash(const char *s, size_t n)
{
    for (size_t i = 0; i + 2 < n; i++)
        if (s[i] == '%' && s[i + 1] == '2'
            && (s[i + 2] == 'F' || s[i + 2] == 'f'))
            return true;
    return false;
}

/* Most paths have no escapes, and stay where they are. */
static bool has_path_unescaped(struct flow_request *r)
{
    size_t n = strlen(r->path);
    char *path;
    ssize_t size;

    if (strchr(r->path, '%') == NULL)
        return true;
    path = flow__request_keep(r, n + 1);
    if (path == NULL)
        return refuse(r, 503, "no memory for the path");
    size = has_hidden_slash(r->path, n) ? -1
         : flow__unescape(path, r->path, n, false);
    if (size < 0)
        return refuse(r, 400, "the path has an escape that is not allowed");
    path[size] = '\0';
    r->path = path;
    return true;
}

/* Of "http://host/path" the part from the path on. */
static const char *without_authority(const char *target)
{
    if (*target == '/')
        return target;
    if (strncasecmp(target, "http://", 7) == 0)
        target += 7;
    else if (strncasecmp(target, "https://", 8) == 0)
        target += 8;
    else
        return target;
    if (*target == '/')
        return "";                          /* it names nobody              */
    target += strcspn(target, "/?");
    return *target == '\0' ? "/" : target;
}

static bool takes_target(struct flow_request *r)
{
    const char *target = r->parser->head + r->parser->target;
    char *query;

    for (const char *s = target; *s != '\0'; s++)
        if (*s <= ' ' || *s == 127)
            return refuse(r, 400, "the target has a character that must be "
                                  "escaped");
    if (strcmp(target, "*") == 0 && strcmp(r->method, "OPTIONS") == 0) {
        r->path = "*";
        return true;
    }
    target = without_authority(target);
    if (*target != '/')
        return refuse(r, 400, "the target is no path");
    if (strchr(target, '#') != NULL)
        return refuse(r, 400, "the target has a fragment");
    query = strchr(target, '?');
    if (query != NULL) {
        *query = '\0';
        r->query = query + 1;
    }
    r->path = target;
    return has_path_unescaped(r)
        && (is_plain_path(r->path)
            || refuse(r, 400, "the path is not plain"));
}

/* ---- Headers that say where it ends, and whose it is --------------------- */
static bool is_host(const char *s)
{
    for (; *s != '\0'; s++)
        if (!((*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'z')
              || (*s >= 'A' && *s <= 'Z')
              || strchr("-._~!$&'()*+;=%:[]", *s) != NULL))
            return false;
    return true;
}

static bool is_number(const char *s)
{
    return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

static bool is_framed_well(struct flow_request *r)
{
    size_t lengths, codings;
    const char *length = flow__parser_find(r->parser, "Content-Length",
                                           &lengths);
    const char *coding = flow__parser_find(r->parser, "Transfer-Encoding",
                                           &codings);

    if (lengths + codings > 1)
        return refuse(r, 400, "the length is said twice");
    if (length != NULL && !is_number(length))
        return refuse(r, 400, "the length is no number");
    if (coding != NULL && r->parser->llhttp.http_minor == 0)
        return refuse(r, 400, "HTTP/1.0 has no codings");
    if (coding != NULL && strcasecmp(coding, "chunked") != 0)
        return refuse(r, 501, "no coding but chunked is known");
    return true;
}

static bool has_host(struct flow_request *r)
{
    size_t n;
    const char *host = flow__parser_find(r->parser, "Host", &n);

    if (n > 1 || (n == 0 && r->parser->llhttp.http_minor > 0))
        return refuse(r, 400, "there must be one host");
    return host == NULL || is_host(host)
        || refuse(r, 400, "the host is malformed");
}

static bool is_expected(struct flow_request *r)
{
    size_t n;
    const char *expects = flow__parser_find(r->parser, "Expect", &n);

    if (expects != NULL && strcasecmp(expects, "100-continue") != 0)
        return refuse(r, 417, "only 100-continue may be expected");
    r->expects = expects != NULL && r->has_body
              && r->parser->llhttp.http_minor > 0;
    return true;
}

/* For the log: it may be written when the connection has gone. */
static bool keeps_peer(struct flow_request *r)
{
    const char *peer = flow_peer(r->received);

    if (r->site->o.log == NULL)
        return true;
    r->peer = flow__request_keep(r, strlen(peer) + 1);
    if (r->peer == NULL)
        return refuse(r, 503, "no memory for the peer's name");
    strcpy(r->peer, peer);
    return true;
}

bool flow__request_begin(struct flow_request *r)
{
    const llhttp_t *l = &r->parser->llhttp;

    r->method = llhttp_method_name(l->method);
    r->head_only = l->method == HTTP_HEAD;
    r->has_body = !r->parser->complete;
    r->allowed = r->site->o.longest_body;
    if (l->http_major != 1 || l->http_minor > 1)
        return refuse(r, 505, "only HTTP/1.0 and 1.1 are spoken");
    return is_framed_well(r) && has_host(r) && takes_target(r)
        && is_expected(r) && keeps_peer(r);
}

/* ---- Looking ------------------------------------------------------------- */
const char *flow_request_method(const flow_request *r)
{
    return r->method;
}

const char *flow_request_path(const flow_request *r)
{
    return r->path;
}

const char *flow_request_rest(const flow_request *r)
{
    return r->rest;
}

const char *flow_request_query(const flow_request *r)
{
    return r->query;
}

const char *flow_request_peer(const flow_request *r)
{
    return r->peer != NULL ? r->peer : flow_peer(r->received);
}

const char *flow_request_header(const flow_request *r, const char *name)
{
    size_t n;

    return flow__parser_find(r->parser, name, &n);
}

/* ---- Cookies ------------------------------------------------------------- */
const char *flow_request_cookie(flow_request *r, const char *name)
{
    const char *s = flow_request_header(r, "Cookie");
    size_t size = strlen(name);

    while (s != NULL && *s != '\0') {
        size_t n = strcspn(s, ";");

        if (n > size && memcmp(s, name, size) == 0 && s[size] == '=')
            return flow__request_keep_text(r, s + size + 1, n - size - 1);
        s += n;
        s += strspn(s, "; ");
    }
    return NULL;
}
