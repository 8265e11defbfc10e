/* SPDX-License-Identifier: MIT */
/* Trying a protocol of one's own on made-up networks, one for each seed.
 *
 * The service adds up the numbers it is sent, a line each, and answers with
 * each sum. Written in a hurry, it takes every piece of bytes for a line: to a
 * client that types them one by one, over a fast network, that works, and no
 * test on one machine finds out. Here some worlds do at once; and whichever
 * world it was, its seed brings it back. */
#include <flow/net.h>
#include <flow/simulation.h>

#include <stdlib.h>

static flow_value add(flow_value sum, flow_value line, void *arg)
{
    char digits[16];
    size_t n;
    const char *chars = flow_chars(&line, &n);

    (void)arg;
    snprintf(digits, sizeof digits, "%.*s", (int)n, chars);
    flow_drop(line);
    return flow_int(sum.as.num + strtol(digits, NULL, 10));
}

static flow_value as_line(flow_value sum, void *arg)
{
    (void)arg;
    return flow_textf("%lld\n", (long long)sum.as.num);
}

static flow_stage *hasty(flow_stage *received, void *arg)
{
    return flow_map(flow_scan(received, flow_int(0), add, NULL), as_line, arg);
}

static flow_stage *careful(flow_stage *received, void *arg)
{
    return hasty(flow_lines(received), arg);
}

/* What a client hears in the world of that seed: a LIST, or the error it has
 * failed with. */
static flow_value ask(flow_protocol *sums, uint64_t seed, bool *all_closed)
{
    flow_stage *numbers = flow_list(FLOW_VALUES("10\n", "20\n", "12\n"));
    flow_deferred *service;
    flow_value heard;

    numbers = flow_throttle(numbers, 0.5);          /* typed, by hand       */
    flow_simulation_begin(seed, NULL);
    service = flow_serve("sums:7", sums, NULL, NULL);
    heard = flow_block_all(flow_lines(flow_connect("sums:7", numbers, NULL)));
    flow_release(service);
    *all_closed = flow_simulation_end() == 0;
    return heard;
}

/* A client may be told that the network has failed, but never a wrong sum. */
static void try(const char *name, flow_protocol *sums)
{
    enum { WORLDS = 1000 };
    int right = 0, told = 0, wrong = 0;
    flow_value sum = flow_pack(FLOW_VALUES("10", "30", "42"));

    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        bool all_closed;
        flow_value heard = ask(sums, seed, &all_closed);

        if (!all_closed)
            printf("%s: something is left open with seed %d\n", name,
                   (int)seed);
        if (flow_is_failure(heard))
            told++;
        else if (flow_compare(&heard, &sum) == 0)
            right++;
        else if (wrong++ == 0)
            fprintf(stderr, "%s: wrong with seed %d\n", name, (int)seed);
        flow_drop(heard);
    }
    flow_drop(sum);
    printf("%s: %s\n", name, wrong > 0 ? "wrong in some worlds"
                                       : "never wrong");
    fprintf(stderr, "%s: of %d worlds, right in %d, told why not in %d, wrong "
            "in %d\n", name, WORLDS, right, told, wrong);
}

int main(void)
{
    try("hasty", hasty);
    try("careful", careful);
    return 0;
}
