/* SPDX-License-Identifier: MIT */
/* Pages that are made step by step, by generators.
 *
 *     #include <flow/http.h>
 *     #include <flow/reactor.h>
 *     #include <signal.h>
 *
 *     static void hello(flow_gen *self, flow_request *r, void *arg)
 *     {
 *         flow_yield(self, "Hello, ");
 *         flow_cooperate(self, 1.5);
 *         flow_yield(self, "world!\n");
 *     }
 *
 *     int main(void)
 *     {
 *         flow_host_use(flow_uv_host());
 *         flow_site *site = flow_site_new(NULL);
 *         flow_site_add(site, "/hello", hello, NULL);
 *         flow_deferred *service = flow_serve(":8081", flow_http, site, NULL);
 *         flow_drop(flow_block_all(flow_take(flow_signals(SIGINT), 1)));
 *         flow_drain(service, 10);                     Ctrl-C: no more come,
 *         flow_site_drain(site);                       who waits is answered
 *         flow_loop();
 *         flow_release(service);
 *         flow_site_release(site);
 *         flow_uv_close();
 *     }
 *
 * A server is a protocol (see net.h): it makes the bytes to be sent from those
 * received. So it serves wherever bytes flow, and a test needs no socket:
 *
 *     flow_http(flow_once(flow_of("GET /hello HTTP/1.0\r\n\r\n")), site)
 *
 * Promises:
 *
 *   Pull    A page is asked for more when the client has taken what was before.
 *           What it yields is sent when it is yielded, or, of a page that is
 *           ready whole, all at once and with its length.
 *   Order   A connection's requests are answered one after the other.
 *   Fail    A page that fails before anything of it was sent becomes a page of
 *           that error. After that the connection is reset: nobody shall take a
 *           part for the whole.
 *   Close   A client that breaks off closes its page. One that ends its side
 *           may still listen; a page that then has nothing to say for a while
 *           (see `gone`) is closed as well. To see that, one piece of what
 *           comes behind a request is read while its page waits; what comes
 *           behind that piece is not, nor seen is who goes then.
 *   Strict  A request that is not just as RFC 9112 has it is refused, and its
 *           connection ended: two servers that read it differently would
 *           disagree where the next one begins.
 *   Bound   What a request may be long, and how slow its client, is said in the
 *           options of its site: who is slower is left. How many connections
 *           there may be, in all and of one client, is said to flow_serve
 *           (`most` and `most_per_peer`). One that waits for a request holds
 *           nothing of the last, and costs less than 4 KiB.
 *
 *   Gzip    Text is compressed for a client that asks for it, if it is 1000
 *           bytes or of no known length, and a page that waits is flushed, so
 *           that it still grows as it is made. That takes 40 KiB as long as the
 *           page lasts. It is left alone if it says Content-Encoding,
 *           Content-Range, or Cache-Control: no-transform. This a page should
 *           say that shows a secret beside what a stranger may have put there:
 *           how well it compresses tells something of the secret.
 *
 * Refused are requests with more than one length or coding, without their one
 * host, with escapes that hide a slash or a zero, with "//", "." or ".." in
 * their path. A site belongs to one thread. */
#ifndef FLOW_HTTP_H
#define FLOW_HTTP_H

#include <flow/net.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct flow_site    flow_site;
typedef struct flow_request flow_request;   /* and what is answered to it   */

/* A failure that is told to the client as it is; its code is the status, from
 * 400 to 599. Any other failure of a page is status 500, and its reason goes to
 * the site's `failed`. */
extern const flow_error_class FLOW_EHTTP[1];

/* ---- Sites --------------------------------------------------------------- */
/* A field left 0 or NULL means the default. Sizes are in bytes, times in
 * seconds. */
typedef struct flow_site_options {
    size_t longest_target;      /* path and query: 8000                     */
    size_t longest_head;        /* request line and headers: 16384          */
    size_t most_headers;        /* 100                                      */
    size_t longest_body;        /* 1048576; see flow_request_allow          */
    double idle;                /* until the next request begins: 60        */
    double head;                /* from its begin to the end of its head: 20 */
    double body;                /* that 65536 bytes of its body, or what is left
                                   of it, may be waited for: 30             */
    double answer;              /* that the client may take for 65536 bytes of
                                   an answer, or what is left of it: 60     */
    double gone;                /* that a page may wait, without sending, when
                                   its client has ended its side: 5         */
    bool plain;                 /* text is never compressed                 */
    /* A request was answered, or its client has gone: a line in the combined
     * format, without its end, borrowed. */
    void (*log)(const char *line, void *arg);
    /* A page has failed with something that is not the client's business, and
     * before anything of it was sent. NULL: it is reported, with its trace. A
     * failure after that is the connection's, see flow_service_options. */
    void (*failed)(const flow_value *error, const flow_request *r, void *arg);
    void *arg;                  /* for both; borrowed                       */
} flow_site_options;

