/* SPDX-License-Identifier: MIT */
/* How long a peer of a WebSocket is waited for: silent, it is sent a ping, and
 * is lost without an answer; once one side is over, the other has two seconds.
 *
 * A stage that is not asked, since what it gave has not gone, cannot hear: so
 * only what is silent while it waits is silent. */
#ifndef FLOW_HTTP_PULSE_H
#define FLOW_HTTP_PULSE_H

#include "operator/alarm.h"

struct flow__pulse {
    struct flow__alarm alarm;       /* when it rings, see flow__pulse_feel  */
    double half;                    /* seconds: of silence, to the ping     */
    double heard;                   /* when something last came             */
    bool pinged;
    bool leaves;                    /* one side is over                     */
};

enum flow__felt { FLOW__FELT, FLOW__FELT_SILENT, FLOW__FELT_LOST };

void flow__pulse_begin(struct flow__pulse *p, double idle);

/* Something came. */
void flow__pulse_heard(struct flow__pulse *p, const flow_waker *w);

/* One side is over; only the first counts. */
void flow__pulse_leave(struct flow__pulse *p);

/* The stage answers FLOW_WAIT. */
void flow__pulse_wait(struct flow__pulse *p, flow_waker *w);

/* The alarm has rung, when the stage listened or not: the peer is silent, and to
 * be sent a ping; or it is lost. */
enum flow__felt flow__pulse_feel(struct flow__pulse *p, const flow_waker *w,
                                 bool listened);

#endif
