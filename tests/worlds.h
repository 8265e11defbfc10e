/* SPDX-License-Identifier: MIT */
/* Services in made-up worlds, one for each seed:
 *
 *     NAME_test [--seeds N] [--seed FIRST] [--service NAME] [--trace]
 */
#ifndef FLOW_TEST_WORLDS_H
#define FLOW_TEST_WORLDS_H

#include "harness_inside.h"

#include <flow/net.h>
#include <flow/simulation.h>

/* What happens in such a world, until all in it has ended. Good: nothing may go
 * wrong. */
struct world {
    const char *name;
    void (*live)(const void *arg, bool good);
    const void *arg;
};

/* Lives in as many as the arguments say, and in some twice; what is reported,
 * open or allocated in the end is wrong. Gives the exit status. */
int run_worlds(const char *program, const struct world *worlds, size_t n,
               int argc, char **argv);

/* ---- Of use in them ------------------------------------------------------ */
/* Text that grows, zeroed. */
struct text { char *chars; size_t n, room; };
void text_add(struct text *t, const char *chars, size_t n);

/* A generator that sends a text, its arg, in odd pieces and with pauses. */
flow_body send_pieces;

/* Peers that are slow shall be given up. */
flow_conn_options impatience(void);

/* For services in which a failure is no news. */
void ignore(const flow_value *error, const char *peer, void *arg);

/* In peace or at once. */
void end_service(flow_deferred *service);

#endif
