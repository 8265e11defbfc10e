/* SPDX-License-Identifier: MIT */
/* http_served [DIRECTORY | brief]: serves the pages of the tests, and at /files/
 * those of the directory, at a free port, which it prints, until it is told to
 * end by a signal; with `brief` it has as little patience as one who is attacked,
 * and a page that nobody reads at once. */
#include "http_pages.h"

#include <flow/reactor.h>

#include <signal.h>
#include <string.h>

static void much(flow_gen *self, flow_request *r, void *arg)
{
    static char zeros[65536];

    (void)r;
    (void)arg;
    for (int n = 0; n < 256; n++)
        flow_yield(self, flow_bytes(zeros, sizeof zeros));
}

static void be_brief(flow_service_options *o)
{
    o->conn.idle = 2;
    o->conn.total = 5;
    options.idle = options.head = options.body = 2;
}

int main(int argc, char **argv)
{
    bool is_brief = argc > 1 && strcmp(argv[1], "brief") == 0;
    flow_service_options o = { 0 };
    flow_deferred *service;
    flow_site *site;
    flow_stage *told;
    flow_value v;

    if (is_brief)
        be_brief(&o);
    site = pages();
    flow_site_add(site, "/much", much, NULL);
    if (argc > 1 && !is_brief)
        flow_site_add_files(site, "/files/*", argv[1]);
    flow_host_use(flow_uv_host());
    service = flow_serve("127.0.0.1:0", flow_http, site, &o);
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
