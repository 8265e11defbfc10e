/* SPDX-License-Identifier: MIT */
/* What services and clients may wish: limits in number and in time, an end in
 * peace, a protocol at both ends. */
#include "net_harness.h"

#include "net/peers.h"
#include "net/sockets.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char told[160];
static atomic_bool was_told;                /* looked at by another thread  */

static void tell(const flow_value *error, const char *peer, void *arg)
{
    const char *after = strstr(flow_message(error), peer);

    (void)arg;
    snprintf(told, sizeof told, "%s:%s", flow_class_of(error)->name,
             after != NULL ? after + strlen(peer) : flow_message(error));
    was_told = true;
}

static bool is_told(void)
{
    return told[0] != '\0' || disturbed();
}

/* Gives nothing, and reads until the end; its answer is the same. */
static void listen_only(flow_gen *self, flow_stage *received, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, received, &v))
        flow_drop(v);
    flow_yield(self, "end");
}

static flow_stage *listening(flow_stage *received, void *arg)
{
    return flow_generate(listen_only, received, arg);
}

/* ---- Time --------------------------------------------------------------- */
static bool says_nothing(int port)
{
    return peer_sees_reset(peer_connects(port));
}

TEST(who_says_nothing_is_reset_after_a_while)
{
    int port;
    flow_service_options o = { .conn = { .idle = 0.02 }, .failed = tell };
    flow_deferred *service = serving_with(listening, NULL, &o, &port);
    bool done;

    told[0] = '\0';
    done = with_peer(says_nothing, port);
    CHECK(done);
    CHECK(told[0] == '\0');                 /* a loss, and so an end        */
    served(service);
}

TEST(an_idle_connection_is_a_failure_for_those_who_wish_it)
{
    int port;
    flow_service_options o = {
        .conn = { .idle = 0.02, .loss_fails = true }, .failed = tell
    };
    flow_deferred *service = serving_with(listening, NULL, &o, &port);
    bool done;

    told[0] = '\0';
    done = with_peer(says_nothing, port);
    run_for(5, is_told);
    CHECK(done);
    CHECK(strcmp(told, "Timeout: is idle for too long") == 0);
    served(service);
}

static void think(flow_gen *self, flow_stage *received, void *arg)
{
    flow_value v;

    (void)arg;
    if (flow_next(self, received, &v)) {
        flow_drop(v);
        flow_cooperate(self, 0.1);
        flow_yield(self, "thought");
    }
}

static flow_stage *thinking(flow_stage *received, void *arg)
{
    return flow_generate(think, received, arg);
}

TEST(while_the_protocol_thinks_nobody_is_idle)
{
    int port;
    flow_service_options o = { .conn = { .idle = 0.03, .loss_fails = true } };
    flow_deferred *service = serving_with(thinking, NULL, &o, &port);

    hears("thought", connecting(port, saying("?")));
    served(service);
}

static void give_without_end(flow_gen *self, flow_stage *received, void *arg)
{
    static char much[65536];

    (void)received;
    (void)arg;
    while (flow_yield(self, flow_bytes(much, sizeof much)))
        ;
}

static flow_stage *giving_without_end(flow_stage *received, void *arg)
{
    return flow_generate(give_without_end, received, arg);
}

static bool reads_nothing(int port)
{
    int fd = peer_connects(port);

    for (int n = 0; n < 1000 && !was_told; n++)
        usleep(1000);
    return close(fd) == 0;
}

TEST(who_reads_nothing_is_idle)
{
    int port;
    flow_service_options o = {
        .conn = { .idle = 0.02, .loss_fails = true }, .failed = tell
    };
    flow_deferred *service = serving_with(giving_without_end, NULL, &o, &port);
    bool done;

    told[0] = '\0';
    was_told = false;
    done = with_peer(reads_nothing, port);
    run_for(5, is_told);
    CHECK(done);
    CHECK(strcmp(told, "Timeout: is idle for too long") == 0);
    served(service);
}

static bool talks_without_end(int port)
{
    int fd = peer_connects(port);

    while (peer_says(fd, "."))
        usleep(1000);
    close(fd);
    return true;
}

