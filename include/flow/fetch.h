/* SPDX-License-Identifier: MIT */
/* What other sites answer: clients of HTTP, by libcurl.
 *
 * An answer is a stage: its first value is the head, the others are the bytes
 * of the body, as they come. This is a whole program:
 *
 *     #include <flow/fetch.h>
 *     #include <flow/reactor.h>
 *
 *     int main(void)
 *     {
 *         flow_host_use(flow_uv_host());
 *         flow_stage *page = flow_fetch_body(flow_fetch("http://example.org/",
 *                                                       NULL));
 *         flow_stage *lines = flow_lines(page);
 *         for (flow_value line; flow_block(lines, &line);)
 *             flow_print(stdout, line);
 *         if (flow_failure(lines) != NULL)
 *             flow_print_trace(stderr, flow_failure(lines));
 *         flow_close(lines);
 *         flow_uv_close();
 *     }
 *
 * Who wants to know more than the body reads the head himself, here inside a
 * generator:
 *
 *     flow_stage *answer = flow_fetch(url, NULL);
 *     flow_value head, piece;
 *     if (flow_next(self, answer, &head)) {
 *         printf("%d\n", flow_fetched_status(&head));
 *         flow_drop(head);
 *     }
 *     while (flow_next(self, answer, &piece)) ...
 *     flow_close(answer);
 *
 * Many at once, the bodies as they come:
 *
 *     static flow_stage *body_of(flow_value url, void *arg)
 *     {
 *         return flow_fetch_body(flow_fetch(url, NULL));
 *     }
 *
 *     flow_parallel_unordered(urls, 20, body_of, NULL)
 *
 * The first failure ends all of them; flow_trap around one makes it a value.
 *
 * To send what a stage gives, and once more when the peer has too much to do:
 *
 *     static flow_stage *post(void *job)
 *     {
 *         static const char *const headers[] = {
 *             "Content-Type: application/json", NULL
 *         };
 *         return flow_fetch_body(flow_upload("http://example.org/jobs",
 *             flow_generate(write_json, NULL, job),
 *             &(flow_fetch_options){ .headers = headers }));
 *     }
 *
 *     flow_retry(post, job, FLOW_EBUSY, 5, 0.5)
 *
 * Promises:
 *
 *   Pull    Nothing is fetched before somebody asks. An answer that is not
 *           asked for more is read ahead by 65536 bytes, and then stops its
 *           connection and no other.
 *   Bound   Besides that an answer holds what libcurl hands over at once, which
 *           are up to 100 pieces of 16384 bytes; mostly it is one. If they were
 *           packed they become more: at more than 64 MiB it fails. An upload
 *           holds up to 16 values. A thread has 64 connections, and 6 to one
 *           host. Who finds none free waits, and so an answer that is neither
 *           read nor closed keeps others waiting. They are kept and used again.
 *   End     An answer that was cut off is a failure, never an end: as long as
 *           it says where it ends, by a length, by chunks or by HTTP/2. One
 *           that does not, as in HTTP/1.0, ends with its connection.
 *   Close   At any moment, and without waiting; it breaks off that fetch alone.
 *   Strict  Only http: and https: are spoken, after a redirect as well.
 *           Passwords, and the headers Authorization and Cookie, are not told
 *           to another host that a redirect leads to.
 *
 * In TLS the peer must have a certificate of an authority that is trusted, and
 * HTTP/2 is spoken if both can, with one fetch to a connection: several in one
 * would hold each other up. Of the environment, http_proxy, https_proxy,
 * all_proxy, no_proxy and SSLKEYLOGFILE mean what they do for curl.
 *
 * Everything here is for threads whose host is one of libuv, see reactor.h; in
 * others it fails, as it does with any other error, when it is asked. Before
 * flow_uv_close, which ends the connections, close the stages. */
#ifndef FLOW_FETCH_H
#define FLOW_FETCH_H

