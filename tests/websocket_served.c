/* SPDX-License-Identifier: MIT */
/* Serves the conversing pages of the tests at a free port, which it prints,
 * until it is told to end by a signal. */
#include "websockets.h"

#include <flow/reactor.h>

#include <signal.h>

int main(void)
{
    flow_site *site = conversing_pages();
    flow_deferred *service;
    flow_stage *told;
    flow_value v;

    flow_host_use(flow_uv_host());
    service = flow_serve("127.0.0.1:0", flow_http, site, NULL);
    printf("%s\n", flow_served_at(service));
    fflush(stdout);
    told = flow_signals(SIGTERM);
    flow_block(told, &v);
    flow_close(told);
    flow_release(service);
    flow_site_release(site);
    flow_uv_close();
    return 0;
}