/* A site without pages; o may be NULL, and is copied. It is counted, by each
 * connection too. Without memory it is NULL, which every call takes; a site
 * that lacks memory for a page fails all its connections. */
flow_site *flow_site_new(const flow_site_options *o);
void       flow_site_release(flow_site *site);

/* Ends its connections in peace: those that wait for a request at once, others
 * when they have answered the one they are at. With flow_drain before it, that
 * ends a server without breaking off an answer. A connection that begins after
 * it ends at once. */
void flow_site_drain(flow_site *site);

/* A page is a generator that yields text and bytes. */
typedef void flow_page(flow_gen *self, flow_request *r, void *arg);

/* Adds a page, instead of the one that was there. `where` is a path, "/random",
 * perhaps behind a method, "POST /form"; without one it is for GET, and a HEAD
 * is always answered as its GET would be. A path that ends with a star,
 * "/users/" and then the star, is for all below it, where there is no longer
 * one. Other methods of a path are refused with 405, other paths with 404, and
 * OPTIONS says what there is. Both pointers are borrowed. */
void flow_site_add(flow_site *site, const char *where, flow_page *page,
                   void *arg);

/* The server: a flow_protocol, whose arg is the site. */
flow_stage *flow_http(flow_stage *received, void *site);

/* ---- What a page asks of its request ----------------------------------------
 * Strings are borrowed until the page has ended; NULL: there is none. */
const char *flow_request_method(const flow_request *r);
const char *flow_request_path(const flow_request *r);   /* without escapes  */
const char *flow_request_rest(const flow_request *r);   /* what the star stands
                                                           for, or ""       */
const char *flow_request_query(const flow_request *r);  /* as it came       */
const char *flow_request_peer(const flow_request *r);   /* as flow_peer     */

/* A header, whose name may be written in any case. Of several the first. */
const char *flow_request_header(const flow_request *r, const char *name);
const char *flow_request_cookie(flow_request *r, const char *name);

/* An argument of the query, and after flow_request_form of the form. Of several
 * the first. A query that is malformed, or more than 1000 arguments, fail the
 * page with 400. */
const char *flow_request_argument(flow_request *r, const char *name);

/* Reads a form that was posted, as application/x-www-form-urlencoded or as
 * multipart/form-data without files. False: it is none, or was not to be had,
 * and the page fails. May suspend. */
bool flow_request_form(flow_gen *self, flow_request *r);

/* The body, as bytes: once, and yours to close. It fails with FLOW_EHTTP when it
 * is malformed, cut off, too long or too slow, and after the page has ended. What a page leaves
 * is thrown away, or ends the connection if it is much. */
flow_stage *flow_request_body(flow_request *r);

/* Allows a body of so many bytes, instead of the site's longest. */
void flow_request_allow(flow_request *r, size_t bytes);

/* ---- Uploads ----------------------------------------------------------------
 * A form that may have files (multipart/form-data) comes in parts, one for each
 * field and file. They are read instead of the body, one after the other:
 *
 *     static void upload(flow_gen *self, flow_request *r, void *arg)
 *     {
 *         flow_part *part;
 *         flow_request_allow(r, 100 << 20);
 *         while ((part = flow_request_next_part(self, r)) != NULL)
 *             if (flow_part_filename(part) == NULL)
 *                 ... flow_part_text(self, part) ...
 *             else
 *                 save(self, flow_part_body(part));
 *         flow_yield(self, "Thank you.\n");
 *     }
 *
 * One that is malformed fails the page with 400; with 413, if it has more than
 * 1000 parts, or 8192 bytes in the head of one. */
typedef struct flow_part flow_part;

/* The next part, borrowed until the one after it is asked for; what is left of
 * the one before is skipped. NULL: there are no more, or the page fails. May
 * suspend. */
flow_part *flow_request_next_part(flow_gen *self, flow_request *r);

/* These are borrowed as the part is. The name is that of the field in the form.
 */
const char *flow_part_name(const flow_part *p);

/* What the client calls the file: NULL: it is a field and no file; "": a form
 * was sent without choosing one. IT IS NO PATH. It may be "../../etc/passwd",
 * "C:\\CON" or "a;b": show it, keep it, but store the file under a name of
 * yours. */
const char *flow_part_filename(const flow_part *p);

/* A header of the part, whose name may be written in any case: the type that
 * the client believes the file to be is "Content-Type". NULL: there is none. */
const char *flow_part_header(const flow_part *p, const char *name);

/* The body of a part, as bytes: once. It is never held whole: its values are
 * slices of what was received. It fails as the body of a request does, and when
 * the part is over. */
flow_stage *flow_part_body(flow_part *p);

/* The whole body of a field, borrowed until the page has ended. The texts of a
 * request may have as many bytes, together, as the site's longest_body; beyond
 * that, and with a zero in one, the page fails. NULL: it does. May suspend. */
const char *flow_part_text(flow_gen *self, flow_part *p);

