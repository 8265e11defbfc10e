/* SPDX-License-Identifier: MIT */
/* Values on their way to another thread. */
#ifndef FLOW_THREAD_ALONE_H
#define FLOW_THREAD_ALONE_H

#include <flow/flow.h>

/* Holders are counted without atomics, so a value that goes to another thread
 * may share nothing with one that stays. Takes v, and gives it or, where parts
 * of it have other holders, the same with copies of those parts. An ERROR of
 * class FLOW_EINVAL if such a part is a box, which cannot be copied. */
flow_value flow__alone_slowly(flow_value v);

static inline flow_value flow__alone(flow_value v)
{
    return v.kind < FLOW_TEXT ? v : flow__alone_slowly(v);
}

#endif
