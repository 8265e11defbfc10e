/* SPDX-License-Identifier: MIT */
/* Zip and Merge: two stages read as one.
 *
 * Zip waits for a value of each; Merge takes what is there, and so passes over
 * Right while it pauses. Re-creates the Right and Left of the Flow manual
 * (2003). */
#include <flow/flow.h>

static void right(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source, (void)arg;
    flow_yield(self, "one");
    flow_yield(self, "two");
    flow_cooperate(self, 0);
    flow_yield(self, "three");
}

static void left(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source, (void)arg;
    flow_yield(self, 1);
    flow_yield(self, 2);
    flow_yield(self, 3);
}

static void print_list(const char *title, flow_stage *s)
{
    printf("%s ", title);
    flow_print(stdout, flow_block_all(s));
}

int main(void)
{
    print_list("Zip", flow_zip(FLOW_STAGES(flow_generate(right, NULL, NULL),
                                           flow_generate(left, NULL, NULL))));
    print_list("Merge",
               flow_merge(FLOW_STAGES(flow_generate(right, NULL, NULL),
                                      flow_generate(left, NULL, NULL))));
    return 0;
}
