/* SPDX-License-Identifier: MIT */
/* The same for libflow-net. */
#include <flow/net.h>
#include <flow/reactor.h>

int main(void)
{
    flow_host_use(flow_uv_host());
    flow_uv_close();
    return 0;
}
