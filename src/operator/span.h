/* SPDX-License-Identifier: MIT */
/* Seconds, as operators are given them. */
#ifndef FLOW_OPERATOR_SPAN_H
#define FLOW_OPERATOR_SPAN_H

#include "set.h"

/* The seconds of the clock of whoever asks. */
static inline double flow__now(const flow_waker *w)
{
    return w->host->now(w->host);
}

/* NULL if so many seconds can be waited: a number, not less than 0. Otherwise
 * takes s and gives a stage that says so when it is asked. */
static inline flow_stage *flow__check_span(const char *name, flow_stage *s,
                                           double seconds)
{
    return seconds >= 0 ? NULL
                        : flow__misused(name, s, "give a number of seconds, "
                                        "0 or more");
}

#endif
