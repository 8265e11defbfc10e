/* SPDX-License-Identifier: MIT */
/* Taking turns: what flow_merge and flow_concurrent have in common. Each input
 * that may have something gets one turn, then goes behind the others. When one
 * fails, nobody is asked any more: what the others have ready goes out
 * first. */
#ifndef FLOW_OPERATOR_ROTATION_H
#define FLOW_OPERATOR_ROTATION_H

#include "fan.h"

struct flow__rotation {
    struct flow__fan *fan;
    flow_value failure;             /* of the input that failed; or NONE    */
};

/* One turn: asks the input with its waker (flow__fan_waker) and gives at most
 * one value. On FLOW_FAILED *v is the error; otherwise it is of no use. `self`
 * begins with the rotation. */
typedef flow_status flow__turn(void *self, struct flow__input *in,
                               flow_stage *out, flow_waker *w, flow_value *v);

/* The fill of such an operator, with at most `turns` turns that give. */
flow_status flow__rotate(struct flow__rotation *r, flow_stage *out,
                         flow_waker *w, flow__turn *turn, size_t turns);

/* The close and inputs of a type whose self begins with a rotation. */
void flow__rotation_close(void *self);
size_t flow__rotation_inputs(void *self, flow_stage ***list);

#endif
