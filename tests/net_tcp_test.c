/* SPDX-License-Identifier: MIT */
/* Services and clients over real sockets, with what goes wrong on either side.
 * Memory that is missing may close any connection, so what was said is checked
 * only in runs that are not disturbed. */
#include "net_harness.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

/* ---- Talking ------------------------------------------------------------ */
TEST(a_service_echoes)
{
    int port;
    flow_deferred *service = serving(echo, NULL, &port);

    hears("hello", connecting(port, saying("hello")));
    served(service);
}

TEST(several_pieces_and_text_and_bytes_are_sent_in_order)
{
    int port;
    flow_deferred *service = serving(echo, NULL, &port);

    hears("one, two, 3", connecting(port, flow_list(FLOW_VALUES(
        "one", flow_bytes(", two", 5), "", ", ", flow_textf("%d", 3)))));
    served(service);
}

TEST(nothing_is_sent_and_nothing_comes)
{
    int port;
    flow_deferred *service = serving(echo, NULL, &port);

    hears("", connecting(port, flow_list(NULL, 0)));
    served(service);
}

static flow_stage *all_at_once(flow_stage *received, void *arg)
{
    (void)arg;
    return flow_join(received, 1000);
}

static bool half_closes(int port)
{
    int fd = peer_connects(port);

    return peer_says(fd, "all ") && peer_says(fd, "at once")
        && shutdown(fd, SHUT_WR) == 0 && peer_hears(fd, "all at once")
        && peer_sees_end(fd);
}

TEST(a_peer_that_has_sent_all_can_still_be_answered)
{
    int port;
    flow_deferred *service = serving(all_at_once, NULL, &port);
    bool done = with_peer(half_closes, port);

    CHECK(done);
    served(service);
}

static bool sends_odd_pieces(int port)
{
    static const char text[] = "one\n\ntwo\nthree\n";
    int fd = peer_connects(port);

    for (size_t i = 0; i + 1 < sizeof text; i++) {
        if (send(fd, text + i, 1, 0) != 1)
            return false;
        usleep(i % 3 == 0 ? 1000 : 0);
    }
    return peer_hears(fd, "<one><><two><three>") && peer_says(fd, "b")
        && peer_says(fd, "ye\n") && peer_hears(fd, "<bye>")
        && peer_sees_end(fd);
}

TEST(lines_come_in_odd_pieces)
{
    int port;
    flow_deferred *service = serving(brackets, NULL, &port);
    bool done = with_peer(sends_odd_pieces, port);

    CHECK(done);
    served(service);
}

static void ask_twice(flow_gen *self, flow_stage *source, void *arg)
{
    flow_chan *say;
    flow_stage *heard;
    flow_value v;

    (void)source;
    heard = connecting(*(int *)arg, flow_callback(1, &say));
    if (flow_send(self, say, flow_literal("one\n"))
        && flow_next(self, heard, &v) && flow_yield(self, v)
        && flow_send(self, say, flow_literal("two\n"))
        && flow_next(self, heard, &v) && flow_yield(self, v))
        flow_yield(self, "!");
    flow_chan_release(say);
    flow_close(heard);
}

TEST(a_client_answers_to_answers_through_a_channel)
{
    int port;
    flow_deferred *service = serving(brackets, NULL, &port);

    hears("<one><two>!", flow_generate(ask_twice, NULL, &port));
    served(service);
}

static flow_stage *who(flow_stage *received, void *arg)
{
    flow_stage *s = flow_once(flow_textf("%s", flow_peer(received)));

    (void)arg;
    flow_close(received);
    return s;
}

static bool has_the_name_it_hears(int port)
{
    struct sockaddr_in own;
    socklen_t size = sizeof own;
    char name[64];
    int fd = peer_connects(port);

    getsockname(fd, (struct sockaddr *)&own, &size);
    snprintf(name, sizeof name, HERE ":%d", ntohs(own.sin_port));
    return peer_hears(fd, name) && peer_sees_end(fd);
}

TEST(a_protocol_knows_its_peer)
{
    int port;
    flow_deferred *service = serving(who, NULL, &port);
    bool done = with_peer(has_the_name_it_hears, port);

    CHECK(done);
    CHECK(strcmp(flow_peer(NULL), "") == 0);
    served(service);
}

TEST(version_6_of_the_internet_is_spoken)
{
    flow_deferred *service;

    flow_host_use(flow_uv_host());
    service = flow_serve("[::1]:0", echo, NULL, NULL);
    if (port_of(service) == 0) {            /* not here, or no memory       */
        flow_outcome(service);
        flow_release(service);
        flow_uv_close();
        return;
    }
    hears("six", flow_connect(flow_served_at(service), saying("six"), NULL));
    served(service);
}

