/* SPDX-License-Identifier: MIT */
/* A flow in words: for messages, and for the listing. */
#ifndef FLOW_STAGE_DESCRIBE_H
#define FLOW_STAGE_DESCRIBE_H

#include <flow/flow.h>

/* Writes the stages that wait, from s to the sources that keep them waiting, cut
 * to what fits: `words < filter < reader (waits for a timer)`. Allocates nothing.
 */
void flow__describe(flow_stage *s, char *text, size_t size);

#endif