TEST(no_connection_lasts_longer_than_it_may)
{
    int port;
    flow_service_options o = {
        .conn = { .idle = 10, .total = 0.02, .loss_fails = true },
        .failed = tell
    };
    flow_deferred *service = serving_with(listening, NULL, &o, &port);
    bool done;

    told[0] = '\0';
    done = with_peer(talks_without_end, port);
    run_for(5, is_told);
    CHECK(done);
    CHECK(strcmp(told, "Timeout: lasts too long") == 0);
    served(service);
}

TEST(a_client_s_connection_has_the_same_limits)
{
    char to[32];
    int port;
    flow_deferred *service = serving(listening, NULL, &port);

    snprintf(to, sizeof to, HERE ":%d", port);
    hears("!Timeout", flow_connect(to, never(), &(flow_connect_options){
        .conn = { .idle = 0.02, .keep_alive = 60, .delay = true }
    }));
    hears("!Timeout", flow_connect(to, never(), &(flow_connect_options){
        .conn = { .total = 0.02 }
    }));
    served(service);
}

/* ---- What the network is asked for --------------------------------------- */
static char tuned[64];

static void write_tuning(struct flow__link *l, bool delay, double keep_alive)
{
    size_t n = strlen(tuned);

    (void)l;
    snprintf(tuned + n, sizeof tuned - n, "%s %g, ", delay ? "delay" : "none",
             keep_alive);
}

TEST(the_network_is_told_how_to_treat_a_connection)
{
    struct flow__network n = flow__sockets;
    flow_service_options o = { .conn = { .delay = true, .keep_alive = 60 } };
    int port;
    flow_deferred *service;

    n.tune = write_tuning;
    tuned[0] = '\0';
    flow__network_use(&n);
    service = serving_with(echo, NULL, &o, &port);
    hears("hello", connecting(port, saying("hello")));
    flow__network_use(NULL);
    CHECK(strcmp(tuned, "delay 60, none 0, ") == 0
          || strcmp(tuned, "none 0, delay 60, ") == 0);
    served(service);
}

static size_t sends, pieces_sent;

static ssize_t count_pieces(struct flow__link *l, const struct iovec *pieces,
                            int n)
{
    sends++;
    pieces_sent += (size_t)n;
    return flow__sockets.send(l, pieces, n);
}

static char letters[2000];

static flow_stage *three_at_once(flow_stage *received, void *size)
{
    flow_value piece = flow_bytes(letters, *(size_t *)size);

    flow_close(received);
    return flow_list(FLOW_VALUES(flow_share(piece), flow_share(piece), piece));
}

static void is_sent_together(size_t size, size_t pieces)
{
    struct flow__network n = flow__sockets;
    char wanted[3 * sizeof letters + 1];
    int port;
    flow_deferred *service;

    memset(letters, 'x', sizeof letters);
    memset(wanted, 'x', sizeof wanted);
    wanted[3 * size] = '\0';
    n.send = count_pieces;
    sends = pieces_sent = 0;
    flow__network_use(&n);
    service = serving(three_at_once, &size, &port);
    flow__network_use(NULL);
    hears(wanted, connecting(port, NULL));
    CHECK(sends == 1 && pieces_sent == pieces);
    served(service);
}

TEST(what_is_ready_is_sent_together)
{
    is_sent_together(1000, 3);
}

TEST(what_is_small_is_sent_as_one)
{
    is_sent_together(5, 1);
}

/* ---- Number ------------------------------------------------------------- */
/* Until the service has seen that one of the others has gone. */
static bool is_let_in_at_last(int port)
{
    bool in = false;

    for (int n = 0; n < 1000 && !in; n++) {
        int fd = peer_connects(port);

        in = peer_says(fd, "c\n") && peer_hears(fd, "<c>");
        close(fd);
        usleep(1000);
    }
    return in;
}

static bool comes_three_times(int port)
{
    int one = peer_connects(port), two = peer_connects(port);
    bool good = peer_says(one, "a\n") && peer_hears(one, "<a>")
        && peer_says(two, "b\n") && peer_hears(two, "<b>")
        && peer_sees_reset(peer_connects(port))
        && peer_says(one, "bye\n") && peer_hears(one, "<bye>")
        && peer_sees_end(one) && is_let_in_at_last(port);

    return close(two) == 0 && good;
}

TEST(one_address_may_come_so_often_and_no_more)
{
    int port;
    flow_service_options o = { .most_per_peer = 2 };
    flow_deferred *service = serving_with(brackets, NULL, &o, &port);
    bool done = with_peer(comes_three_times, port);

    CHECK(done);
    served(service);
}

