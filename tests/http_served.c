/* SPDX-License-Identifier: MIT */
/* http_served [DIRECTORY [brief]]: serves the pages of the tests, and at
 * /files/ those of the directory, at a free port, which it prints, until it is
 * told to end by a signal. With `brief` it has as little patience as one who is
 * attacked. */
#include "http_pages.h"
#include "served.h"

#include <string.h>

/* More than a client that does not read can be sent. */
static void much(flow_gen *self, flow_request *r, void *arg)
{
    static char zeros[65536];

    (void)r;
    (void)arg;
    for (int n = 0; n < 256; n++)
        flow_yield(self, flow_bytes(zeros, sizeof zeros));
}

int main(int argc, char **argv)
{
    flow_deferred *service;
    flow_site *site;

    if (argc > 2 && strcmp(argv[2], "brief") == 0)
        options.idle = options.head = options.body = options.answer = 2;
    site = pages();
    flow_site_add(site, "/much", much, NULL);
    if (argc > 1)
        flow_site_add_files(site, "/files/*", argv[1]);
    flow_host_use(flow_uv_host());
    service = flow_serve("127.0.0.1:0", flow_http, site, NULL);
    serve_until_told(service);
    flow_release(service);
    flow_site_release(site);
    flow_uv_close();
    return 0;
}
