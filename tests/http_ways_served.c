/* SPDX-License-Identifier: MIT */
/* http_ways_served FOLDER: serves the pages of the tests at the path FOLDER/at,
 * and in TLS at a free port, which it prints, until it is told to end by a
 * signal. Whom to believe is written to FOLDER/authority. */
#include "http_pages.h"
#include "served.h"
#include "tls_harness.h"

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

static void serve_both_ways(flow_site *site, struct sides *s,
                            const char *folder)
{
    char at[512];
    flow_deferred *by_path, *in_tls;

    snprintf(at, sizeof at, "unix:%s/at", folder);
    by_path = flow_serve(at, flow_http, site, NULL);
    in_tls = flow_serve("127.0.0.1:0", secured, s, NULL);
    serve_until_told(in_tls);
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
    serve_both_ways(site, &s, argv[1]);
    flow_site_release(site);
    part(&s);
    flow_uv_close();
    return 0;
}
