/* SPDX-License-Identifier: MIT */
/* The same for libflow-http. */
#include <flow/http.h>
#include <flow/reactor.h>

int main(void)
{
    flow_site *site = flow_site_new(NULL);

    flow_host_use(flow_uv_host());
    flow_site_release(site);
    flow_uv_close();
    return 0;
}
