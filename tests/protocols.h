/* SPDX-License-Identifier: MIT */
/* What both sides of a connection say, whatever carries it. */
#ifndef FLOW_TEST_PROTOCOLS_H
#define FLOW_TEST_PROTOCOLS_H

#include <flow/flow.h>

/* What a client sends: that text. */
flow_stage *saying(const char *text);

/* Protocols of services. */
flow_stage *echo(flow_stage *received, void *arg);
/* "<line>" for each line; fails at the line "fail", ends after "bye". */
flow_stage *brackets(flow_stage *received, void *arg);

#endif