/* ---- What it answers --------------------------------------------------------
 * Before the first piece is yielded; later, and with anything that cannot be
 * said in HTTP, these fail the page. When it fails by FLOW_EHTTP, its headers
 * are those of the error (WWW-Authenticate, Set-Cookie, ...), but for what is
 * about the page that there is not: Cache-Control, Expires, ETag,
 * Last-Modified, and those of its content. */
void flow_answer_status(flow_request *r, int status);   /* default: 200     */

/* A header, as printf writes it. Replaces one of that name, except Set-Cookie.
 * By default text is HTML and bytes are a stream of octets. With a
 * Content-Length, the page must be just so long. Date, Connection and
 * Transfer-Encoding are the server's. */
void flow_answer_header(flow_request *r, const char *name, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

/* Says when it was last changed, in seconds since 1970: Last-Modified. A second
 * that is not over is not said: another change in it would not be seen. */
void flow_answer_modified(flow_request *r, int64_t when);

/* Text as HTML shows it, between tags and between quotes: a C string, or a text
 * or bytes, which it takes. Whatever comes from elsewhere goes through it:
 *
 *     flow_yield(self, "<p>Hello ");
 *     flow_yield(self, flow_html(name));
 */
flow_value flow_html(flow_value text);

/* Yields a page with a link to where the client is to go. The status is 301,
 * 302, 303 (by GET), 307 or 308. What begins with a slash stays on this site,
 * with "?" or a name it is beside this page, and any other begins with http://
 * or https://; all else, so "//host" too, fails the page. What must be escaped
 * is, but escapes stay. */
void flow_answer_redirect(flow_gen *self, flow_request *r, int status,
                          const char *to);

/* ---- Events -----------------------------------------------------------------
 * A page that goes on telling its browser, which reads it by an EventSource:
 *
 *     static void clock(flow_gen *self, flow_request *r, void *arg)
 *     {
 *         flow_answer_events(self, r, flow_map(flow_ticks(1), as_text, NULL));
 *     }
 *
 * Answers with what `events` gives, which it takes and closes: an event is a
 * text, or a tuple (event, data) or (event, data, id) of texts, of which event
 * and id may be NONE. Whatever ends a line in the data is there a line feed; in
 * event and id it fails the page, as a failure of `events` does. Each is sent
 * when it comes, and a comment after 15 seconds in which none has come, so that
 * a client that has gone is noticed. Returns when they have ended, or the
 * client has gone; a browser then soon asks again. May suspend. */
void flow_answer_events(flow_gen *self, flow_request *r, flow_stage *events);

/* The id of the last event that a browser got which asks again: what came after
 * that is to be sent. NULL: it is new. */
const char *flow_request_last_event_id(const flow_request *r);

/* ---- What the client has already --------------------------------------------
 * A page that says an ETag, or Last-Modified, is not sent again to who has it:
 * If-None-Match, If-Modified-Since, If-Match and If-Unmodified-Since of a GET
 * with status 200 are looked at when its first piece is yielded. Does one not
 * hold, then the answer is 304 or 412, and the page is closed. */

/* Whether they hold for what is said so far, of any method: for a page that
 * would work long, and for one that changes something, which must know before.
 * False: the page has only to return, and it is answered so.
 *
 *     flow_answer_header(r, "ETag", "\"%d\"", note->version);
 *     if (flow_request_holds(r))
 *         ... change it ...
 *
 * What has neither header is not there yet: so "If-None-Match: *" makes, and
 * does not replace. */
bool flow_request_holds(flow_request *r);

/* ---- Files ------------------------------------------------------------------
 * They are read as those of file.h are, in threads that have a host of libuv,
 * 65536 bytes at a time; but what the kernel has in memory at once. What was
 * opened is what is sent; a file that gets shorter meanwhile resets the
 * connection. Their type is that of the ending of their name, unless the page
 * says one; they have an ETag, and are sent in parts to who asks for some
 * (Range, If-Range), at most 16 at once. */

/* Adds the files below a directory: of "/static/" and a star, the star is the
 * path there. Both are borrowed. A path that ends with a slash is the file
 * "index.html" there; to one without, that is a directory, the client is
 * redirected. What begins with a dot, is no file, or is reached by a symbolic
 * link out of the directory, is not found (404); what may not be read is
 * forbidden (403). */
void flow_site_add_files(flow_site *site, const char *where,
                         const char *directory);

/* The same in a page, which may say headers before, or see who asks. Yields the
 * whole answer. */
void flow_answer_files(flow_gen *self, flow_request *r, const char *directory);

/* Yields a file: any, whose path must not be made of what a client has sent. It
 * has a status other than 200 only if the page says so, and is then sent whole:
 * an error with a page of its own. */
void flow_answer_file(flow_gen *self, flow_request *r, const char *path);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#define flow_html(text)         flow_html(flow_of(text))
#define flow_http(...)          flow_made(flow_http(__VA_ARGS__), FLOW_HERE)
#define flow_request_body(r)    flow_made(flow_request_body(r), FLOW_HERE)
#define flow_part_body(p)       flow_made(flow_part_body(p), FLOW_HERE)

#endif