TEST(a_loop_of_the_program_serves)
{
    uv_loop_t loop;
    flow_deferred *service, *client;
    const flow_value *outcome;

    uv_loop_init(&loop);
    flow_host_use(flow_uv_host_on(&loop));
    service = flow_serve(HERE ":0", echo, NULL, NULL);
    client = flow_run(flow_join(connecting(port_of(service), saying("hello")),
                                100));
    for (int n = 0; n < 1000 && !flow_fired(client); n++)
        uv_run(&loop, UV_RUN_ONCE);
    outcome = flow_outcome(client);
    CHECK(outcome != NULL && outcome->size == 5);
    flow_release(client);
    flow_outcome(service);
    flow_release(service);
    uv_run(&loop, UV_RUN_NOWAIT);
    uv_run(&loop, UV_RUN_NOWAIT);
    flow_uv_close();
    uv_run(&loop, UV_RUN_DEFAULT);
    MUST(uv_loop_close(&loop) == 0);
}

/* ---- Ends --------------------------------------------------------------- */
static flow_stage *brief(flow_stage *received, void *arg)
{
    (void)arg;
    flow_close(received);
    return flow_once(flow_literal("enough"));
}

/* Were the socket closed with bytes unread, what was answered could be lost. */
static bool talks_on(int port)
{
    static char chatter[100000];
    int fd = peer_connects(port);

    send(fd, chatter, sizeof chatter, MSG_NOSIGNAL);
    usleep(5000);
    return peer_hears(fd, "enough") && peer_sees_end(fd);
}

TEST(an_answer_arrives_though_the_peer_talks_on)
{
    int port;
    flow_deferred *service = serving(brief, NULL, &port);
    bool done = with_peer(talks_on, port);

    CHECK(done);
    served(service);
}

static bool fails_after_an_answer(int port)
{
    int fd = peer_connects(port);

    return peer_says(fd, "one\nfail\n") && peer_hears(fd, "<one>")
        && peer_sees_reset(fd);
}

TEST(a_failure_resets_the_connection_after_the_results)
{
    int port;
    flow_deferred *service = serving(brackets, NULL, &port);
    bool done = with_peer(fails_after_an_answer, port);

    CHECK(done);
    CHECK(strstr(reports(), "failed: Format: told to") != NULL);
    reports();
    served(service);
}

static char told[128];

static void tell(const flow_value *error, const char *peer, void *arg)
{
    CHECK(strncmp(peer, HERE ":", strlen(HERE ":")) == 0);
    snprintf(told, sizeof told, "%s:%s", (const char *)arg,
             flow_class_of(error)->name);
}

TEST(a_failure_is_told_to_who_wants_to_know)
{
    int port;
    flow_service_options o = { .failed = tell };
    flow_deferred *service = serving_with(brackets, "arg", &o, &port);
    bool done = with_peer(fails_after_an_answer, port);

    CHECK(done);
    CHECK(strcmp(told, "arg:Format") == 0);
    served(service);
}

static bool vanishes(int port)
{
    struct linger none = { 1, 0 };
    int fd = peer_connects(port);
    bool greeted = peer_says(fd, "one\n") && peer_hears(fd, "<one>");

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    return close(fd) == 0 && greeted;
}

TEST(a_peer_that_vanishes_is_no_news)
{
    int port;
    flow_deferred *service = serving(brackets, NULL, &port);
    bool done = with_peer(vanishes, port);

    CHECK(done);
    hears("<still there>",
          connecting(port, saying("still there\n")));
    served(service);
}

static bool is_told(void)
{
    return told[0] != '\0' || disturbed();
}

TEST(a_lost_connection_is_a_failure_for_those_who_wish_it)
{
    int port;
    flow_service_options o = { .conn.loss_fails = true, .failed = tell };
    flow_deferred *service = serving_with(brackets, "arg", &o, &port);
    bool done;

    told[0] = '\0';
    done = with_peer(vanishes, port);
    run_for(5, is_told);
    CHECK(done);
    CHECK(strcmp(told, "arg:SystemError") == 0);
    served(service);
}

static int ends_seen;

static void see_the_end(flow_gen *self, flow_stage *received, void *arg)
{
    flow_value v;

    (void)arg;
    flow_yield(self, "<one>");
    while (flow_next(self, received, &v))
        flow_drop(v);
    ends_seen += !flow_closing(self);
}

