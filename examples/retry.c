/* SPDX-License-Identifier: MIT */
/* Retry: a source that fails is made anew, after a while.
 *
 * The third attempt succeeds; the waits between them double. Takes up the
 * PauseFlow of the announcement of March 2003, which tried a step again. */
#include <flow/flow.h>

static const flow_error_class BUSY[1] = {{ "Busy", FLOW_EANY }};

static void attempt(flow_gen *self, flow_stage *source, void *arg)
{
    int *attempts = arg;

    (void)source;
    printf("attempt %d\n", ++*attempts);
    if (*attempts < 3)
        flow_fail(self, BUSY, 0, "come back later");
    else
        flow_yield(self, "welcome");
}

static flow_stage *make(void *attempts)
{
    return flow_generate(attempt, NULL, attempts);
}

int main(void)
{
    int attempts = 0;
    flow_stage *s = flow_retry(make, &attempts, BUSY, 5, 0.05);

    for (flow_value v; flow_block(s, &v);)
        flow_print(stdout, v);
    flow_close(s);
    return 0;
}
