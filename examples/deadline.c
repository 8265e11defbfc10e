/* SPDX-License-Identifier: MIT */
/* Deadlines: time-outs are stages too.
 *
 * A deadline is for all values together, `within` for each of them. What is
 * still being waited for then is closed, and tidies up. Not in the documents of
 * 2003, where every reader had to watch the clock itself. */
#include <flow/flow.h>

static void slow(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source, (void)arg;
    flow_yield(self, "at once");
    if (flow_cooperate(self, 3600))
        flow_yield(self, "an hour later");
    else
        printf("the slow source tidies up\n");
}

static void print_all(const char *title, flow_stage *s)
{
    printf("%s:\n", title);
    for (flow_value v; flow_block(s, &v);)
        flow_print(stdout, v);
    if (flow_failure(s) != NULL)
        printf("%s\n", flow_class_of(flow_failure(s))->name);
    flow_close(s);
}

int main(void)
{
    print_all("deadline", flow_deadline(flow_generate(slow, NULL, NULL), 0.1));
    print_all("within", flow_within(flow_generate(slow, NULL, NULL), 0.1));
    return 0;
}
