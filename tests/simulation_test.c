/* SPDX-License-Identifier: MIT */
/* Services and their clients in made-up worlds, one for each seed:
 *
 *     simulation_test [--seeds N] [--seed FIRST] [--service NAME] [--trace]
 *
 * In each, some clients talk to one service at once, sending in odd pieces and
 * with pauses; some leave before they have heard all. Whatever the network
 * does, a client hears a beginning of what it should hear, in order, and all of
 * it unless it is told why not; and when all is over, nothing is left. */
#include "harness_inside.h"

#include <flow/net.h>
#include <flow/simulation.h>
#include <stdlib.h>
#include <string.h>

#define SERVER "server:7"
#define BEHIND "behind:7"           /* serves echo, to servers              */

/* ---- Text that grows ---------------------------------------------------- */
struct text { char *chars; size_t n, room; };

static void add(struct text *t, const char *chars, size_t n)
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

/* ---- Echo --------------------------------------------------------------- */
static flow_stage *echo(flow_stage *received, void *arg)
{
    (void)arg;
    return received;
}

static void ask_echo(struct text *asked, struct text *wanted)
{
    size_t n = one_in(20) ? below(20000) : below(200);

    for (size_t i = 0; i < n; i++) {
        char c = (char)below(256);

        add(asked, &c, 1);
        add(wanted, &c, 1);
    }
}

/* ---- Relay: an echo, two connections away ------------------------------- */
static flow_stage *relay(flow_stage *received, void *arg)
{
    (void)arg;
    return flow_connect(BEHIND, received, NULL);
}

/* ---- Lines: each comes back the other way round ------------------------- */
static flow_value turn(flow_value line, void *arg)
{
    size_t n;
    const char *from = flow_chars(&line, &n);
    char *to;
    flow_value turned = flow_buffer(n, &to);

    (void)arg;
    for (size_t i = 0; to != NULL && i < n; i++)
        to[i] = from[n - 1 - i];
    flow_drop(line);
    return turned;
}

static flow_stage *turn_lines(flow_stage *received, void *arg)
{
    return flow_add_delimiter(flow_map(flow_lines(received), turn, arg), "\n");
}

static void ask_lines(struct text *asked, struct text *wanted)
{
    char line[50];

    for (size_t lines = below(10); lines > 0; lines--) {
        size_t n = below(sizeof line);

        for (size_t i = 0; i < n; i++)
            line[i] = (char)('a' + below(26));
        add(asked, line, n);
        for (size_t i = n; i > 0; i--)
            add(wanted, &line[i - 1], 1);
        add(asked, "\n", 1);
        add(wanted, "\n", 1);
    }
}

/* ---- Factoring ---------------------------------------------------------- */
enum { STEPS = 200 };                       /* until others have their turn */

static bool yields_factors(flow_gen *self, unsigned n)
{
    unsigned steps = 0;

    for (unsigned p = 2; p * p <= n; p++) {
        for (; n % p == 0 && n > p; n /= p)
            if (!flow_yield(self, flow_textf("%u ", p)))
                return false;
        if (++steps % STEPS == 0 && !flow_cooperate(self, 0))
            return false;
    }
    return flow_yield(self, flow_textf("%u\n", n));
}

static void factor_lines(flow_gen *self, flow_stage *lines, void *arg)
{
    flow_value line;
    bool more = true;

    (void)arg;
    while (more && flow_next(self, lines, &line)) {
        char number[12];
        size_t n;
        const char *chars = flow_chars(&line, &n);

        snprintf(number, sizeof number, "%.*s", (int)n, chars);
        flow_drop(line);
        more = yields_factors(self, (unsigned)strtoul(number, NULL, 10));
    }
}

static flow_stage *factoring(flow_stage *received, void *arg)
{
    return flow_generate(factor_lines, flow_lines(received), arg);
}

static void add_number(struct text *t, unsigned n, const char *end)
{
    char number[16];

    add(t, number, (size_t)snprintf(number, sizeof number, "%u%s", n, end));
}

static void ask_factors(struct text *asked, struct text *wanted)
{
    for (size_t lines = below(6); lines > 0; lines--) {
        unsigned n = 2 + (unsigned)below(1000000);

        add_number(asked, n, "\n");
        for (unsigned p = 2; p * p <= n; p++)
            for (; n % p == 0 && n > p; n /= p)
                add_number(wanted, p, " ");
        add_number(wanted, n, "\n");
    }
}

