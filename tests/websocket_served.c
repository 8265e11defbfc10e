/* SPDX-License-Identifier: MIT */
/* Serves the conversing pages of the tests at a free port, which it prints,
 * until it is told to end by a signal. */
#include "served.h"
#include "websockets.h"

int main(void)
{
    flow_site *site = conversing_pages();
    flow_deferred *service;

    flow_host_use(flow_uv_host());
    service = flow_serve("127.0.0.1:0", flow_http, site, NULL);
    serve_until_told(service);
    flow_release(service);
    flow_site_release(site);
    flow_uv_close();
    return 0;
}
