/* SPDX-License-Identifier: MIT */
/* See request.h. */
#include "request.h"

#include "words.h"

#include <flow/version.h>

#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

/* False: libcurl has no memory. */
#define set(...) (curl_easy_setopt(__VA_ARGS__) == CURLE_OK)

/* ---- What is said -------------------------------------------------------- */
static bool is_token(const char *s, size_t n)
{
    static const char may_be[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "!#$%&'*+-.^_`|~";

    return n > 0 && strspn(s, may_be) >= n;
}

static bool is_named(const char *line, const char *name)
{
    size_t n = strlen(name);

    return strncasecmp(line, name, n) == 0 && line[n] == ':';
}

/* Where the first byte stands that would end a line, or is no text. */
static const char *control_in(const char *s)
{
    for (; *s != '\0'; s++)
        if (((unsigned char)*s < ' ' && *s != '\t') || *s == 127)
            return s;
    return NULL;
}

/* A control is not repeated: an error may stand in a log. */
static flow_value unsayable(const char *what, const char *s, const char *at)
{
    return flow_error(FLOW_EINVAL, 0, "%s has the byte 0x%02X at %zu, which "
                      "cannot be sent", what, (unsigned)(unsigned char)*at,
                      (size_t)(at - s));
}

static flow_value check_header(const char *line)
{
    const char *control = control_in(line);
    size_t n = strcspn(line, ":");

    if (control != NULL)
        return unsayable("a header", line, control);
    if (line[n] == '\0' || !is_token(line, n))
        return flow_error(FLOW_EINVAL, 0, "'%.*s' is no name of a header, as "
                          "in \"Accept: text/html\"", (int)n, line);
    if (is_named(line, "Content-Length") || is_named(line, "Transfer-Encoding"))
        return flow_error(FLOW_EINVAL, 0, "the header %.*s is made of the "
                          "option `length`", (int)n, line);
    return flow_none();
}

static flow_value check_method(const char *method)
{
    const char *control = control_in(method);

    if (control != NULL)
        return unsayable("a method", method, control);
    if (!is_token(method, strlen(method)))
        return flow_error(FLOW_EINVAL, 0, "'%s' is no method of HTTP", method);
    return flow_none();
}

static flow_value check_url(const char *what, const char *url)
{
    for (const char *s = url; *s != '\0'; s++)
        if (*s <= ' ' || *s > '~')
            return flow_error(FLOW_EINVAL, 0, "%s has the byte 0x%02X at %zu: "
                              "it must be written as %%%02X", what,
                              (unsigned)(unsigned char)*s, (size_t)(s - url),
                              (unsigned)(unsigned char)*s);
    return flow_none();
}

static flow_value check(const char *url, const flow_fetch_options *o)
{
    flow_value wrong = check_url("the URL to fetch", url);

    if (!flow_is_failure(wrong) && o->proxy != NULL)
        wrong = check_url("the URL of the proxy", o->proxy);
    if (!flow_is_failure(wrong) && o->method != NULL)
        wrong = check_method(o->method);
    for (size_t i = 0; o->headers != NULL && o->headers[i] != NULL
                       && !flow_is_failure(wrong); i++)
        wrong = check_header(o->headers[i]);
    return wrong;
}

static bool has_header(const flow_fetch_options *o, const char *name)
{
    for (size_t i = 0; o->headers != NULL && o->headers[i] != NULL; i++)
        if (is_named(o->headers[i], name))
            return true;
    return false;
}

static bool add_header(struct flow__transfer *t, const char *line)
{
    struct curl_slist *longer = curl_slist_append(t->headers, line);

    if (longer != NULL)
        t->headers = longer;
    return longer != NULL;
}

/* libcurl leaves one out whose value is empty, unless it ends in ';'. */
static bool add_empty_header(struct flow__transfer *t, const char *line)
{
    flow_value v = flow_textf("%.*s;%c", (int)strcspn(line, ":"), line, '\0');
    bool added = !flow_is_failure(v) && add_header(t, flow_chars(&v, NULL));

    flow_drop(v);
    return added;
}

static bool is_empty(const char *line)
{
    line = strchr(line, ':') + 1;
    return line[strspn(line, " \t")] == '\0';
}

/* libcurl would call any body a form. */
static bool set_headers(struct flow__transfer *t, const flow_fetch_options *o,
                        bool uploads)
{
    bool added = has_header(o, "Content-Type")
              || add_header(t, uploads
                               ? "Content-Type: application/octet-stream"
                               : "Content-Type:");

    for (size_t i = 0; added && o->headers != NULL && o->headers[i] != NULL;
         i++)
        added = is_empty(o->headers[i]) ? add_empty_header(t, o->headers[i])
                                        : add_header(t, o->headers[i]);
    return added
        && set(t->job.easy, CURLOPT_HTTPHEADER, t->headers)
        && set(t->job.easy, CURLOPT_USERAGENT, "flow/" FLOW_VERSION);
}

/* ---- Methods ------------------------------------------------------------- */
static bool may_have_body(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0
        || strcmp(method, "PATCH") == 0;
}

/* A POST is libcurl's own, which becomes a GET where a redirect says so. */
static bool set_upload(struct flow__transfer *t, const char *method)
{
    CURL *e = t->job.easy;
    curl_off_t size = t->length > 0 ? (curl_off_t)t->length : -1;

    if (strcmp(method, "POST") == 0)
        return set(e, CURLOPT_POST, 1L)
            && set(e, CURLOPT_POSTFIELDSIZE_LARGE, size);
    return set(e, CURLOPT_UPLOAD, 1L)
        && set(e, CURLOPT_INFILESIZE_LARGE, size)
        && set(e, CURLOPT_CUSTOMREQUEST, method);
}

static bool set_method(struct flow__transfer *t, const flow_fetch_options *o,
                       bool uploads)
{
    const char *method = o->method != NULL ? o->method
                       : uploads ? "POST" : "GET";
    CURL *e = t->job.easy;

    if (uploads)
        return set_upload(t, method);
    if (strcmp(method, "GET") == 0)
        return true;
    if (strcmp(method, "HEAD") == 0)
        return set(e, CURLOPT_NOBODY, 1L);
    if (may_have_body(method) && !(set(e, CURLOPT_POSTFIELDSIZE, 0L)
                                   && set(e, CURLOPT_COPYPOSTFIELDS, "")))
        return false;
    return strcmp(method, "POST") == 0
        || set(e, CURLOPT_CUSTOMREQUEST, method);
}

/* ---- The rest ------------------------------------------------------------ */
/* Seconds in libcurl's milliseconds, of which 0 would be any number. */
static long milliseconds(double seconds)
{
    double ms = seconds * 1e3;

    return ms < 1 ? 1 : ms < INT_MAX ? (long)ms : INT_MAX;
}

static bool set_limits(struct flow__transfer *t, const flow_fetch_options *o)
{
    CURL *e = t->job.easy;

    t->idle = o->idle > 0 ? o->idle : 60;
    t->longest = o->longest;
    t->length = o->length;
    t->follows = o->redirects >= 0;
    return set(e, CURLOPT_CONNECTTIMEOUT_MS,
               milliseconds(o->connect > 0 ? o->connect : 30))
        && (!(o->total > 0)
            || set(e, CURLOPT_TIMEOUT_MS, milliseconds(o->total)))
        && set(e, CURLOPT_FOLLOWLOCATION, (long)t->follows)
        && set(e, CURLOPT_MAXREDIRS,
               o->redirects > 0 ? (long)o->redirects : 10L)
        && (o->packed || set(e, CURLOPT_ACCEPT_ENCODING, ""));
}

static bool set_authorities(CURL *e, const char *pem)
{
    struct curl_blob text = { .data = (void *)(uintptr_t)pem };

    text.len = strlen(pem);
    text.flags = CURL_BLOB_COPY;
    return set(e, CURLOPT_CAPATH, NULL)
        && (strstr(pem, "-----BEGIN") != NULL
            ? set(e, CURLOPT_CAINFO_BLOB, &text)
            : set(e, CURLOPT_CAINFO, pem));
}

static bool set_trust(CURL *e, const flow_fetch_options *o)
{
    return set(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2)
        && (o->authorities == NULL || set_authorities(e, o->authorities))
        && (!o->unverified || (set(e, CURLOPT_SSL_VERIFYPEER, 0L)
                               && set(e, CURLOPT_SSL_VERIFYHOST, 0L)));
}

/* No signals: they are the program's. A name that is being looked up is left
 * behind when its fetch is closed. */
static bool set_ways(CURL *e, const char *url, const flow_fetch_options *o)
{
    return set(e, CURLOPT_URL, url)
        && set(e, CURLOPT_PROTOCOLS_STR, "http,https")
        && set(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        && set(e, CURLOPT_NOSIGNAL, 1L)
        && set(e, CURLOPT_QUICK_EXIT, 1L)
        && set(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L)
        && set(e, CURLOPT_HTTP_VERSION, o->http1 ? CURL_HTTP_VERSION_1_1
                                                 : CURL_HTTP_VERSION_2TLS)
        && (o->proxy == NULL || set(e, CURLOPT_PROXY, o->proxy));
}

static bool set_all(struct flow__transfer *t, const char *url,
                    const flow_fetch_options *o, bool uploads)
{
    CURL *e = t->job.easy;

    return set_ways(e, url, o) && set_limits(t, o) && set_trust(e, o)
        && set_method(t, o, uploads) && set_headers(t, o, uploads)
        && flow__transfer_set_up(t);
}

/* ---- Making -------------------------------------------------------------- */
/* For the whole process, and for as long as it runs. */
static void begin_libcurl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct flow__transfer *flow__request(const char *url,
                                     const flow_fetch_options *o, bool uploads,
                                     flow_value *why)
{
    static pthread_once_t begun = PTHREAD_ONCE_INIT;
    static const flow_fetch_options none;
    struct flow__transfer *t;
    char *shown;

    pthread_once(&begun, begin_libcurl);
    o = o != NULL ? o : &none;
    *why = check(url, o);
    if (flow_is_failure(*why))
        return NULL;
    shown = flow__url_shown(url, why);
    if (shown == NULL)
        return NULL;
    t = flow__transfer_new();
    if (t == NULL) {
        curl_free(shown);
    } else {
        t->url = shown;
        if (set_all(t, url, o, uploads))
            return t;
        flow__transfer_close(t);
    }
    *why = flow_error(FLOW_ENOMEM, 0, "no memory to fetch");
    return NULL;
}
