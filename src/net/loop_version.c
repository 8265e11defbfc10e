/* SPDX-License-Identifier: MIT */
/* PLACEHOLDER, to be replaced. */
#include <flow/net.h>

#include <uv.h>

const char *flow_net_loop_version(void)
{
    return uv_version_string();
}
