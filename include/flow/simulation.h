/* SPDX-License-Identifier: MIT */
/* Trying programs on a network that is made up.
 *
 * In a thread that simulates, time is a clock that jumps from one event to the
 * next, and flow_serve, flow_connect and flow_talk use connections in memory,
 * between each other only. These behave as bad as real ones may: bytes are on
 * their way for a while and come in other pieces, one connection overtakes
 * another, a peer is silent for a minute, a connection is refused, or lost in
 * the middle. What happens is decided by a seed alone: run again with the same
 * seed, all happens again.
 *
 *     static bool holds(uint64_t seed)
 *     {
 *         flow_simulation_begin(seed, NULL);
 *         flow_deferred *service = flow_serve("shop:80", sell, NULL, NULL);
 *         flow_value sold = flow_block_all(flow_connect("shop:80",
 *                                              flow_once(flow_of("tea\n")),
 *                                              NULL));
 *         bool right = is_tea(&sold) || flow_is_failure(sold);
 *         flow_drop(sold);
 *         flow_release(service);
 *         return flow_simulation_end() == 0 && right;
 *     }
 *
 *     for (uint64_t seed = 1; seed <= 10000; seed++)
 *         if (!holds(seed))
 *             printf("wrong with seed %d\n", (int)seed);
 *
 * The protocols are those of the real program, unchanged, and so are deadlines
 * and pauses; a minute costs nothing. Bytes are never changed, lost alone, or
 * out of order: TCP keeps those promises. A flow that waits for what can never
 * come fails with FLOW_ESTUCK.
 *
 * Any name is a machine of its own and has one address. Nothing but names,
 * addresses and ports is simulated: no files, commands, signals, or threads. */
#ifndef FLOW_SIMULATION_H
#define FLOW_SIMULATION_H

#include <flow/flow.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What may happen. A field left 0: it does not. Chances are from 0 to 1. */
typedef struct flow_faults {
    double delay;           /* seconds that bytes are on their way, at most */
    double cut;             /* chance that less is sent or received than could
                               be                                           */
    double stall;           /* chance that bytes are held up, in each piece,
                               for up to a minute                           */
    double refuse;          /* chance that a connection is refused, or a name
                               not found                                    */
    double reset;           /* chance that a connection is lost, in each piece
                               that is sent                                 */
    size_t room;            /* bytes that a connection holds in each direction;
                               then it takes no more. 0: 65536              */
} flow_faults;

/* Begins to simulate: takes the place of this thread's host and network, which
 * it should not be using. f NULL: all of them, each as often as the seed
 * chooses. */
void flow_simulation_begin(uint64_t seed, const flow_faults *f);

/* From now on writes a line about each event to that file, which is borrowed
 * until the end; NULL: no more. To be called for a seed with which something is
 * wrong. */
void flow_simulation_trace(FILE *to);

/* Ends it: the thread has the core's host and real sockets again. Gives the
 * number of connections and services that are still open: 0, if the program has
 * closed all that it made. Such may only be closed; after that, and before
 * another simulation begins, this may be called again. */
size_t flow_simulation_end(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
