/* SPDX-License-Identifier: MIT */
/* flow.h - the core of flow. PLACEHOLDER, to be replaced. */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* The version of the library that runs, as "1.2.3". Any thread. */
const char *flow_version(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
