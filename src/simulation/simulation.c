/* SPDX-License-Identifier: MIT */
/* Beginning and ending a simulation. */
#include "machines.h"

#include <flow/simulation.h>

void flow_simulation_begin(uint64_t seed, const flow_faults *f)
{
    flow_host *host = flow_virtual_host();

    flow_host_use(host);
    flow__network_use(&flow__machines);
    flow__fate_begin(seed, f, host);
    flow__machines_begin();
}

void flow_simulation_trace(FILE *to)
{
    flow__fate.trace = to;
}

size_t flow_simulation_end(void)
{
    flow_host *host = flow__fate.host;

    while (flow__machines_closing() > 0)
        host->turn(host, false);
    flow__network_use(NULL);
    flow_host_use(NULL);
    return flow__machines_open();
}
