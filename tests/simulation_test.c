/* SPDX-License-Identifier: MIT */
/* Services and their clients in made-up worlds, one for each seed:
 *
 *     simulation_test [--seeds N] [--seed FIRST] [--service NAME] [--trace]
 *
 * In each, some clients talk to one service at once, sending in odd pieces and
 * with pauses; some leave before they have heard all. Whatever the network
 * does, a client hears a beginning of what it should hear, in order, and all of
 * it unless it is told why not; and when all is over, nothing is left. */
#include "worlds.h"

#include <stdlib.h>
#include <string.h>

#define SERVER "server:7"
#define BEHIND "behind:7"           /* serves echo, to servers              */

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

        text_add(asked, &c, 1);
        text_add(wanted, &c, 1);
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
        text_add(asked, line, n);
        for (size_t i = n; i > 0; i--)
            text_add(wanted, &line[i - 1], 1);
        text_add(asked, "\n", 1);
        text_add(wanted, "\n", 1);
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

    text_add(t, number,
             (size_t)snprintf(number, sizeof number, "%u%s", n, end));
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
    text_add(asked, line, n + 1);
    text_add(wanted, line, n + 1);
    for (size_t more = below(5); more > 0; more--)
        text_add(asked, line, n + 1);
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
    struct visit visit;
};

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

static void begin_client(struct client *c, const struct service *s, bool good)
{
    flow_connect_options o = { 0 };
    flow_stage *answers;

    memset(c, 0, sizeof *c);
    s->ask(&c->asked, &c->wanted);
    if (!good)
        o.conn = impatience();
    answers = flow_connect(SERVER, flow_generate(send_pieces, NULL,
                                                 &c->asked), &o);
    begin_visit(&c->visit, flow_generate(hear, answers, c));
}

/* Good: nothing may go wrong in that world. */
static void end_client(struct client *c, bool good)
{
    const flow_value *outcome = outcome_of_visit(&c->visit);

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
    end_visit(&c->visit);
    free(c->asked.chars);
    free(c->wanted.chars);
}

/* ---- Worlds ------------------------------------------------------------- */
static flow_deferred *begin_service(const char *at, flow_protocol *p, bool good)
{
    flow_service_options o = service_in_world(good);

    return flow_serve(at, p, NULL, &o);
}

static void live(const void *arg, bool good)
{
    const struct service *s = arg;
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

int main(int argc, char **argv)
{
    struct world worlds[SERVICES];

    for (int i = 0; i < SERVICES; i++)
        worlds[i] = (struct world){ services[i].name, live, &services[i] };
    return run_worlds("simulation", worlds, SERVICES, argc, argv);
}
