/* SPDX-License-Identifier: MIT */
/* The server of echo.cpu, connect.rate and memory.connection; see load.c. */
#include <stdbool.h>

#include "server.h"
#include <flow/net.h>
#include <flow/reactor.h>
#include <string.h>

static flow_stage *echo(flow_stage *received, void *arg)
{
    (void)arg;
    return received;
}

int main(void)
{
    flow_service_options o = { .most = 100000 };
    flow_deferred *service;
    const char *at;

    server_begin();
    flow_host_use(flow_uv_host());
    service = flow_serve("127.0.0.1:0", echo, NULL, &o);
    at = strrchr(flow_served_at(service), ':');
    server_check(at != NULL, "it cannot listen");
    server_serves_at(atoi(at + 1));
    flow_loop();
    flow_release(service);
    flow_uv_close();
    return 0;
}
