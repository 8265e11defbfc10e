/* SPDX-License-Identifier: MIT */
/* Flows of datagrams, over UDP.
 *
 * A service gets TUPLEs of the bytes of a datagram and the address where it
 * comes from, as "127.0.0.1:7777" or "[::1]:7777", and gives such tuples: bytes
 * and where they go. So what echoes a connection echoes datagrams, each to
 * whom it comes from:
 *
 *     #include <flow/reactor.h>
 *     #include <flow/udp.h>
 *
 *     static flow_stage *echo(flow_stage *received, void *arg)
 *     {
 *         return received;
 *     }
 *
 *     int main(void)
 *     {
 *         flow_host_use(flow_uv_host());
 *         flow_deferred *service = flow_serve_udp(":7777", echo, NULL, NULL);
 *         flow_loop();
 *         flow_release(service);
 *         flow_uv_close();
 *     }
 *
 * An answer is made of a question by a function, for flow_map:
 *
 *     static flow_value answer(flow_value question, void *arg)
 *     {
 *         flow_value peer = flow_share(flow_items(&question, NULL)[1]);
 *
 *         flow_drop(question);
 *         return flow_tuple(FLOW_VALUES("42", peer));
 *     }
 *
 * To a client a service is an operator over the bytes it sends. Datagrams may
 * be lost, doubled, and overtake each other; this asks until it is answered:
 *
 *     static flow_stage *ask(void *to)
 *     {
 *         return flow_take(flow_within(flow_connect_udp(
 *             to, flow_once(flow_of("what time is it?"))), 0.5), 1);
 *     }
 *
 *     flow_stage *answer = flow_retry(ask, "example.org:7777", FLOW_EANY,
 *                                     5, 0.1);
 *
 * Promises that hold for both sides:
 *
 *   Pull    Nothing is received before somebody asks for it, and what is to be
 *           sent is not asked for before what came before has gone. What nobody
 *           asks for waits in the kernel, which drops what is too much for it.
 *   Whole   A datagram comes as it was sent, or not at all: it is never cut,
 *           however long. It may be empty.
 *   Bound   A socket takes up to 16 datagrams from the kernel at one ask, and
 *           holds as many to be sent.
 *   End     A socket has none: it receives for ever. When there is nothing more
 *           to be sent, it goes on to receive.
 *
 * Everything here is for threads whose host is one of libuv, see reactor.h; in
 * others it fails, as it does with any other error, when it is asked. */
#ifndef FLOW_UDP_H
#define FLOW_UDP_H

#include <flow/flow.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct flow_udp_options {
    /* A datagram could not be sent, as it is too long or there is no way to its
     * peer: it is lost, as datagrams may be. Both are borrowed. NULL: nobody
     * is told. */
    void (*lost)(const flow_value *error, const char *peer, void *arg);
} flow_udp_options;

/* Serves at that place, as flow_serve does, all peers by one flow: that of p.
 * `arg` is borrowed, `o` may be NULL. The deferred is yours; it fires when the
 * stage of p has ended, or with its failure, and releasing it ends the service.
 * flow_served_at of net.h says where it receives. A tuple that is none, or an
 * address that has to be looked up, is a failure. */
flow_deferred *flow_serve_udp(const char *at, flow_protocol *p, void *arg,
                              const flow_udp_options *o);

/* The bytes received from one peer, which gets each piece of text or bytes that
 * `sent` gives, which it takes; NULL: none. It begins at the first ask; both go
 * on while somebody waits for an answer. Of a name the first address is taken.
 * What the system tells of the peer, as that nobody receives there, is a
 * failure of class FLOW_ESYSTEM, and so is a datagram that cannot be sent.
 * `to` is copied. */
flow_stage *flow_connect_udp(const char *to, flow_stage *sent);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#define flow_connect_udp(...)                                                \
    flow_made(flow_connect_udp(__VA_ARGS__), FLOW_HERE)

#endif
