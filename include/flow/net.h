/* SPDX-License-Identifier: MIT */
/* Flows over TCP.
 *
 * A connection is two stages: one of the bytes that are received, one of those
 * to be sent. A protocol makes the second from the first, and a service runs it
 * for each connection. This is a whole one; it sends back what it gets:
 *
 *     #include <flow/net.h>
 *     #include <flow/reactor.h>
 *
 *     static flow_stage *echo(flow_stage *received, void *arg)
 *     {
 *         return received;
 *     }
 *
 *     int main(void)
 *     {
 *         flow_host_use(flow_uv_host());
 *         flow_deferred *service =
 *             flow_serve_tcp("127.0.0.1", 7777, echo, NULL, NULL);
 *         flow_loop();
 *         flow_release(service);
 *         flow_uv_close();
 *     }
 *
 * A dialogue is a generator over what is received, which yields its answers:
 *
 *     return flow_generate(greet, flow_lines(received), arg);
 *
 * To a client a service is an operator over the bytes it sends:
 *
 *     flow_stage *answer = flow_connect_tcp("127.0.0.1", 7777,
 *                                           flow_once(flow_of("hello")));
 *     for (flow_value v; flow_block(answer, &v);)
 *         flow_print(stdout, v);
 *     flow_close(answer);
 *
 * Promises that hold for both sides:
 *
 *   Pull    Nothing is received before somebody asks for it, and the stage to
 *           be sent is not asked before the bytes before have gone: a peer that
 *           does not send, or does not read, stops its connection and no other.
 *   Bound   A connection holds no bytes while it waits to receive, and hands on
 *           at most 65536 at once. Of what it sends it holds at most 32 values,
 *           and takes no more beyond 65536 bytes. The rest is the kernel's. One
 *           that is idle costs 2 KiB, besides the stages of its protocol.
 *   Pieces  Bytes come cut anywhere: see flow_lines, flow_prefixed, ... What
 *           operators cut from them shares their buffer.
 *   End     The peer has sent all: `received` ends, sending goes on. All is
 *           sent: the peer is told so (half close). A service then closes the
 *           connection when the peer has sent all as well, or two seconds
 *           later: closed while bytes come, it would lose what is on its way.
 *   Failure A connection that is lost is a failure of class FLOW_ESYSTEM of the
 *           stage received. A flow that fails or is closed before its end
 *           resets the connection, so that no peer takes a part for the whole.
 *
 * Everything here is for threads whose host is one of libuv, see reactor.h; in
 * others it fails, as it does with any other error, when it is asked. */
#ifndef FLOW_NET_H
#define FLOW_NET_H

#include <flow/flow.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ---- Services ----------------------------------------------------------- */
/* Makes, for one connection, the stage of what is to be sent, text and bytes,
 * from the stage of what is received, which it takes. The connection ends with
 * the stage. */
typedef flow_stage *flow_protocol(flow_stage *received, void *arg);

typedef struct flow_service_options {
    size_t most;            /* connections at once; others wait. 0: 10000   */
    /* A connection's flow has failed; both are borrowed. NULL: it is reported,
     * unless it failed because the connection was lost. */
    void (*failed)(const flow_value *error, const char *peer, void *arg);
    int *port;              /* gets the port it listens on; 0: it does not  */
} flow_service_options;

/* Serves at an address of this machine, as "127.0.0.1", "::1", or "0.0.0.0" for
 * all; port 0: one that is free. `arg` is borrowed, `o` may be NULL. The
 * deferred is yours; it fires only with the failure by which the service ends,
 * and releasing it ends the service and closes every connection. When there are
 * no descriptors left, accepting pauses until there are some. */
flow_deferred *flow_serve_tcp(const char *address, int port, flow_protocol *p,
                              void *arg, const flow_service_options *o);

/* ---- Clients ------------------------------------------------------------ */
/* The bytes received from a peer that gets what `sent` gives, which it takes.
 * It connects at the first ask; both go on while somebody waits for an answer.
 * A failure of `sent` is one of this stage. */
flow_stage *flow_connect_tcp(const char *address, int port, flow_stage *sent);

/* ---- Both --------------------------------------------------------------- */
/* The peer's address and port, as "127.0.0.1:7777" or "[::1]:7777", of a stage
 * of bytes received. Borrowed from it; "" for other stages. */
const char *flow_peer(flow_stage *received);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#define flow_connect_tcp(...)                                                \
    flow_made(flow_connect_tcp(__VA_ARGS__), FLOW_HERE)

#endif
