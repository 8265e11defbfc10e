/* SPDX-License-Identifier: MIT */
/* See worlds.h. */
#include "worlds.h"

#include <stdlib.h>
#include <string.h>

/* ---- Of use in them ------------------------------------------------------ */
void text_add(struct text *t, const char *chars, size_t n)
{
    if (t->n + n > t->room) {
        t->room = 2 * (t->n + n);
        t->chars = realloc(t->chars, t->room);
        if (t->chars == NULL)
            abort();
    }
    if (n > 0)
        memcpy(t->chars + t->n, chars, n);
    t->n += n;
}

void send_pieces(flow_gen *self, flow_stage *source, void *arg)
{
    const struct text *t = arg;
    size_t at = 0;

    (void)source;
    while (at < t->n) {
        size_t n = 1 + below((unsigned)(t->n - at));

        if (one_in(3) && !flow_cooperate(self, (double)below(100) / 50))
            return;
        if (!flow_yield(self, flow_bytes(t->chars + at, n)))
            return;
        at += n;
    }
}

static void leave(flow_task *t)
{
    struct visit *v = (struct visit *)(void *)
        ((char *)t - offsetof(struct visit, leaves));

    v->left = true;
    flow_outcome(v->run);
    flow_release(v->run);
    v->run = NULL;
}

void begin_visit(struct visit *v, flow_stage *flow)
{
    flow_host *host = flow_host_here();

    *v = (struct visit){ .run = flow_run(flow), .leaves = { .call = leave } };
    if (one_in(8))
        host->post(host, &v->leaves, (double)below(100) / 20);
}

const flow_value *outcome_of_visit(const struct visit *v)
{
    const flow_value *outcome = v->left ? NULL : flow_outcome(v->run);

    if (!v->left && outcome == NULL)
        complain("a client never ends");
    return outcome;
}

void end_visit(struct visit *v)
{
    flow_host_here()->cancel(flow_host_here(), &v->leaves);
    flow_release(v->run);
}

flow_conn_options impatience(void)
{
    flow_conn_options o = { 0 };

    o.idle = one_in(3) ? 5 : 0;
    o.total = one_in(3) ? 20 : 0;
    o.loss_fails = one_in(2);
    return o;
}

static void ignore(const flow_value *error, const char *peer, void *arg)
{
    (void)error, (void)peer, (void)arg;
}

flow_service_options service_in_world(bool good)
{
    flow_service_options o = { .failed = ignore };

    o.most = one_in(3) ? 1 + below(2) : 0;
    if (!good)
        o.conn = impatience();
    return o;
}

void end_service(flow_deferred *service)
{
    if (one_in(2)) {
        flow_drain(service, 1);
        flow_loop();
        if (!flow_fired(service))
            complain("a service does not end in peace");
    }
    flow_outcome(service);
    flow_release(service);
}

/* ---- Worlds -------------------------------------------------------------- */
/* Every other one is good. */
static void run_world(const struct world *w, uint64_t seed, FILE *trace)
{
    bool good = seed % 2 == 0;
    flow_faults f = { 0 };
    size_t open;

    seed_chance(seed);
    f.delay = (double)below(100) / 50;
    f.cut = (double)below(100) / 100;
    f.room = 1 + below(one_in(2) ? 50 : 5000);
    if (!good) {
        f.stall = one_in(2) ? 0.02 : 0;
        f.refuse = one_in(4) ? 0.2 : 0;
        f.reset = one_in(2) ? 0.05 : 0.002;
    }
    flow_simulation_begin(seed, seed % 4 == 1 ? NULL : &f);
    flow_simulation_trace(trace);
    w->live(w->arg, good);
    open = flow_simulation_end();
    if (open > 0)
        complain("%zu connections or services are still open", open);
    if (*reports() != '\0')
        complain("reports: %s", reports());
}

static bool holds(const char *program, const struct world *w, uint64_t seed,
                  FILE *trace)
{
    struct memory before, after;

    harness_at("%s: FAILED; again with its trace:\n    "
               "build/tests/%s_test --service %s --seed %llu --trace", program,
               program, w->name, (unsigned long long)seed);
    reports_forget();
    flow_trim();
    before = memory_live();
    run_world(w, seed, trace);
    flow_trim();
    after = memory_live();
    if (memcmp(&before, &after, sizeof before) != 0)
        complain("leaks: %zd blocks, %zd bytes",
                 (ssize_t)(after.blocks - before.blocks),
                 (ssize_t)(after.bytes - before.bytes));
    return !harness_failed();
}

/* A world is the same each time. */
static bool repeats(const char *program, const struct world *w, uint64_t seed)
{
    char *text[2] = { NULL, NULL };
    size_t size[2];
    bool same;

    for (int i = 0; i < 2; i++) {
        FILE *trace = open_memstream(&text[i], &size[i]);

        holds(program, w, seed, trace);
        fclose(trace);
    }
    same = size[0] > 0 && strcmp(text[0], text[1]) == 0;
    if (!same)
        complain("a second run is not as the first");
    free(text[0]);
    free(text[1]);
    return same;
}

/* ---- The program --------------------------------------------------------- */
enum { EVERY = 20 };                /* world is looked at twice             */

static const char *option(int argc, char **argv, const char *name,
                          const char *otherwise)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return i + 1 < argc ? argv[i + 1] : "";
    return otherwise;
}

struct seeds { unsigned long long first, n; FILE *trace; };

static bool fails(const char *program, const struct world *w,
                  const struct seeds *s)
{
    unsigned long long failed = 0;

    for (unsigned long long i = 0; i < s->n && failed < 5; i++)
        failed += !holds(program, w, s->first + i, s->trace)
            || ((s->first + i) % EVERY == 0
                && !repeats(program, w, s->first + i));
    return failed > 0;
}

int run_worlds(const char *program, const struct world *worlds, size_t n,
               int argc, char **argv)
{
    bool traced = option(argc, argv, "--trace", NULL) != NULL;
    const char *only = option(argc, argv, "--service", NULL);
    struct seeds s = { .trace = traced ? stdout : NULL };
    int passed = 0, failed = 0;

    s.n = argument(argc, argv, "--seeds", traced ? 1 : 200);
    s.first = argument(argc, argv, "--seed", 1);
    harness_begin();
    for (size_t i = 0; i < n; i++) {
        if (only != NULL && strcmp(only, worlds[i].name) != 0)
            continue;
        if (fails(program, &worlds[i], &s))
            failed++;
        else
            passed++;
    }
    printf("%llu worlds from seed %llu, for each service\n", s.n, s.first);
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
