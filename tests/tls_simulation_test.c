/* SPDX-License-Identifier: MIT */
/* TLS in made-up worlds, one for each seed: connections that cut, delay, stall
 * and reset. What a client hears is a beginning of what it should, and all of
 * it unless it is told why not; and nothing is left open. */
#include "harness_inside.h"
#include "tls_harness.h"

#include <flow/net.h>
#include <flow/simulation.h>
#include <string.h>

enum { WORLDS = 400 };

static flow_stage *dial(flow_stage *sent, void *to)
{
    return flow_connect(to, sent, NULL);
}

static const char wanted[] = "<one><two><bye>";

/* Whether it heard all. */
static bool hears_a_beginning(flow_stage *heard)
{
    size_t at = 0, n;
    bool whole;

    for (flow_value v; flow_block(heard, &v); flow_drop(v)) {
        const char *chars = flow_chars(&v, &n);

        MUST(at + n < sizeof wanted && memcmp(wanted + at, chars, n) == 0);
        at += n;
    }
    whole = flow_failure(heard) == NULL;
    MUST(!whole || at == strlen(wanted));
    flow_close(heard);
    return whole;
}

static bool talk_in_a_world(uint64_t seed, struct sides *s)
{
    flow_deferred *service;
    bool whole;

    flow_simulation_begin(seed, NULL);
    s->protocol = brackets;
    service = flow_serve("localhost:7", secured, s, NULL);
    whole = hears_a_beginning(flow_tls_connect(
        "localhost", script("one\n.two\n_bye\nno\n"), s->client, dial,
        "localhost:7"));
    flow_outcome(service);
    flow_release(service);
    MUST(flow_simulation_end() == 0);
    reports();
    return whole;
}

TEST(tls_holds_whatever_a_network_does)
{
    struct sides s = sides();
    int whole = 0;

    for (uint64_t seed = 1; seed <= WORLDS; seed++)
        whole += talk_in_a_world(seed, &s);
    MUST(whole > WORLDS / 10 && whole < WORLDS);
    part(&s);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(tls_holds_whatever_a_network_does),
    };

    int status;

    harness_begin();
    status = run_processes("tls_simulation", tests,
                           sizeof tests / sizeof *tests);
    flow_trim();
    return status;
}
