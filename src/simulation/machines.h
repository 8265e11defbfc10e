/* SPDX-License-Identifier: MIT */
/* The simulated network: who listens where, and who calls whom. */
#ifndef FLOW_SIMULATION_MACHINES_H
#define FLOW_SIMULATION_MACHINES_H

#include "wire.h"

extern const struct flow__network flow__machines;

/* Nobody listens, and numbers count from 1 again. */
void flow__machines_begin(void);

/* Links that are open; what was closed and whose owner has not been told. */
size_t flow__machines_open(void);
size_t flow__machines_closing(void);

#endif
