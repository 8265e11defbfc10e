/* SPDX-License-Identifier: MIT */
/* Pages that converse: WebSocket, RFC 6455.
 *
 *     static void echo(flow_gen *self, flow_request *r, void *arg)
 *     {
 *         flow_stage *messages = flow_answer_websocket(r, NULL);
 *
 *         for (flow_value m; flow_next(self, messages, &m);)
 *             flow_yield(self, m);
 *         flow_close(messages);
 *     }
 *
 *     flow_site_add(site, "/echo", echo, NULL);
 *
 * It is a page as any other, which looks at its request and may refuse it; from
 * the answer on, what it yields are messages. One that waits for more than
 * messages merges stages, as a protocol of net.h does; and a flow_protocol over
 * messages is a page when its stage is handed on:
 *
 *     flow_stage *answers = chat(flow_answer_websocket(r, NULL), arg);
 *
 *     for (flow_value m; flow_next(self, answers, &m);)
 *         flow_yield(self, m);
 *     flow_close(answers);
 *
 * Promises, of which those about a page hold for what a client sends:
 *
 *   Message TEXT is a text message, BYTES a binary one, both ways. Each comes
 *           whole, however the peer has cut it, and a text is UTF-8.
 *   Pull    A message is read when the one before was taken, and the page is
 *           asked for more when what was before has gone. Messages that nobody
 *           takes stop the peer; close their stage, and they are thrown away.
 *   Bound   What is received is held as it comes, up to the longest message.
 *   Alive   Pings are answered, between messages. A peer that is silent is sent
 *           some, and is lost when it does not answer, or does not read.
 *   End     The peer has closed: `messages` ends, or fails with FLOW_EWEBSOCKET
 *           if the code of that is neither 1000 nor 1001. A page is closed when
 *           it next yields, or two seconds later. The page ends: the peer is
 *           told so by code 1000, and has two seconds to agree. What a client
 *           sends ends: the server is told so by code 1000, and what it says
 *           before it agrees is received; that may be no answer to what was
 *           sent last. Who waits for answers ends with them, not before.
 *   Fail    A page that fails with FLOW_EWEBSOCKET tells the peer its code and
 *           its message. Any other failure is code 1011, and its reason goes to
 *           the site's `failed`. A client's stage fails as what it sends does,
 *           when the server has agreed or two seconds later.
 *   Loss    A connection that is lost is the end of what a page receives. Of a
 *           client's stage it is a failure: FLOW_ESYSTEM, ECONNRESET.
 *   Strict  A peer that breaks the rules is told which, by code 1002, 1007 or
 *           1009, and `messages` fails with that.
 *
 * Extensions are not spoken. */
#ifndef FLOW_WEBSOCKET_H
#define FLOW_WEBSOCKET_H

#include <flow/http.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Its code is that of a close frame, from 1000 to 4999. */
extern const flow_error_class FLOW_EWEBSOCKET[1];

/* A field left 0 or NULL means the default; strings are borrowed for the call.
 */
typedef struct flow_websocket_options {
    size_t longest;         /* bytes of a message received: 1048576         */
    double idle;            /* seconds of silence by which the peer is lost; it
                               is sent a ping after half of them. A client may
                               take as long to read 65536 bytes: 60         */
    const char *protocols;  /* that are spoken in the messages, the best first,
                               by spaces: "chat.v2 chat.v1"                 */
    const char *origins;    /* a server's: whose pages may converse with it
                               besides those of its own host, by spaces:
                               "https://example.org"; "*": all              */
    const char *const *headers; /* a client's, that go with its request:
                               "Authorization: Bearer x", ..., NULL         */
} flow_websocket_options;

/* Answers a request with a WebSocket, before anything was yielded: the stage of
 * the messages received, yours. Headers the page has set go with the answer.
 *
 * A browser lets any site's page connect, with the cookies of its user. So one
 * that comes from a page of another host (its Origin is not the Host) fails the
 * page with 403 unless it is allowed; who is no browser has no Origin. What is
 * no request for a WebSocket fails the page with 426 or 400. */
flow_stage *flow_answer_websocket(flow_request *r,
                                  const flow_websocket_options *o);

/* As a client: the messages received where those of `sent`, which it takes, are
 * sent. `url` is "ws://host:port/path?query" or "wss://..."; it is copied, and
 * says what is asked for. How to get there says dial(to be sent, arg), which is
 * called at once, and gives the bytes received, as with flow_tls_connect:
 *
 *     static flow_stage *dial(flow_stage *sent, void *to)
 *     {
 *         return flow_connect(to, sent, NULL);
 *     }
 *
 * So flow_http, with a site, is one that needs no connection. An answer that is
 * no WebSocket fails with FLOW_EHTTP, and its status. */
flow_stage *flow_websocket(const char *url, flow_stage *sent,
                           const flow_websocket_options *o,
                           flow_protocol *dial, void *arg);

/* Which of the protocols was agreed on, of a stage of messages received; "":
 * none. Borrowed from it. A client knows it with the first message. */
const char *flow_websocket_protocol(flow_stage *messages);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#define flow_answer_websocket(...)                                           \
    flow_made(flow_answer_websocket(__VA_ARGS__), FLOW_HERE)
#define flow_websocket(...)                                                  \
    flow_made(flow_websocket(__VA_ARGS__), FLOW_HERE)

#endif
