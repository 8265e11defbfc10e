/* SPDX-License-Identifier: MIT */
/* Many connections, much data, peers that do not read, and no descriptors left:
 * too long to be repeated for each allocation, so each runs once. */
#include "harness_inside.h"
#include "net_harness.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- Many --------------------------------------------------------------- */
TEST(a_thousand_clients_are_served_at_once)
{
    enum { CLIENTS = 1000 };
    static flow_deferred *client[CLIENTS];
    flow_deferred *all;
    const flow_value *outcome, *item;
    size_t n;
    int port;
    flow_deferred *service;
    char text[32];

    many_descriptors();
    service = serving(brackets, NULL, &port);
    for (int i = 0; i < CLIENTS; i++)
        client[i] = flow_run(flow_collect(connecting(port,
            flow_list(FLOW_VALUES(flow_textf("%d", i), "\nbye\n")))));
    all = flow_gather(client, CLIENTS);
    while (!flow_fired(all))
        flow_host_here()->turn(flow_host_here(), true);
    outcome = flow_outcome(all);
    if (flow_message(outcome)[0] != '\0')
        fprintf(stderr, "failed: %s\n", flow_message(outcome));
    item = flow_items(outcome, &n);
    CHECK(n == CLIENTS);
    for (size_t i = 0; i < n; i++) {
        size_t pieces, len;
        const flow_value *piece = flow_items(&item[i], &pieces);
        const char *heard = flow_chars(piece, &len);

        snprintf(text, sizeof text, "<%zu>", i);
        CHECK(pieces > 0 && len >= strlen(text)
              && memcmp(heard, text, strlen(text)) == 0);
    }
    flow_release(all);
    served(service);
}

enum { FEW = 50 };
static int few[FEW];

static bool say_they_are_there(int port)
{
    bool good = true;

    for (int i = 0; i < FEW; i++)
        good = peer_connects_by(few[i], port) && peer_says(few[i], "me\nbye\n")
            && good;
    for (int i = 0; i < FEW; i++)
        good = peer_hears(few[i], "<me><bye>") && peer_sees_end(few[i]) && good;
    return good;
}

TEST(without_descriptors_accepting_pauses)
{
    struct rlimit l, less;
    int port;
    flow_deferred *service;

    if (under_valgrind())
        return;                             /* it keeps no such limit       */
    service = serving(brackets, NULL, &port);
    for (int i = 0; i < FEW; i++)
        few[i] = peer_socket();
    getrlimit(RLIMIT_NOFILE, &l);
    less = l;
    less.rlim_cur = (rlim_t)few[FEW - 1] + 10;
    setrlimit(RLIMIT_NOFILE, &less);
    CHECK(with_peer(say_they_are_there, port));
    setrlimit(RLIMIT_NOFILE, &l);
    CHECK(strstr(reports(), "accepting pauses with ") != NULL);
    CHECK(strstr(reports(), "Too many open files") != NULL);
    served(service);
}

TEST(an_idle_connection_costs_no_more_than_is_said)
{
    int port;
    flow_deferred *service = serving(echo, NULL, &port);
    size_t before = memory_live().bytes, after;

    for (int i = 0; i < FEW; i++)
        few[i] = peer_connects(port);
    run_for(0.02, NULL);
    after = memory_live().bytes;
    CHECK(after > before && after - before < FEW * 2048);
    for (int i = 0; i < FEW; i++)
        close(few[i]);
    served(service);
}

/* ---- Much --------------------------------------------------------------- */
enum { PIECE = 65536 };

struct much { size_t pieces, given; };

static void give_much(flow_gen *self, flow_stage *source, void *arg)
{
    struct much *m = arg;
    uint32_t n = 1;

    (void)source;
    for (m->given = 0; m->given < m->pieces; m->given++) {
        char *to;
        flow_value v = flow_buffer(PIECE, &to);

        for (size_t i = 0; to != NULL && i < PIECE; i++)
            to[i] = (char)((n = n * 1664525 + 1013904223) >> 24);
        if (!flow_yield(self, v))
            return;
    }
}

static uint64_t sum(uint64_t h, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)s[i]) * 1099511628211u;
    return h;
}

static uint64_t sum_of(flow_stage *s, size_t *bytes_out)
{
    uint64_t h = 14695981039346656037u;

    *bytes_out = 0;
    for (flow_value v; flow_block(s, &v); flow_drop(v)) {
        size_t n;
        const char *chars = flow_chars(&v, &n);

        h = sum(h, chars, n);
        *bytes_out += n;
    }
    CHECK(flow_failure(s) == NULL);
    flow_close(s);
    return h;
}

