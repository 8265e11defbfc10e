/* SPDX-License-Identifier: MIT */
#include <flow/version.h>

const char *flow_version(void)
{
    return FLOW_VERSION;
}
