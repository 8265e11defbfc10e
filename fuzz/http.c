/* SPDX-License-Identifier: MIT */
/* A connection of HTTP: however its bytes are cut, it is answered the same. */
#include "fuzz.h"
#include "http_pages.h"

#include <stdlib.h>
#include <string.h>

static void be_silent(const flow_value *error, const flow_request *r, void *arg)
{
    (void)error;
    (void)r;
    (void)arg;
}

static void log_nothing(const char *line, void *arg)
{
    (void)arg;
    if (strchr(line, '\n') != NULL)
        abort();
}

/* A page that yields before it reads is answered by what has come until then.
 */
static bool depends_on_cuts(const struct input *in)
{
    return memmem(in->at, in->left, "hasty", 5) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char whole[65536];
    struct input in = { (const char *)data, size };
    struct cuts none = { 0 }, c = some_cuts(&in);
    flow_site *site;

    if (depends_on_cuts(&in))
        return 0;
    options.failed = be_silent;
    options.log = log_nothing;
    flow_host_use(flow_virtual_host());
    site = pages();
    strcpy(whole, heard(flow_http(blocks(in.at, in.left, none), site)));
    if (strcmp(whole, heard(flow_http(blocks(in.at, in.left, c), site))) != 0)
        abort();
    flow_site_release(site);
    return 0;
}