TEST(much_arrives_whole)
{
    struct much m = { .pieces = 512 }, same = m;
    size_t bytes, there_and_back;
    int port;
    flow_deferred *service = serving(echo, NULL, &port);
    uint64_t sent = sum_of(flow_generate(give_much, NULL, &same), &bytes);
    uint64_t heard = sum_of(
        connecting(port, flow_generate(give_much, NULL, &m)),
        &there_and_back);

    CHECK(bytes == (size_t)512 * PIECE && there_and_back == bytes);
    CHECK(heard == sent);
    served(service);
}

/* ---- Peers that do not read, and protocols that do not ------------------ */
static struct much flood;

static flow_stage *flooding(flow_stage *received, void *arg)
{
    (void)arg;
    return flow_generate(give_much, received, &flood);
}

static bool does_not_read(int port)
{
    int fd = peer_connects(port);

    usleep(500000);
    return close(fd) == 0;
}

TEST(who_does_not_read_is_sent_no_more)
{
    int port;
    flow_deferred *service;

    flood = (struct much){ .pieces = 100000 };
    service = serving(flooding, NULL, &port);
    CHECK(with_peer(does_not_read, port));
    CHECK(flood.given > 0 && flood.given < 1000);   /* the kernel's buffers */
    served(service);
}

static void sleep_long(flow_gen *self, flow_stage *received, void *arg)
{
    (void)received;
    (void)arg;
    flow_cooperate(self, 1000);
}

static flow_stage *sleeping(flow_stage *received, void *arg)
{
    return flow_generate(sleep_long, received, arg);
}

/* The kernel takes some megabytes; nobody takes them from the kernel. */
static bool sends_until_nobody_reads(int port)
{
    static char much[PIECE];
    int fd = peer_connects(port), refused = 0;

    fcntl(fd, F_SETFL, O_NONBLOCK);
    for (int i = 0; i < 2000 && refused < 20; i++) {
        if (send(fd, much, sizeof much, MSG_NOSIGNAL) > 0) {
            refused = 0;
        } else {
            refused++;
            usleep(1000);
        }
    }
    return close(fd) == 0 && refused == 20;
}

TEST(nothing_is_received_that_nobody_asks_for)
{
    int port;
    flow_deferred *service = serving(sleeping, NULL, &port);

    CHECK(with_peer(sends_until_nobody_reads, port));
    served(service);
}

static bool is_served_meanwhile(int port)
{
    int deaf = peer_connects(port), fd;

    usleep(20000);
    fd = peer_connects(port);
    for (int i = 0; i < 200; i++) {
        char c[PIECE];

        if (recv(fd, c, sizeof c, 0) <= 0)
            return false;
    }
    return close(deaf) == 0 && close(fd) == 0;
}

TEST(who_does_not_read_holds_up_nobody)
{
    int port;
    flow_deferred *service;

    flood = (struct much){ .pieces = 1000000 };
    service = serving(flooding, NULL, &port);
    CHECK(with_peer(is_served_meanwhile, port));
    served(service);
}

/* ---- Little, for long --------------------------------------------------- */
static bool says_a_little_now_and_then(int port)
{
    int fd = peer_connects(port);

    for (int n = 0; n < 50; n++) {
        if (!peer_says(fd, ".") || !peer_hears(fd, "."))
            return false;
        usleep(10000);
    }
    return close(fd) == 0;
}

TEST(who_says_something_now_and_then_is_not_idle)
{
    int port;
    flow_service_options o = { .conn = { .idle = 0.3, .loss_fails = true } };
    flow_deferred *service = serving_with(echo, NULL, &o, &port);
    bool done = with_peer(says_a_little_now_and_then, port);

    CHECK(done);
    served(service);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_thousand_clients_are_served_at_once),
        CASE(without_descriptors_accepting_pauses),
        CASE(an_idle_connection_costs_no_more_than_is_said),
        CASE(much_arrives_whole),
        CASE(who_does_not_read_is_sent_no_more),
        CASE(nothing_is_received_that_nobody_asks_for),
        CASE(who_does_not_read_holds_up_nobody),
        CASE(who_says_something_now_and_then_is_not_idle),
    };
    setenv("FLOW_TORTURE", "none", 1);
    return run_tests("net_many", tests, sizeof tests / sizeof *tests);
}
