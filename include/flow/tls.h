/* SPDX-License-Identifier: MIT */
/* TLS over any pair of byte stages, by OpenSSL.
 *
 * A protocol becomes one in TLS when another wraps it. This is a whole service;
 * it sends back what it gets:
 *
 *     #include <flow/net.h>
 *     #include <flow/reactor.h>
 *     #include <flow/tls.h>
 *
 *     static flow_stage *echo(flow_stage *received, void *arg)
 *     {
 *         return received;
 *     }
 *
 *     static flow_stage *secured(flow_stage *received, void *tls)
 *     {
 *         return flow_tls_accept(received, tls, echo, NULL);
 *     }
 *
 *     int main(void)
 *     {
 *         flow_host_use(flow_uv_host());
 *         flow_tls *tls = flow_tls_server(&(flow_tls_options){
 *             .chain = "chain.pem", .key = "key.pem" });
 *         flow_deferred *service = flow_serve("127.0.0.1:7777", secured, tls,
 *                                             NULL);
 *         flow_loop();
 *         flow_release(service);
 *         flow_tls_release(tls);
 *         flow_uv_close();
 *     }
 *
 * To a client a service in TLS is an operator over the bytes it sends, as one
 * in the clear is. How they get there is told by a function of its own:
 *
 *     static flow_stage *dial(flow_stage *sent, void *to)
 *     {
 *         return flow_connect(to, sent, NULL);
 *     }
 *
 *     flow_stage *answer = flow_tls_connect("example.org", request, tls, dial,
 *                                           "example.org:443");
 *
 * A dialer and a protocol are the same kind of function: from what one side
 * sends, it makes what that side gets. So a protocol is a connection in memory,
 * and flow_tls_connect("localhost", request, ours, secured, theirs) speaks TLS
 * with the service above without a socket.
 *
 * Promises that hold for both sides, besides those of net.h which hold for the
 * plain bytes as well:
 *
 *   Trust   A client believes only a certificate that an authority it trusts
 *           has signed, that is valid today, and that names the host. Nothing
 *           older than TLS 1.2 is spoken.
 *   Pull    Nothing is read before somebody asks for it, but for the handshake,
 *           which begins at the first ask. A protocol is made when it is over.
 *   Bound   A connection holds one piece of what its transport gave, one value
 *           to be sent, and one record of 16 KiB on its way, besides OpenSSL's
 *           20 KiB. What it hands on at once are at most 16384 bytes.
 *   End     The peer has said that it has sent all: the plain stage ends,
 *           sending goes on. All is sent: the peer is told so.
 *   Failure The transport ended without the peer having said so: FLOW_ESYSTEM,
 *           ECONNRESET, as when a connection is lost; what came may be a part.
 *           A flow that fails, or is closed before its end, does not tell the
 *           peer that it has sent all, and fails itself.
 *
 * A handshake needs 16 KiB of stack on whatever runs it. */
#ifndef FLOW_TLS_H
#define FLOW_TLS_H

#include <flow/flow.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* FLOW_ETLS: the handshake failed, or the peer broke the rules; the code is
 * OpenSSL's reason, an SSL_R_... FLOW_ECERTIFICATE, derived from it: the peer's
 * certificate is not believed; the code is an X509_V_ERR_... */
extern const flow_error_class FLOW_ETLS[1];
extern const flow_error_class FLOW_ECERTIFICATE[1];

/* ---- Who we are, and whom we believe ------------------------------------ */
/* Certificates and keys are in PEM: the name of a file, or the text itself,
 * which has "-----BEGIN" in it. All is read at once and borrowed only for the
 * call. A field left NULL is not there. */
typedef struct flow_tls_options {
    const char *chain;          /* our certificate, then those that lead to its
                                   authority. A server must have one        */
    const char *key;            /* the private key that belongs to it       */
    const char *authorities;    /* whom we believe. A client: NULL: those of
                                   this system. A server: each client must show
                                   a certificate of these; NULL: none need  */
    const char *protocols;      /* to be agreed on (ALPN), the best first, by
                                   spaces: "h2 http/1.1"                    */
    bool unverified;            /* a client that believes anyone: for trials */
} flow_tls_options;

/* One for all connections of a kind; o NULL: the defaults. [any thread] Never
 * NULL: what is made with one that could not be had fails, and tells why.
 * Counted: yours to release; connections hold it themselves. */
typedef struct flow_tls flow_tls;
flow_tls *flow_tls_server(const flow_tls_options *o);
flow_tls *flow_tls_client(const flow_tls_options *o);
void      flow_tls_release(flow_tls *tls);              /* NULL is fine     */

/* Why it could not be had: an ERROR, yours; NONE: it can be used. */
flow_value flow_tls_failure(const flow_tls *tls);

/* ---- Connections -------------------------------------------------------- */
/* The server's side: what is to be sent, from what is received, which it takes.
 * Once the handshake is over p(received plain, arg) is called, and gives what
 * is to be sent plain. `arg` is borrowed. */
flow_stage *flow_tls_accept(flow_stage *received, flow_tls *tls,
                            flow_protocol *p, void *arg);

/* The client's side: what is received plain, where `sent`, which it takes, is
 * to be sent plain. dial(to be sent, arg) is called at once, and gives what is
 * received. `host` is a name or an address, which the peer's certificate must
 * have; without checking it may be NULL. */
flow_stage *flow_tls_connect(const char *host, flow_stage *sent, flow_tls *tls,
                             flow_protocol *dial, void *arg);

/* ---- Of a stage of bytes received plain ---------------------------------- */
/* The protocol that was agreed on, or "" if none was. Borrowed from it. A
 * server's protocol knows it from the start, a client with its first bytes. */
const char *flow_tls_protocol(flow_stage *received);

/* Whom the peer's certificate names, as TEXT "CN=alice,O=Example"; NONE: it has
 * shown none. */
flow_value flow_tls_subject(flow_stage *received);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#define flow_tls_accept(...)                                                 \
    flow_made(flow_tls_accept(__VA_ARGS__), FLOW_HERE)
#define flow_tls_connect(...)                                                \
    flow_made(flow_tls_connect(__VA_ARGS__), FLOW_HERE)

#endif
