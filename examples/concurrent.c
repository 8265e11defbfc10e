/* SPDX-License-Identifier: MIT */
/* Concurrent: several stages waited for at once, each read by itself.
 *
 * Merge gives the values; this gives the stage that has some, so that the
 * reader can tell who speaks. Re-creates the Concurrent that the announcement
 * of May 24, 2003 promised for connections with more than one callback. */
#include <flow/flow.h>

/* Says its words, each after a turn of its own. */
static void speak(flow_gen *self, flow_stage *words, void *arg)
{
    flow_value word;

    (void)arg;
    while (flow_next(self, words, &word)) {
        flow_yield(self, word);
        flow_cooperate(self, 0);
    }
}

static void listen(flow_gen *self, flow_stage *both, void *wendy)
{
    flow_value who, word;

    while (flow_next(self, both, &who)) {
        flow_stage *speaker = flow_stage_of(&who);
        while (flow_ready(speaker) > 0 && flow_next(self, speaker, &word)) {
            printf("%s : ", speaker == wendy ? "Wendy" : "James");
            flow_print(stdout, word);
        }
        flow_drop(who);
    }
}

int main(void)
{
    flow_stage *wendy = flow_generate(speak, flow_list(
        FLOW_VALUES("Hello", "How are you", "Bye")), NULL);
    flow_stage *james = flow_generate(speak, flow_list(
        FLOW_VALUES("Hi", "Fine")), NULL);
    flow_stage *both = flow_concurrent(FLOW_STAGES(wendy, james));
    flow_deferred *d = flow_run(flow_generate(listen, both, wendy));

    flow_loop();
    flow_release(d);
    return 0;
}