/* How many of the n would be let in where one address may come once. */
static size_t let_in(const char *const *places, size_t n)
{
    static struct flow__peers table;
    struct flow__peer peers[8] = {{ 0 }};
    size_t in = 0;

    for (size_t i = 0; i < n; i++) {
        struct flow__endpoint e;
        flow_value wrong = flow__endpoint_read(places[i], &e);

        MUST(!flow_is_failure(wrong));
        in += flow__peers_add(&table, &peers[i], &e.address, 1);
    }
    for (size_t i = 0; i < n; i++)
        flow__peers_remove(&peers[i]);
    return in;
}

TEST(peers_are_told_apart_by_address_and_network)
{
    static const char *const differ[] = {
        "10.0.0.1:1", "10.0.0.2:1", "[2001:db8::1]:1", "[2001:db8:0:1::1]:1",
        "unix:/x", "unix:/x"
    };
    static const char *const same[] = {
        "10.0.0.1:1", "10.0.0.1:2", "[::ffff:10.0.0.1]:3"
    };
    static const char *const network[] = {
        "[2001:db8::1]:1", "[2001:db8::ffff:1]:1"
    };

    CHECK(let_in(differ, 6) == 6);
    CHECK(let_in(same, 3) == 1);
    CHECK(let_in(network, 2) == 1);
    CHECK(let_in(differ, 6) == 6);          /* all had been taken out       */
}

/* ---- The end of a service ----------------------------------------------- */
static flow_deferred *draining;
static double patience;

static void drain_now(flow_gen *self, flow_stage *received, void *arg)
{
    flow_value v;

    (void)arg;
    flow_drain(draining, patience);
    flow_yield(self, "draining ");
    while (flow_next(self, received, &v))
        flow_yield(self, v);
}

static flow_stage *draining_now(flow_stage *received, void *arg)
{
    return flow_generate(drain_now, received, arg);
}

static bool ends_in_peace(int port)
{
    int fd = peer_connects(port), late;
    bool good = peer_hears(fd, "draining ");

    late = peer_socket();
    good = good && !peer_connects_by(late, port);
    close(late);
    return peer_says(fd, "still served") && peer_hears(fd, "still served")
        && shutdown(fd, SHUT_WR) == 0 && peer_sees_end(fd) && good;
}

static void drained(void)
{
    const flow_value *outcome = flow_outcome(draining);

    CHECK(outcome != NULL && outcome->kind == FLOW_NONE);
    flow_drain(draining, 1);                /* does nothing any more        */
    flow_release(draining);
    flow_uv_close();
}

TEST(a_service_may_end_in_peace)
{
    int port;
    bool done;

    patience = 1000;
    draining = serving(draining_now, NULL, &port);
    done = with_peer(ends_in_peace, port);
    CHECK(done);
    drained();
}

static bool stays_too_long(int port)
{
    int fd = peer_connects(port);

    return peer_hears(fd, "draining ") && peer_sees_reset(fd);
}

TEST(who_stays_too_long_when_a_service_ends_is_reset)
{
    int port;
    bool done;

    patience = 0.02;
    draining = serving(draining_now, NULL, &port);
    done = with_peer(stays_too_long, port);
    CHECK(done);
    drained();
}

TEST(a_service_without_connections_ends_at_once)
{
    int port;

    draining = serving(echo, NULL, &port);
    flow_drain(draining, 1000);
    CHECK(flow_fired(draining));
    drained();
}

TEST(what_is_no_service_is_not_drained)
{
    flow_deferred *d = flow_defer();

    flow_drain(NULL, 1);
    flow_drain(d, 1);
    CHECK(!flow_fired(d));
    flow_outcome(d);
    flow_release(d);
}

/* ---- Clients ------------------------------------------------------------ */
static flow_stage *greeting(flow_stage *received, void *arg)
{
    flow_close(received);
    return flow_once(flow_literal(arg));
}

TEST(a_client_may_have_nothing_to_say)
{
    int port;
    flow_deferred *service = serving(greeting, "welcome", &port);

    hears("welcome", connecting(port, NULL));
    served(service);
}

static int ended_by_peer;

