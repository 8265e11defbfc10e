/* SPDX-License-Identifier: MIT */
/* net.h - flows over the network. PLACEHOLDER, to be replaced. */
#ifndef FLOW_NET_H
#define FLOW_NET_H

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the libuv that runs. Any thread. */
const char *flow_net_loop_version(void);

#ifdef __cplusplus
}
#endif
#endif