static bool end_is_seen(void)
{
    return ends_seen > 0 || disturbed();
}

static flow_stage *seeing_the_end(flow_stage *received, void *arg)
{
    return flow_generate(see_the_end, received, arg);
}

TEST(a_lost_connection_is_the_end_of_what_is_received)
{
    int port;
    flow_service_options o = { .failed = tell };
    flow_deferred *service = serving_with(seeing_the_end, "arg", &o, &port);
    bool done;

    ends_seen = 0;
    told[0] = '\0';
    done = with_peer(vanishes, port);
    run_for(5, end_is_seen);
    CHECK(done);
    CHECK(ends_seen == 1);
    CHECK(told[0] == '\0');
    served(service);
}

static flow_stage *counts(flow_stage *received, void *arg)
{
    (void)arg;
    return flow_enumerate(received, 1);
}

TEST(what_is_neither_text_nor_bytes_cannot_be_sent)
{
    int port;
    flow_deferred *service = serving(counts, NULL, &port);

    hears("!SystemError", connecting(port, saying("x")));
    CHECK(strstr(reports(), "must be text or bytes") != NULL);
    reports();
    hears("!Invalid", connecting(port, flow_once(flow_int(1))));
    served(service);
}

TEST(a_failure_of_what_is_sent_is_the_client_s)
{
    int port;
    flow_deferred *service = serving(echo, NULL, &port);

    hears("!Invalid", connecting(port, script("!")));
    served(service);
}

/* ---- Closing ------------------------------------------------------------ */
static int bodies;

static void stay(flow_gen *self, flow_stage *received, void *arg)
{
    flow_value v;

    (void)arg;
    bodies++;
    flow_yield(self, "hello");
    while (flow_next(self, received, &v))
        flow_drop(v);
    bodies--;
}

static flow_stage *staying(flow_stage *received, void *arg)
{
    return flow_generate(stay, received, arg);
}

TEST(ending_a_service_closes_its_connections_and_bodies_tidy_up)
{
    enum { CLIENTS = 3 };
    int port;
    flow_deferred *service = serving(staying, NULL, &port);
    flow_stage *client[CLIENTS];
    flow_value v;

    bodies = 0;
    for (int i = 0; i < CLIENTS; i++) {
        client[i] = connecting(port, never());
        if (flow_block(client[i], &v))
            flow_drop(v);
    }
    CHECK(bodies == CLIENTS);
    flow_release(service);
    MUST(bodies == 0);
    for (int i = 0; i < CLIENTS; i++)
        hears("!SystemError", client[i]);
    flow_uv_close();
}

static flow_deferred *ended_by_itself;

static void end_service(flow_gen *self, flow_stage *received, void *arg)
{
    (void)received;
    (void)arg;
    flow_yield(self, "lost");
    flow_release(ended_by_itself);
    ended_by_itself = NULL;
    flow_yield(self, "too late");
}

static flow_stage *ending(flow_stage *received, void *arg)
{
    return flow_generate(end_service, received, arg);
}

TEST(a_protocol_may_end_its_service)
{
    int port;

    ended_by_itself = serving(ending, NULL, &port);
    hears("!SystemError", connecting(port, never()));
    CHECK(ended_by_itself == NULL);
    if (ended_by_itself != NULL)
        flow_outcome(ended_by_itself);
    flow_release(ended_by_itself);
    flow_uv_close();
}

/* Everything is closed after 0, 1, 2, ... turns of the loop. */
TEST(everything_may_be_closed_at_any_moment)
{
    for (int turns = 0; turns < 12; turns++)
        for (int order = 0; order < 2; order++) {
            int port;
            flow_deferred *both[2] = { serving(brackets, NULL, &port) };

            both[1] = flow_run(connecting(port, flow_list(
                FLOW_VALUES("a\n", "b", "\nbye\n"))));
            give_up_after(turns, both[order]);
            give_up_after(1, both[!order]);
            flow_uv_close();
        }
    reports();
}

/* ---- Addresses ---------------------------------------------------------- */
static flow_deferred *echoing_at(const char *at)
{
    return flow_serve(at, echo, NULL, NULL);
}

TEST(an_address_in_use_is_named)
{
    int port;
    flow_deferred *service = serving(echo, NULL, &port);
    char at[32], why[128];

    snprintf(at, sizeof at, HERE ":%d", port);
    snprintf(why, sizeof why, "cannot listen at %s: Address already in use",
             at);
    fails_to_serve(echoing_at(at), why);
    served(service);
}