/* ---- First: the first line comes back, and that was all ----------------- */
static flow_stage *first_line(flow_stage *received, void *arg)
{
    (void)arg;
    return flow_add_delimiter(flow_take(flow_lines(received), 1), "\n");
}

/* The client goes on sending. */
static void ask_first(struct text *asked, struct text *wanted)
{
    char line[1000];
    size_t n = below(sizeof line - 1);

    memset(line, 'x', n);
    line[n] = '\n';
    add(asked, line, n + 1);
    add(wanted, line, n + 1);
    for (size_t more = below(5); more > 0; more--)
        add(asked, line, n + 1);
}

static const struct service {
    const char *name;
    flow_protocol *protocol;
    void (*ask)(struct text *asked, struct text *wanted);
} services[] = {
    { "echo", echo, ask_echo },
    { "relay", relay, ask_echo },
    { "lines", turn_lines, ask_lines },
    { "factoring", factoring, ask_factors },
    { "first", first_line, ask_first },
};
enum { SERVICES = sizeof services / sizeof *services };

/* ---- Clients ------------------------------------------------------------ */
enum { CLIENTS = 4 };

struct client {
    struct text asked, wanted;
    size_t heard;
    flow_deferred *run;
    flow_task leaves;                       /* before it has heard all      */
    bool left;
};

static void send_pieces(flow_gen *self, flow_stage *source, void *arg)
{
    const struct client *c = arg;
    size_t at = 0;

    (void)source;
    while (at < c->asked.n) {
        size_t n = 1 + below((unsigned)(c->asked.n - at));

        if (one_in(3) && !flow_cooperate(self, (double)below(100) / 50))
            return;
        if (!flow_yield(self, flow_bytes(c->asked.chars + at, n)))
            return;
        at += n;
    }
}

static void hear(flow_gen *self, flow_stage *answers, void *arg)
{
    struct client *c = arg;
    flow_value v;

    while (flow_next(self, answers, &v)) {
        size_t n;
        const char *chars = flow_chars(&v, &n);

        if (n > c->wanted.n - c->heard)
            complain("a client hears more than it should");
        else if (memcmp(chars, c->wanted.chars + c->heard, n) != 0)
            complain("a client hears something else");
        else
            c->heard += n;
        flow_drop(v);
    }
    flow_yield(self, "all");
}

static void leave(flow_task *t)
{
    struct client *c = (struct client *)(void *)
        ((char *)t - offsetof(struct client, leaves));

    c->left = true;
    flow_outcome(c->run);
    flow_release(c->run);
    c->run = NULL;
}

/* Peers that are slow shall be given up. */
static flow_conn_options impatience(void)
{
    flow_conn_options o = { 0 };

    o.idle = one_in(3) ? 5 : 0;
    o.total = one_in(3) ? 20 : 0;
    o.loss_fails = one_in(2);
    return o;
}

static void begin_client(struct client *c, const struct service *s, bool good)
{
    flow_host *host = flow_host_here();
    flow_connect_options o = { 0 };
    flow_stage *answers;

    memset(c, 0, sizeof *c);
    s->ask(&c->asked, &c->wanted);
    if (!good)
        o.conn = impatience();
    answers = flow_connect(SERVER, flow_generate(send_pieces, NULL, c), &o);
    c->run = flow_run(flow_generate(hear, answers, c));
    c->leaves.call = leave;
    if (one_in(8))
        host->post(host, &c->leaves, (double)below(100) / 20);
}

/* Good: nothing may go wrong in that world. */
static void end_client(struct client *c, bool good)
{
    const flow_value *outcome = c->left ? NULL : flow_outcome(c->run);

    if (!c->left && outcome == NULL)
        complain("a client never ends");
    if (outcome != NULL && flow_is_failure(*outcome)) {
        if (good)
            complain("a client fails: %s", flow_message(outcome));
        if (!flow_is(outcome, FLOW_ESYSTEM) && !flow_is(outcome, FLOW_ETIMEOUT))
            complain("a client is told nothing useful: %s",
                     flow_message(outcome));
    } else if (outcome != NULL && c->heard != c->wanted.n) {
        complain("a client takes %zu bytes of %zu for all", c->heard,
                 c->wanted.n);
    }
    flow_host_here()->cancel(flow_host_here(), &c->leaves);
    flow_release(c->run);
    free(c->asked.chars);
    free(c->wanted.chars);
}

