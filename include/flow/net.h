/* SPDX-License-Identifier: MIT */
/* Flows between machines and processes.
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
 *         flow_deferred *service = flow_serve(":7777", echo, NULL, NULL);
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
 *     flow_stage *answer = flow_connect("localhost:7777",
 *                                       flow_once(flow_of("hello")), NULL);
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
 *   Gather  What is ready to be sent goes out at once, in one piece.
 *   End     The peer has sent all: `received` ends, sending goes on. All is
 *           sent: the peer is told so (half close). A protocol's connection is
 *           closed when the peer has sent all as well, or two seconds later:
 *           closed while bytes come, it would lose what is on its way.
 *   Loss    A connection that is lost, or lasts too long, is the end of what a
 *           protocol receives, unless it wishes for a failure; of a client's
 *           stage it is always a failure, of class FLOW_ESYSTEM or
 *           FLOW_ETIMEOUT. A flow that fails or is closed before its end resets
 *           the connection, so that no peer takes a part for the whole.
 *
 * Where a peer is, or shall be waited for, is said so:
 *
 *     "127.0.0.1:7777"    "[::1]:7777"      that address, and port
 *     "example.org:80"                      a name that is looked up
 *     ":7777"                               all addresses of this machine
 *     "unix:/run/x.sock"  "unix:@x"         a path; a name without a file
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

/* ---- Connections --------------------------------------------------------- */
/* What holds for a connection. A field left 0 means the default. */
typedef struct flow_conn_options {
    double idle;            /* seconds that the peer is waited for, in which
                               nothing comes nor goes. 0: any number        */
    double total;           /* seconds it may last. 0: any number           */
    double keep_alive;      /* seconds of silence before the kernel asks the
                               peer whether it is there; it is lost when it has
                               not answered for as long again. 0: never     */
    bool delay;             /* small pieces may be held back by the kernel, to
                               go together with others (Nagle's way)        */
    bool loss_fails;        /* of protocols: a lost connection is a failure
                               of `received`. Default: its end              */
} flow_conn_options;

/* ---- Services ------------------------------------------------------------ */
/* A flow_protocol makes, for one connection, the stage of what is to be sent,
 * text and bytes. The connection ends with the stage. One that waits for more
 * than data merges stages of different kinds of values, which its generator
 * tells apart:
 *
 *     made      the protocol is called
 *     data      what is received
 *     lost      a value after the data:
 *               flow_concat(FLOW_STAGES(received, flow_once(flow_none())))
 *     drained   flow_yield answers: there is room for more
 *     timer     flow_ticks(seconds)
 *     others    flow_from_chan(channel)
 */

typedef struct flow_service_options {
    flow_conn_options conn;
    size_t most;            /* connections at once; others wait. 0: 10000   */
    size_t most_per_peer;   /* from one address, or one network of version 6
                               (/64); others are reset. 0: any number       */
    /* A connection's flow has failed; both are borrowed. NULL: it is reported.
     */
    void (*failed)(const flow_value *error, const char *peer, void *arg);
} flow_service_options;

/* Serves at that place; port 0: one that is free. A name is looked up before
 * the call returns, and should be one of this machine's. `arg` is borrowed, `o`
 * may be NULL. The deferred is yours; it fires with the failure by which the
 * service ends, or with NONE after flow_drain. Releasing it ends the service
 * and resets every connection. When there are no descriptors left, accepting
 * pauses until there are some. */
flow_deferred *flow_serve(const char *at, flow_protocol *p, void *arg,
                          const flow_service_options *o);

/* Where a service (of udp.h, too) serves, as a client is told: "127.0.0.1:7777"
 * or ":7777", with the port it has got. Borrowed until it has ended; "" then,
 * and if it could not begin. */
const char *flow_served_at(flow_deferred *service);

/* Ends a service in peace: no more connections are taken, and the deferred
 * fires when the last has ended. Those that are left after so many seconds are
 * reset. */
void flow_drain(flow_deferred *service, double seconds);

/* ---- Clients ------------------------------------------------------------- */
typedef struct flow_connect_options {
    flow_conn_options conn;
    double timeout;         /* seconds to connect, all together. 0: 30      */
    bool stays;             /* no half close: that all is sent the peer is not
                               told                                         */
} flow_connect_options;

/* The bytes received from a peer that gets what `sent` gives, which it takes;
 * NULL: it gets nothing, and is not told so. A failure of `sent` is one of this
 * stage. It connects at the first ask, and like any operator goes on only while
 * somebody asks: who waits for something else meanwhile sends nothing, and is
 * better off with flow_talk.
 *
 * Of a name all addresses are tried, the next one when one refuses or after a
 * quarter of a second; the failure says what became of each. `to` is copied,
 * `o` may be NULL. */
flow_stage *flow_connect(const char *to, flow_stage *sent,
                         const flow_connect_options *o);

/* Talks to a peer by a protocol, as a service does: the stage gives nothing,
 * and ends when the connection has. flow_run runs it beside all others. */
flow_stage *flow_talk(const char *to, flow_protocol *p, void *arg,
                      const flow_connect_options *o);

/* ---- Both ---------------------------------------------------------------- */
/* The peer's address, as "127.0.0.1:7777", "[::1]:7777" or "unix:/run/x.sock",
 * of a stage of bytes received, or of one that reads it, as in TLS. Borrowed
 * from it; "" for other stages, and before it is connected. Who comes through
 * a path mostly has no name, and is "unix:". */
const char *flow_peer(flow_stage *received);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#define flow_connect(...) flow_made(flow_connect(__VA_ARGS__), FLOW_HERE)
#define flow_talk(...)    flow_made(flow_talk(__VA_ARGS__), FLOW_HERE)

#endif
