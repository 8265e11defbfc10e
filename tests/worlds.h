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

/* A client, which may leave before it is done. */
struct visit { flow_deferred *run; flow_task leaves; bool left; };
void begin_visit(struct visit *v, flow_stage *flow);
/* When all has ended; NULL: it left. Borrowed until that is told. */
const flow_value *outcome_of_visit(const struct visit *v);
void end_visit(struct visit *v);

/* Peers that are slow shall be given up. */
flow_conn_options impatience(void);

/* Of a service in which a failure is no news, with few connections or many. */
flow_service_options service_in_world(bool good);

/* In peace or at once. */
void end_service(flow_deferred *service);

#endif
