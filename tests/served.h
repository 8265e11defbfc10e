/* SPDX-License-Identifier: MIT */
/* For the services that a script starts, asks, and ends. */
#ifndef TESTS_SERVED_H
#define TESTS_SERVED_H

#include <flow/net.h>
#include <flow/reactor.h>

#include <signal.h>
#include <stdio.h>

/* Prints where it serves, and waits to be told to end. */
static inline void serve_until_told(flow_deferred *service)
{
    flow_stage *told;
    flow_value v;

    printf("%s\n", flow_served_at(service));
    fflush(stdout);
    told = flow_signals(SIGTERM);
    flow_block(told, &v);
    flow_close(told);
}

#endif
