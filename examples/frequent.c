/* SPDX-License-Identifier: MIT */
/* The letters of a sentence by how often they come: a flow that goes through
 * other programs, as a pipeline of the shell would.
 *
 *     letters < sort < uniq -c < sort -rn < the first three
 *
 * Each is fed as far as its pipe takes it. When the three have come, the flow
 * is closed: what still runs is killed, and nothing is left. */
#include <flow/process.h>
#include <flow/reactor.h>

#include <string.h>

static flow_status letters(void *state, flow_stage *out)
{
    const char **rest = state;
    size_t n = strspn(*rest, "abcdefghijklmnopqrstuvwxyz");

    if (n > 0)
        flow_give(out, flow_text(*rest, 1));
    *rest += n > 0 || **rest != '\0';
    return **rest != '\0' ? FLOW_READY : FLOW_DONE;
}

int main(void)
{
    const char *rest = "the quick brown fox jumps over the lazy dog";
    flow_stage *s;

    flow_host_use(flow_uv_host());
    s = flow_add_delimiter(flow_iterate(letters, &rest), "\n");
    s = flow_command(FLOW_ARGV("sort"), s, NULL);
    s = flow_command(FLOW_ARGV("uniq", "-c"), s, NULL);
    s = flow_command(FLOW_ARGV("sort", "-k1,1nr", "-k2"), s, NULL);
    s = flow_take(flow_lines(s), 3);
    for (flow_value line; flow_block(s, &line);)
        flow_print(stdout, line);
    if (flow_failure(s) != NULL)
        flow_print_trace(stderr, flow_failure(s));
    flow_close(s);
    flow_uv_close();
    return 0;
}
