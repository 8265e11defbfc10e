/* SPDX-License-Identifier: MIT */
/* PLACEHOLDER, to be replaced: the same for libflow-net. */
#include <flow/net.h>

#include <stdio.h>

int main(void)
{
    return printf("libuv %s\n", flow_net_loop_version()) < 0;
}
