/* SPDX-License-Identifier: MIT */
/* See answer.h. */
#include "answer.h"
#include "grammar.h"

#include "tag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *flow__status_says(int status)
{
    static const struct { int status; const char *says; } all[] = {
        { 101, "Switching Protocols" },
        { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" },
        { 204, "No Content" }, { 205, "Reset Content" },
        { 206, "Partial Content" }, { 301, "Moved Permanently" },
        { 302, "Found" }, { 303, "See Other" }, { 304, "Not Modified" },
        { 307, "Temporary Redirect" }, { 308, "Permanent Redirect" },
        { 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" },
        { 404, "Not Found" }, { 405, "Method Not Allowed" },
        { 406, "Not Acceptable" }, { 408, "Request Timeout" },
        { 409, "Conflict" }, { 410, "Gone" }, { 411, "Length Required" },
        { 412, "Precondition Failed" }, { 413, "Content Too Large" },
        { 414, "URI Too Long" }, { 415, "Unsupported Media Type" },
        { 416, "Range Not Satisfiable" }, { 417, "Expectation Failed" },
        { 422, "Unprocessable Content" }, { 426, "Upgrade Required" },
        { 428, "Precondition Required" }, { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" }, { 501, "Not Implemented" },
        { 502, "Bad Gateway" }, { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" }, { 505, "HTTP Version Not Supported" }
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].status == status)
            return all[i].says;
    return "Other";
}

bool flow__status_has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

/* ---- What a page says ---------------------------------------------------- */
static void fail(struct flow_request *r, const char *why, const char *what)
{
    flow__request_fail(r, flow_error(FLOW_EINVAL, 0, "%s: %s", why, what));
}

void flow_answer_status(flow_request *r, int status)
{
    if (r->begun)
        fail(r, "it is too late for the status", flow__status_says(status));
    else if (status < 200 || status > 599)
        fail(r, "no status of an answer", "200 to 599 are");
    else
        r->status = status;
}

static bool is_token(const char *s)
{
    size_t n = flow__token_size(s);

    return n > 0 && s[n] == '\0';
}

static bool is_ours(const char *name)
{
    return strcasecmp(name, "Transfer-Encoding") == 0
        || strcasecmp(name, "Connection") == 0
        || strcasecmp(name, "Date") == 0;
}

static void takes_length(struct flow_request *r, const char *value)
{
    if (*value == '\0' || strlen(value) > 18
        || value[strspn(value, "0123456789")] != '\0')
        fail(r, "this is no length", value);
    else
        r->length = strtoll(value, NULL, 10);
}

/* Those that the server reads again. */
static bool is_well_formed(const char *name, const char *value)
{
    time_t when;

    if (strcasecmp(name, "ETag") == 0)
        return flow__tag_is(value);
    return strcasecmp(name, "Last-Modified") != 0
        || flow__date_read(value, &when);
}

const char *flow__answer_says(const struct flow_request *r, const char *name)
{
    const struct flow__pair *p = r->headers;

    while (p != NULL && strcasecmp(p->name, name) != 0)
        p = p->next;
    return p != NULL ? p->value : NULL;
}

static struct flow__pair *place_for(struct flow_request *r, const char *name)
{
    struct flow__pair **p = &r->headers;

    while (*p != NULL && (strcasecmp((*p)->name, name) != 0
                          || strcasecmp(name, "Set-Cookie") == 0))
        p = &(*p)->next;
    if (*p == NULL) {
        *p = (void *)flow__request_keep(r, sizeof **p);
        if (*p != NULL)
            **p = (struct flow__pair){ 0 };
    }
    return *p;
}

/* n: the bytes of what is to be written. */
static void add_header(struct flow_request *r, const char *name, size_t n,
                       const char *format, va_list args)
{
    char *kept = flow__request_keep(r, strlen(name) + n + 2);
    char *value = kept != NULL ? kept + strlen(name) + 1 : NULL;
    struct flow__pair *p;

    if (kept == NULL) {
        fail(r, "no memory for the header", name);
        return;
    }
    memcpy(kept, name, strlen(name) + 1);
    vsnprintf(value, n + 1, format, args);
    if (!flow__is_value(value)) {
        fail(r, "a header would go on in another line", name);
    } else if (!is_well_formed(name, value)) {
        fail(r, strcasecmp(name, "ETag") == 0
             ? "a tag is to be in double quotes" : "this is no date of HTTP",
             value);
    } else if (strcasecmp(name, "Content-Length") == 0) {
        takes_length(r, value);
    } else if ((p = place_for(r, kept)) == NULL) {
        fail(r, "no memory for the header", name);
    } else {
        p->name = kept;
        p->value = value;
    }
}

void flow_answer_header(flow_request *r, const char *name, const char *format,
                        ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (r->begun) {
        fail(r, "it is too late for the header", name);
    } else if (!is_token(name) || is_ours(name) || n < 0) {
        fail(r, "no header of a page", name);
    } else {
        va_start(args, format);
        add_header(r, name, (size_t)n, format, args);
        va_end(args);
    }
}

void flow_answer_modified(flow_request *r, int64_t when)
{
    char date[FLOW__DATE];

    if (when < 0 || when >= time(NULL))
        return;
    flow__date_write(date, when);
    flow_answer_header(r, "Last-Modified", "%s", date);
}

/* ---- The head ------------------------------------------------------------ */
/* Written to a place that mostly has room for it; otherwise it was measured so,
 * and is written again. Dates are all of one length. */
struct writer { char *to; size_t n, room; };

static void put_some(struct writer *w, const char *s, size_t n)
{
    if (w->n + n <= w->room)
        memcpy(w->to + w->n, s, n);
    w->n += n;
}

static void put(struct writer *w, const char *s)
{
    put_some(w, s, strlen(s));
}

static void put_number(struct writer *w, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    put_some(w, digits + at, sizeof digits - at);
}

static void put_header(struct writer *w, const char *name, const char *value)
{
    put(w, name);
    put(w, ": ");
    put(w, value);
    put(w, "\r\n");
}

/* What is compressed is not the same byte by byte, nor has it those parts. */
static void put_said(struct writer *w, const struct flow_request *r,
                     const struct flow__pair *p)
{
    if (r->compressed && strcasecmp(p->name, "Accept-Ranges") == 0)
        return;
    put(w, p->name);
    put(w, ": ");
    if (r->compressed && strcasecmp(p->name, "ETag") == 0
        && *p->value == '"')
        put(w, "W/");
    put(w, p->value);
    put(w, "\r\n");
}

static void put_coding(struct writer *w, const struct flow_request *r)
{
    if (r->compressed && flow__status_has_body(r->status))
        put_header(w, "Content-Encoding", "gzip");
    if (r->varies)
        put_header(w, "Vary", "Accept-Encoding");
}

/* Another protocol is spoken from now on, or would have to be. */
static bool is_of_upgrade(int status)
{
    return status == 101 || status == 426;
}

static void put_connection(struct writer *w, const struct flow_request *r,
                           bool keeps_alive)
{
    if (is_of_upgrade(r->status)) {
        put_header(w, "Upgrade", "websocket");
        put_header(w, "Connection", keeps_alive ? "Upgrade"
                                                : "close, Upgrade");
    } else if (!keeps_alive) {
        put_header(w, "Connection", "close");
    } else if (r->parser->llhttp.http_minor == 0) {
        put_header(w, "Connection", "keep-alive");
    }
    if (r->status == 426)
        put_header(w, "Sec-WebSocket-Version", "13");
}

static void put_framing(struct writer *w, const struct flow_request *r,
                        enum flow__framing f, bool keeps_alive)
{
    switch (f) {
    case FLOW__LENGTH:
        put(w, "Content-Length: ");
        put_number(w, (uint64_t)r->length);
        put(w, "\r\n");
        break;
    case FLOW__CHUNKED:
        put_header(w, "Transfer-Encoding", "chunked");
        break;
    case FLOW__NO_BODY: case FLOW__TO_THE_END:
        break;
    }
    put_connection(w, r, keeps_alive);
}

static void put_head(struct writer *w, const struct flow_request *r,
                     enum flow__framing f, bool keeps_alive, bool text)
{
    put(w, "HTTP/1.1 ");
    put_number(w, (uint64_t)r->status);
    put(w, " ");
    put(w, flow__status_says(r->status));
    put(w, "\r\n");
    put_header(w, "Date", flow__site_date(r->site));
    for (const struct flow__pair *p = r->headers; p != NULL; p = p->next)
        put_said(w, r, p);
    if (flow__status_has_body(r->status)
        && flow__answer_says(r, "Content-Type") == NULL)
        put_header(w, "Content-Type", text ? "text/html; charset=utf-8"
                                           : "application/octet-stream");
    put_coding(w, r);
    put_framing(w, r, f, keeps_alive);
    put(w, "\r\n");
}

flow_value flow__answer_head(struct flow_request *r, enum flow__framing f,
                             bool keeps_alive, bool text)
{
    char place[512];
    struct writer w = { place, 0, sizeof place };
    flow_value head;

    put_head(&w, r, f, keeps_alive, text);
    if (w.n <= sizeof place)
        return flow_bytes(place, w.n);
    w.room = w.n;
    head = flow_buffer(w.room, &w.to);
    if (w.to == NULL)
        return head;
    w.n = 0;
    put_head(&w, r, f, keeps_alive, text);
    return head;
}

/* ---- The log ------------------------------------------------------------- */
/* Nothing in it may look like the end of a line, or of a quotation. */
static void put_quoted(struct writer *w, size_t size, const char *s)
{
    for (; s != NULL && *s != '\0' && w->n + 5 < size; s++) {
        unsigned char c = (unsigned char)*s;
        bool plain = c >= ' ' && c < 127 && c != '"' && c != '\\';

        w->n += (size_t)snprintf(w->to + w->n, size - w->n,
                                 plain ? "%c" : "\\x%02x", c);
    }
}

static void put_cut(struct writer *w, size_t size, const char *s)
{
    size_t n = strlen(s), room = size - 1 - w->n;

    if (n > room)
        n = room;
    memcpy(w->to + w->n, s, n);
    w->n += n;
    w->to[w->n] = '\0';
}

static void put_request_line(struct writer *w, size_t size,
                             const struct flow_request *r)
{
    char version[16];

    if (*r->method == '\0')
        return;                             /* it was not understood        */
    put_quoted(w, size, r->method);
    put_cut(w, size, " ");
    put_quoted(w, size, r->parser->head + r->parser->target);
    if (r->query != NULL) {
        put_cut(w, size, "?");
        put_quoted(w, size, r->query);
    }
    snprintf(version, sizeof version, " HTTP/%d.%d",
             r->parser->llhttp.http_major, r->parser->llhttp.http_minor);
    put_cut(w, size, version);
}

void flow__answer_log(const struct flow_request *r, uint64_t sent, char *to,
                      size_t size)
{
    struct writer w = { to, 0, size };
    const char *peer = flow_request_peer(r);
    const char *referer = flow_request_header(r, "Referer");
    const char *agent = flow_request_header(r, "User-Agent");
    char middle[64];

    *to = '\0';
    put_quoted(&w, size / 4, *peer != '\0' ? peer : "-");
    put_cut(&w, size, " - - [");
    put_cut(&w, size, flow__site_log_date(r->site));
    put_cut(&w, size, "] \"");
    put_request_line(&w, size / 2, r);
    snprintf(middle, sizeof middle, "\" %d %llu \"", r->status,
             (unsigned long long)sent);
    put_cut(&w, size, middle);
    put_quoted(&w, size - size / 4, referer != NULL ? referer : "-");
    put_cut(&w, size, "\" \"");
    put_quoted(&w, size - 2, agent != NULL ? agent : "-");
    put_cut(&w, size, "\"");
}
