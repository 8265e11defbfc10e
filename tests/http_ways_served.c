/* SPDX-License-Identifier: MIT */
/* http_ways_served FOLDER: serves the pages of the tests at the path FOLDER/at,
 * and in TLS at a free port, which it prints, until it is told to end by a
 * signal. Whom to believe is written to FOLDER/authority. */
#include "http_pages.h"
#include "tls_harness.h"

#include <flow/net.h>
#include <flow/reactor.h>
#include <signal.h>
#include <string.h>

static bool write_authority(const char *folder)
{
    char path[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/authority", folder);
    f = fopen(path, "w");
    return f != NULL && fputs(identity(AUTHORITY)->chain, f) >= 0
        && fclose(f) == 0;
}

static void serve_until_told(flow_site *site, struct sides *s,
                             const char *folder)
{
    char at[512];
    flow_deferred *by_path, *in_tls;
    flow_stage *told;
    flow_value v;

    snprintf(at, sizeof at, "unix:%s/at", folder);
    by_path = flow_serve(at, flow_http, site, NULL);
    in_tls = flow_serve("127.0.0.1:0", secured, s, NULL);
    printf("%s\n", flow_served_at(in_tls));
    fflush(stdout);
    told = flow_signals(SIGTERM);
    flow_block(told, &v);
    flow_close(told);
    flow_release(by_path);
    flow_release(in_tls);
}

int main(int argc, char **argv)
{
    struct sides s = sides();
    flow_site *site = pages();

    if (argc != 2 || !write_authority(argv[1]))
        return 2;
    s.protocol = flow_http;
    s.arg = site;
    flow_host_use(flow_uv_host());
    serve_until_told(site, &s, argv[1]);
    flow_site_release(site);
    part(&s);
    flow_uv_close();
    return 0;
}
