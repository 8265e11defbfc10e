/* SPDX-License-Identifier: MIT */
/* The same for libflow-fetch. */
#include <flow/fetch.h>
#include <flow/reactor.h>

int main(void)
{
    flow_host_use(flow_uv_host());
    flow_close(flow_fetch("http://example.org/", NULL));
    flow_uv_close();
    return 0;
}
