/* SPDX-License-Identifier: MIT */
/* What is decided by the seed, in the order in which it is asked: so nothing
 * here may depend on anything else, as on an address in memory. One for each
 * thread. */
#ifndef FLOW_SIMULATION_FATE_H
#define FLOW_SIMULATION_FATE_H

#include <flow/simulation.h>

struct flow__fate {
    uint64_t state;
    flow_faults f;
    FILE *trace;                    /* NULL: none                           */
    flow_host *host;                /* its clock is that of the simulation  */
};

extern _Thread_local struct flow__fate flow__fate
    __attribute__((tls_model("initial-exec")));

/* f NULL: chosen by the seed. */
void flow__fate_begin(uint64_t seed, const flow_faults *f, flow_host *host);

uint64_t flow__fate_below(uint64_t n);          /* 0 to n - 1               */
bool flow__fate_is(double chance);
double flow__fate_delay(void);                  /* seconds on the way       */
size_t flow__fate_part(size_t n);               /* 1 to n, n >= 1           */

/* A line of the trace: the time, then that. */
void flow__fate_tell(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
