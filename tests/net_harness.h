/* SPDX-License-Identifier: MIT */
/* What the tests of the net share: a service, its peers, and what they say.
 *
 *     TEST(echo)
 *     {
 *         int port;
 *         flow_deferred *service = serving(echo, NULL, &port);
 *         hears("hello", connecting(port, saying("hello")));
 *         served(service);
 *     }
 */
#ifndef FLOW_TEST_NET_HARNESS_H
#define FLOW_TEST_NET_HARNESS_H

#include "harness.h"
#include "protocols.h"

#include <flow/net.h>
#include <flow/reactor.h>

#define HERE "127.0.0.1"

/* A service on a free port, on this thread's host of libuv, which is begun. */
flow_deferred *serving(flow_protocol *p, void *arg, int *port_out);
flow_deferred *serving_with(flow_protocol *p, void *arg,
                            const flow_service_options *o, int *port_out);
/* Of where it serves; 0: it does not. */
int port_of(flow_deferred *service);
/* Ends it, and the host. */
void served(flow_deferred *service);
/* It cannot begin, and says so. */
void fails_to_serve(flow_deferred *service, const char *why);

/* Gives d up, a service or what a flow gives, after so many turns of the loop:
 * for tests that close at any moment. */
void give_up_after(int turns, flow_deferred *d);

/* All bytes of s in one, then `!` and the class of its failure, must be `text`;
 * closes s. */
void hears(const char *text, flow_stage *s);

/* Connects to that port of this machine. */
flow_stage *connecting(int port, flow_stage *sent);

/* Runs the loop for so long, or until `done`. */
void run_for(double seconds, bool (*done)(void));

/* Runs peer(port) in a thread of its own, and the loop until it has ended, and
 * gives what it gave. It uses plain sockets that block. */
bool with_peer(bool (*peer)(int port), int port);
int peer_connects(int port);
int peer_socket(void);
bool peer_connects_by(int fd, int port);
bool peer_says(int fd, const char *text);
bool peer_hears(int fd, const char *text);      /* that much, and no more   */
bool peer_sees_end(int fd);                     /* and closes it            */
bool peer_sees_reset(int fd);

/* Lets this process have as many descriptors as it may. */
void many_descriptors(void);

/* valgrind is slow, and accepts connections beyond the limit, to close them. */
bool under_valgrind(void);

#endif
