/* SPDX-License-Identifier: MIT */
/* The version is written once, in the top meson.build. */
#include <flow/flow.h>

const char *flow_version(void)
{
    return FLOW_VERSION;
}