#include <flow/flow.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ---- Fetching ------------------------------------------------------------ */
/* A field left 0 or NULL means the default. All is copied. */
typedef struct flow_fetch_options {
    const char *method;         /* GET; of an upload, POST                  */
    const char *const *headers; /* "Name: value", ..., NULL                 */
    size_t length;              /* bytes of an upload. 0: it is not known, and
                                   it goes in chunks                        */
    double connect;             /* seconds to find the host and connect: 30 */
    double idle;                /* seconds that the peer is waited for, in
                                   which nothing comes nor goes: 60         */
    double total;               /* seconds from the first ask to the end. 0:
                                   any number                               */
    size_t longest;             /* bytes of the body, unpacked. 0: any number;
                                   a head may have 65536                    */
    int redirects;              /* that are followed: 10. Negative: none    */
    bool packed;                /* the body as it was sent; default: asked for
                                   packed, and unpacked                     */
    bool http1;                 /* not HTTP/2                               */
    const char *proxy;          /* "http://proxy:3128". "": none. Default: of
                                   the environment                          */
    const char *authorities;    /* whom we believe, in PEM: a file's name, or
                                   the text. Default: those of this system  */
    bool unverified;            /* believes anyone: for trials              */
} flow_fetch_options;

/* The answer of that URL, a C string or a text, which is taken. A user and a
 * password may stand in it; what is not ASCII, and spaces, must be escaped. `o`
 * may be NULL. First comes the head, a BOX, then the body, BYTES. */
flow_stage *flow_fetch(flow_value url, const flow_fetch_options *o);

/* The same with a body, text and bytes that `sent` gives, which it takes. Like
 * any operator it goes on only while somebody asks. It is called
 * application/octet-stream if no header Content-Type says otherwise. A failure
 * of `sent` breaks it off, and is its failure. What has been sent is not kept:
 * if a peer wants to have it once more, it fails. */
flow_stage *flow_upload(flow_value url, flow_stage *sent,
                        const flow_fetch_options *o);

/* The body of an answer, which it takes. Fails with FLOW_ESTATUS when the
 * status is 400 or more. */
flow_stage *flow_fetch_body(flow_stage *answer);

/* ---- Heads ---------------------------------------------------------------
 * What they give is borrowed from the head. Of another value 0 or NULL. */
int flow_fetched_status(const flow_value *head);

/* A header, whose name may be written in any case. Of several the first; NULL:
 * there is none. Of a body that was unpacked, Content-Length is the length that
 * it had packed: who counts what is left, asks for it with `packed`. */
const char *flow_fetched_header(const flow_value *head, const char *name);

/* The n-th header, from 0 on, as "Name: value"; NULL: there are no more. */
const char *flow_fetched_line(const flow_value *head, size_t n);

/* Where it came from in the end, without password. */
const char *flow_fetched_url(const flow_value *head);

/* ---- Errors --------------------------------------------------------------
 * FLOW_EFETCH: it was not to be had; the code is a CURLE_... Derived from it:
 * FLOW_ESTATUS, the peer has refused, and the code is the status; of that,
 * FLOW_EBUSY, for now, with 429, 502, 503 or 504; FLOW_EUNTRUSTED, the peer's
 * certificate is not believed, and the code is an X509_V_ERR_... A time that is
 * over is FLOW_ETIMEOUT, a size FLOW_ELIMIT, and a name without an address
 * FLOW_ERESOLVE. What cannot be said in HTTP, such as a URL with a space or a
 * header with the end of a line, is FLOW_EINVAL, and nothing of it is sent. */
extern const flow_error_class FLOW_EFETCH[1];
extern const flow_error_class FLOW_ESTATUS[1];
extern const flow_error_class FLOW_EBUSY[1];
extern const flow_error_class FLOW_EUNTRUSTED[1];

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#define flow_fetch(url, ...)                                                 \
    flow_made(flow_fetch(flow_of(url), __VA_ARGS__), FLOW_HERE)
#define flow_upload(url, ...)                                                \
    flow_made(flow_upload(flow_of(url), __VA_ARGS__), FLOW_HERE)
#define flow_fetch_body(...)                                                 \
    flow_made(flow_fetch_body(__VA_ARGS__), FLOW_HERE)

#endif
