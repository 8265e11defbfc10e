/* SPDX-License-Identifier: MIT */
/* Gather: several flows run at once, and waited for together.
 *
 * `fetch` stands for an answer from afar. All three take no longer than the
 * slowest alone; when only the first counts, the others are given up.
 * Re-creates the DeferredList of the Flow manual (2003). */
#include <flow/flow.h>

struct site {
    const char *name;
    double seconds;
};

static struct site sites[] = {
    { "north", 0.3 }, { "south", 0.1 }, { "west", 0.2 }
};

static void fetch(flow_gen *self, flow_stage *source, void *arg)
{
    const struct site *site = arg;

    (void)source;
    if (flow_cooperate(self, site->seconds))
        printf("%s answers\n", site->name);
    else
        printf("%s is given up\n", site->name);
    flow_yield(self, site->name);
}

/* Runs all three until the deferred made of them has fired. */
static void fetch_all(flow_deferred *of(flow_deferred *const *d, size_t n))
{
    flow_deferred *answers[3], *d;

    for (int i = 0; i < 3; i++)
        answers[i] = flow_run(flow_generate(fetch, NULL, &sites[i]));
    d = of(answers, 3);
    flow_loop();
    flow_print(stdout, flow_share(*flow_outcome(d)));
    flow_release(d);
}

int main(void)
{
    fetch_all(flow_gather);
    fetch_all(flow_first_of);
    return 0;
}
