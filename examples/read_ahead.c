/* SPDX-License-Identifier: MIT */
/* Row sets: a source that runs on until several results are ready.
 *
 * By default maker and taker alternate. Reading ahead, the maker is switched to
 * once for three values: faster, where order between the two does not matter.
 * Re-creates the row sets of the announcement of May 28, 2003. */
#include <flow/flow.h>

static void make(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source, (void)arg;
    for (int n = 1; n <= 6; n++) {
        printf(" +%d", n);
        flow_yield(self, n);
    }
}

static void take(flow_stage *s)
{
    for (flow_value v; flow_block(s, &v);)
        printf(" -%d", (int)v.as.num);
    printf("\n");
    flow_close(s);
}

int main(void)
{
    printf("one by one:");
    take(flow_generate(make, NULL, NULL));
    printf("in sets of three:");
    take(flow_read_ahead(flow_generate(make, NULL, NULL), 3));
    return 0;
}
