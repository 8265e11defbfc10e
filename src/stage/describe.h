/* SPDX-License-Identifier: MIT */
/* A flow in words: for messages, and for the listing. Allocates nothing. */
#ifndef FLOW_STAGE_DESCRIBE_H
#define FLOW_STAGE_DESCRIBE_H

#include <flow/flow.h>

/* What a stage is doing. */
enum flow__state {
    FLOW__NOT_BEGUN,
    FLOW__RUNNING,
    FLOW__HAS_RESULTS,
    FLOW__WAITS,                    /* for what s->waits says               */
    FLOW__WAITS_FOR_INPUT,
    FLOW__IDLE,                     /* nobody asks it                       */
    FLOW__HAS_FAILED,               /* and has not said so yet              */
    FLOW__ENDED
};
enum flow__state flow__state_of(flow_stage *s);

/* The stage that keeps s waiting, of a generator the one it asks; or NULL. */
flow_stage *flow__waiting_input(flow_stage *s);


/* Writes the stages that wait, from s to the source that keeps them waiting,
 * cut to what fits: `words < filter < reader (waits for a timer)`. */
void flow__describe(flow_stage *s, char *text, size_t size);

#endif
