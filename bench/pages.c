/* SPDX-License-Identifier: MIT */
/* The server of http.*; see asking. */
#include <stdbool.h>

#include "server.h"
#include <flow/http.h>
#include <flow/reactor.h>
#include <string.h>

static void hello(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    flow_yield(self, "Hello, world!\n");
}

/* Each piece goes out before the next is made. */
static void stream(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    for (int n = 1; n <= 30; n++)
        if (!flow_yield(self, flow_textf("This is piece %d.\n", n))
            || !flow_cooperate(self, 0))
            return;
}

int main(void)
{
    flow_service_options o = { .most = 100000 };
    flow_site *site = flow_site_new(NULL);
    flow_deferred *service;
    const char *at;

    server_begin();
    flow_host_use(flow_uv_host());
    flow_site_add(site, "/hello", hello, NULL);
    flow_site_add(site, "/stream", stream, NULL);
    service = flow_serve("127.0.0.1:0", flow_http, site, &o);
    at = strrchr(flow_served_at(service), ':');
    server_check(at != NULL, "it cannot listen");
    server_serves_at(atoi(at + 1));
    flow_loop();
    flow_release(service);
    flow_site_release(site);
    flow_uv_close();
    return 0;
}
