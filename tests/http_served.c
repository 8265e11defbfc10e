/* SPDX-License-Identifier: MIT */
/* http_served [DIRECTORY]: serves the pages of the tests, and at /files/ those
 * of the directory, at a free port, which it prints, until it is told to end by
 * a signal. */
#include "http_pages.h"

#include <flow/reactor.h>

#include <signal.h>

int main(int argc, char **argv)
{
    flow_site *site = pages();
    flow_deferred *service;
    flow_stage *told;
    flow_value v;

    if (argc > 1)
        flow_site_add_files(site, "/files/*", argv[1]);
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
