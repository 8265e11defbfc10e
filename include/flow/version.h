/* SPDX-License-Identifier: MIT */
/* version.h - which flow this is. */
#ifndef FLOW_VERSION_H
#define FLOW_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Of the header that a program was compiled with. */
#define FLOW_VERSION "0.1.0"

/* Of the library that it runs with. Any thread. */
const char *flow_version(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
