/* SPDX-License-Identifier: MIT */
/* fetch URL...: writes what they answer to standard output, one after the
 * other, as it comes. It ends at the first that is not to be had. */
#include <flow/fetch.h>
#include <flow/file.h>
#include <flow/reactor.h>

static flow_status next_argument(void *arguments, flow_stage *out)
{
    const char ***at = arguments;

    if (**at == NULL)
        return FLOW_DONE;
    flow_give(out, flow_literal(*(*at)++));
    return FLOW_READY;
}

static flow_stage *body_of(flow_value url, void *arg)
{
    (void)arg;
    return flow_fetch_body(flow_fetch(url, NULL));
}

int main(int argc, const char **argv)
{
    const char **urls = argv + 1;
    flow_stage *s;
    bool failed;

    if (argc < 2) {
        fprintf(stderr, "fetch URL...\n");
        return 2;
    }
    flow_host_use(flow_uv_host());
    s = flow_flat_map(flow_iterate(next_argument, &urls), body_of, NULL);
    s = flow_write_fd(1, s);
    for (flow_value written; flow_block(s, &written);)
        flow_drop(written);
    failed = flow_failure(s) != NULL;
    if (failed)
        fprintf(stderr, "fetch: %s\n", flow_message(flow_failure(s)));
    flow_close(s);
    flow_uv_close();
    return failed;
}