/* ---- Worlds ------------------------------------------------------------- */
static void ignore(const flow_value *error, const char *peer, void *arg)
{
    (void)error, (void)peer, (void)arg;
}

static void end_service(flow_deferred *service)
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

static flow_deferred *begin_service(const char *at, flow_protocol *p, bool good)
{
    flow_service_options o = { .failed = ignore };

    o.most = one_in(3) ? 1 + below(2) : 0;
    if (!good)
        o.conn = impatience();
    return flow_serve(at, p, NULL, &o);
}

static void live(const struct service *s, bool good)
{
    flow_deferred *behind = begin_service(BEHIND, echo, good);
    flow_deferred *service = begin_service(SERVER, s->protocol, good);
    struct client clients[CLIENTS];
    size_t n = 1 + below(CLIENTS);

    for (size_t i = 0; i < n; i++)
        begin_client(&clients[i], s, good);
    flow_loop();
    if (flow_fired(service) || flow_fired(behind))
        complain("a service ends by itself");
    for (size_t i = 0; i < n; i++)
        end_client(&clients[i], good);
    end_service(service);
    end_service(behind);
    flow_loop();
}

/* Every other one is good. */
static void run_world(const struct service *s, uint64_t seed, FILE *trace)
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
    live(s, good);
    open = flow_simulation_end();
    if (open > 0)
        complain("%zu connections or services are still open", open);
    if (*reports() != '\0')
        complain("reports: %s", reports());
}

static bool holds(const struct service *s, uint64_t seed, FILE *trace)
{
    struct memory before, after;

    harness_at("simulation: FAILED; again with its trace:\n    "
               "build/tests/simulation_test --service %s --seed %llu --trace",
               s->name, (unsigned long long)seed);
    reports_forget();
    flow_trim();
    before = memory_live();
    run_world(s, seed, trace);
    flow_trim();
    after = memory_live();
    if (memcmp(&before, &after, sizeof before) != 0)
        complain("leaks: %zd blocks, %zd bytes",
                 (ssize_t)(after.blocks - before.blocks),
                 (ssize_t)(after.bytes - before.bytes));
    return !harness_failed();
}

/* A world is the same each time. */
static bool repeats(const struct service *s, uint64_t seed)
{
    char *text[2] = { NULL, NULL };
    size_t size[2];
    bool same;

    for (int i = 0; i < 2; i++) {
        FILE *trace = open_memstream(&text[i], &size[i]);

        holds(s, seed, trace);
        fclose(trace);
    }
    same = size[0] > 0 && strcmp(text[0], text[1]) == 0;
    if (!same)
        complain("a second run is not as the first");
    free(text[0]);
    free(text[1]);
    return same;
}

/* ---- The program -------------------------------------------------------- */
enum { EVERY = 20 };                /* world is looked at twice             */

static const char *option(int argc, char **argv, const char *name,
                          const char *otherwise)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return i + 1 < argc ? argv[i + 1] : "";
    return otherwise;
}

static unsigned long long fails(const struct service *s,
                                unsigned long long first,
                                unsigned long long seeds, FILE *trace)
{
    unsigned long long failed = 0;

    for (unsigned long long i = 0; i < seeds && failed < 5; i++)
        failed += !holds(s, first + i, trace)
            || ((first + i) % EVERY == 0 && !repeats(s, first + i));
    return failed;
}

int main(int argc, char **argv)
{
    bool traced = option(argc, argv, "--trace", NULL) != NULL;
    const char *only = option(argc, argv, "--service", NULL);
    unsigned long long first, seeds;
    int passed = 0, failed = 0;

    seeds = strtoull(option(argc, argv, "--seeds", traced ? "1" : "200"), NULL,
                     10);
    first = strtoull(option(argc, argv, "--seed", "1"), NULL, 10);
    harness_begin();
    for (int i = 0; i < SERVICES; i++) {
        if (only != NULL && strcmp(only, services[i].name) != 0)
            continue;
        if (fails(&services[i], first, seeds, traced ? stdout : NULL) > 0)
            failed++;
        else
            passed++;
    }
    printf("%llu worlds from seed %llu, for each service\n", seeds, first);
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