static void answer_at_the_end(flow_gen *self, flow_stage *received, void *arg)
{
    flow_value v;

    (void)arg;
    if (flow_next(self, received, &v) && flow_yield(self, v)
        && flow_cooperate(self, 0.02) && flow_yield(self, " later"))
        ended_by_peer += flow_ready(received) == 0 && flow_has_ended(received);
}

static flow_stage *answering_at_the_end(flow_stage *received, void *arg)
{
    return flow_generate(answer_at_the_end, received, arg);
}

TEST(a_client_may_have_said_all_and_stay)
{
    char to[32];
    int port;
    flow_deferred *service = serving(answering_at_the_end, NULL, &port);

    ended_by_peer = 0;
    snprintf(to, sizeof to, HERE ":%d", port);
    hears("x later", flow_connect(to, saying("x"),
                                  &(flow_connect_options){ .stays = true }));
    CHECK(ended_by_peer == 0);
    served(service);
}

static char heard[64];

static void ask(flow_gen *self, flow_stage *received, void *arg)
{
    flow_value v;

    heard[0] = '\0';
    if (flow_yield(self, flow_textf("%s\n", (const char *)arg))
        && flow_next(self, received, &v)) {
        size_t n;
        const char *s = flow_chars(&v, &n);

        snprintf(heard, sizeof heard, "%.*s", (int)n, s);
        flow_drop(v);
    }
}

static flow_stage *asking(flow_stage *received, void *arg)
{
    return flow_generate(ask, received, arg);
}

static flow_stage *talking(int port, flow_protocol *p, void *arg)
{
    char to[32];

    snprintf(to, sizeof to, HERE ":%d", port);
    return flow_talk(to, p, arg, NULL);
}

TEST(a_client_may_talk_by_a_protocol)
{
    int port;
    flow_deferred *service = serving(brackets, NULL, &port);

    hears("", talking(port, asking, "who?"));
    CHECK(strcmp(heard, "<who?>") == 0);
    served(service);
}

static flow_stage *failing(flow_stage *received, void *arg)
{
    (void)arg;
    flow_close(received);
    return script("a!");
}

TEST(a_protocol_that_fails_is_the_talk_s_failure)
{
    int port;
    flow_deferred *service = serving(echo, NULL, &port);

    hears("!Invalid", talking(port, failing, NULL));
    served(service);
}

TEST(a_talk_with_nobody_fails)
{
    flow_host_use(flow_uv_host());
    hears("!Invalid", flow_talk("nowhere", echo, NULL, NULL));
    hears("!SystemError", flow_talk("unix:/nowhere/at/all", echo, NULL, NULL));
    flow_uv_close();
}

TEST(a_talk_may_be_closed_at_any_moment)
{
    for (int turns = 0; turns < 10; turns++) {
        int port;
        flow_deferred *service = serving(brackets, NULL, &port);

        give_up_after(turns, flow_run(talking(port, asking, "x")));
        served(service);
    }
    reports();
}

int main(void)
{
    static const struct test tests[] = {
        CASE(who_says_nothing_is_reset_after_a_while),
        CASE(an_idle_connection_is_a_failure_for_those_who_wish_it),
        CASE(while_the_protocol_thinks_nobody_is_idle),
        CASE(who_reads_nothing_is_idle),
        CASE(no_connection_lasts_longer_than_it_may),
        CASE(a_client_s_connection_has_the_same_limits),
        CASE(the_network_is_told_how_to_treat_a_connection),
        CASE(what_is_ready_is_sent_together),
        CASE(what_is_small_is_sent_as_one),
        CASE(one_address_may_come_so_often_and_no_more),
        CASE(peers_are_told_apart_by_address_and_network),
        CASE(a_service_may_end_in_peace),
        CASE(who_stays_too_long_when_a_service_ends_is_reset),
        CASE(a_service_without_connections_ends_at_once),
        CASE(what_is_no_service_is_not_drained),
        CASE(a_client_may_have_nothing_to_say),
        CASE(a_client_may_have_said_all_and_stay),
        CASE(a_client_may_talk_by_a_protocol),
        CASE(a_protocol_that_fails_is_the_talk_s_failure),
        CASE(a_talk_with_nobody_fails),
        CASE(a_talk_may_be_closed_at_any_moment),
    };
    return run_tests("net_service", tests, sizeof tests / sizeof *tests);
}