static void is_nowhere(const char *at)
{
    char why[256];

    snprintf(why, sizeof why, "'%s' is not where a peer can be, such as "
             "127.0.0.1:80, [::1]:80, example.org:80, :80, or "
             "unix:/run/x.sock", at);
    fails_to_serve(echoing_at(at), why);
}

TEST(an_address_that_is_none_is_named)
{
    flow_host_use(flow_uv_host());
    is_nowhere("");
    is_nowhere("nowhere");
    is_nowhere("::1:80");
    is_nowhere("[::1:80");
    is_nowhere("[1.2.3.4]:80");
    is_nowhere("two words:80");
    is_nowhere("unix:");
    is_nowhere("unix:@");
    fails_to_serve(echoing_at(HERE ":65536"), "'" HERE ":65536' ends in no "
                   "port, which is a number up to 65535");
    fails_to_serve(echoing_at(HERE ":"), "'" HERE ":' ends in no port, which "
                   "is a number up to 65535");
    expect("!Invalid: ':x' ends in no port, which is a number up to 65535",
           flow_connect(":x", NULL, NULL));
    flow_uv_close();
}

TEST(net_needs_a_host_of_libuv)
{
    static const char why[] = "the host of this thread is not one of libuv: "
                              "call flow_host_use(flow_uv_host())";

    flow_host_use(NULL);
    fails_to_serve(echoing_at(HERE ":0"), why);
    expect("!Invalid: the host of this thread is not one of libuv: call "
           "flow_host_use(flow_uv_host())",
           connecting(1, saying("x")));
}

TEST(a_refused_connection_is_named)
{
    int port;
    flow_deferred *service = serving(echo, NULL, &port);
    flow_stage *s;
    flow_value v;
    char why[128];

    flow_outcome(service);
    flow_release(service);
    snprintf(why, sizeof why, "cannot connect to " HERE ":%d: Connection "
             "refused", port);
    s = connecting(port, saying("x"));
    CHECK(!flow_block(s, &v));
    MUST(flow_failure(s) != NULL);
    CHECK(strcmp(flow_message(flow_failure(s)), why) == 0);
    flow_close(s);
    flow_uv_close();
}

/* ---- Limits ------------------------------------------------------------- */
static bool comes_after_the_first(int port)
{
    int first = peer_connects(port), second = peer_connects(port);
    char c;

    if (!peer_says(second, "two\n") || !peer_says(first, "one\n")
        || !peer_hears(first, "<one>"))
        return false;
    usleep(5000);
    if (recv(second, &c, 1, MSG_DONTWAIT) >= 0)
        return false;
    return peer_says(first, "bye\n") && peer_hears(first, "<bye>")
        && peer_sees_end(first)
        && peer_hears(second, "<two>") && close(second) == 0;
}

TEST(beyond_the_limit_connections_wait_for_their_turn)
{
    int port;
    flow_service_options o = { .most = 1 };
    flow_deferred *service = serving_with(brackets, NULL, &o, &port);
    bool done = with_peer(comes_after_the_first, port);

    CHECK(done);
    served(service);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_service_echoes),
        CASE(several_pieces_and_text_and_bytes_are_sent_in_order),
        CASE(nothing_is_sent_and_nothing_comes),
        CASE(a_peer_that_has_sent_all_can_still_be_answered),
        CASE(lines_come_in_odd_pieces),
        CASE(a_client_answers_to_answers_through_a_channel),
        CASE(a_protocol_knows_its_peer),
        CASE(version_6_of_the_internet_is_spoken),
        CASE(a_loop_of_the_program_serves),
        CASE(an_answer_arrives_though_the_peer_talks_on),
        CASE(a_failure_resets_the_connection_after_the_results),
        CASE(a_failure_is_told_to_who_wants_to_know),
        CASE(a_peer_that_vanishes_is_no_news),
        CASE(a_lost_connection_is_a_failure_for_those_who_wish_it),
        CASE(a_lost_connection_is_the_end_of_what_is_received),
        CASE(what_is_neither_text_nor_bytes_cannot_be_sent),
        CASE(a_failure_of_what_is_sent_is_the_client_s),
        CASE(ending_a_service_closes_its_connections_and_bodies_tidy_up),
        CASE(a_protocol_may_end_its_service),
        CASE(everything_may_be_closed_at_any_moment),
        CASE(an_address_in_use_is_named),
        CASE(an_address_that_is_none_is_named),
        CASE(net_needs_a_host_of_libuv),
        CASE(a_refused_connection_is_named),
        CASE(beyond_the_limit_connections_wait_for_their_turn),
    };
    return run_tests("net_tcp", tests, sizeof tests / sizeof *tests);
}
