/* SPDX-License-Identifier: MIT */
/* PLACEHOLDER, to be replaced. */
#include <flow/net.h>

#include <stdio.h>

int main(void)
{
    printf("libuv %.2s\n", flow_net_loop_version());
    return 0;
}
