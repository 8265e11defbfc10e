/* SPDX-License-Identifier: MIT */
/* Datagrams over real sockets of this machine, where none is lost as long as
 * the kernel has room. */
#include "net_harness.h"

#include <errno.h>
#include <flow/udp.h>
#include <stdio.h>
#include <string.h>

/* ---- A service on a free port -------------------------------------------- */
static char place[64];                      /* where clients find it        */
static flow_deferred *its;

static flow_deferred *serving_at(const char *at, const char *host,
                                 flow_protocol *p, void *arg)
{
    flow_deferred *service;
    const char *colon;

    flow_host_use(flow_uv_host());
    service = flow_serve_udp(at, p, arg, NULL);
    colon = strrchr(flow_served_at(service), ':');
    snprintf(place, sizeof place, "%s:%s", host, colon != NULL ? colon + 1
                                                              : "0");
    its = service;
    return service;
}

static flow_deferred *serves(flow_protocol *p)
{
    return serving_at(HERE ":0", HERE, p, NULL);
}

/* The first n answers. A service that has failed gives none. */
static flow_stage *asking(flow_stage *sent, size_t n)
{
    return flow_take(flow_merge(FLOW_STAGES(
        flow_connect_udp(place, sent), flow_from_deferred(flow_hold(its)))), n);
}

/* ---- Talking ------------------------------------------------------------- */
TEST(a_service_echoes_each_datagram_to_whom_it_comes_from)
{
    flow_deferred *service = serves(echo);

    hears("hello", asking(saying("hello"), 1));
    hears("one2three", asking(flow_list(FLOW_VALUES(
        "one", flow_textf("%d", 2), flow_bytes("three", 5))), 3));
    served(service);
}

TEST(clients_are_told_apart)
{
    flow_deferred *service = serves(echo);
    flow_stage *both = flow_zip(FLOW_STAGES(
        asking(saying("a"), 1), asking(saying("b"), 1)));
    flow_value v = flow_block_all(both), pair = flow_tuple(FLOW_VALUES(
        flow_bytes("a", 1), flow_bytes("b", 1)));
    const flow_value *first = flow_items(&v, NULL);

    CHECK(first != NULL && flow_compare(first, &pair) == 0);
    flow_drop(pair);
    flow_drop(v);
    served(service);
}

TEST(a_datagram_may_be_empty)
{
    flow_deferred *service = serves(echo);
    flow_value v = flow_block_all(asking(saying(""), 1));
    const flow_value *first = flow_items(&v, NULL);

    CHECK(first != NULL && first->kind == FLOW_BYTES && first->size == 0);
    flow_drop(v);
    served(service);
}

enum { LONGEST = 65507 };

static flow_value of_length(size_t n)
{
    char *p;
    flow_value v = flow_buffer(n, &p);

    if (p != NULL)
        memset(p, 'x', n);
    return v;
}

TEST(a_datagram_of_any_size_comes_whole)
{
    flow_deferred *service = serves(echo);
    flow_value v = flow_block_all(asking(flow_once(of_length(LONGEST)), 1));
    const flow_value *first = flow_items(&v, NULL);

    CHECK(first != NULL && first->size == LONGEST);
    flow_drop(v);
    served(service);
}

static flow_value as_text(flow_value v, void *arg)
{
    flow_value text = flow_textf("%d", (int)v.as.num);

    (void)arg;
    flow_drop(v);
    return text;
}

TEST(more_than_are_taken_at_once_come_in_order)
{
    char all[256] = "";
    flow_deferred *service = serves(echo);

    for (int n = 1; n <= 60; n++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%d", n);
    hears(all, asking(flow_map(numbers(60), as_text, NULL), 60));
    served(service);
}

static flow_value whose(flow_value v, void *arg)
{
    flow_value peer = flow_share(flow_items(&v, NULL)[1]);

    (void)arg;
    flow_drop(v);
    return flow_tuple(FLOW_VALUES(flow_share(peer), peer));
}

static flow_stage *tells_whose(flow_stage *received, void *arg)
{
    return flow_map(received, whose, arg);
}

static void peer_begins(const char *address)
{
    flow_value v = flow_block_all(asking(saying("?"), 1));
    const flow_value *first = flow_items(&v, NULL);
    size_t n;
    const char *chars = first != NULL ? flow_chars(first, &n) : NULL;

    CHECK(chars != NULL && strlen(address) < n
          && memcmp(chars, address, strlen(address)) == 0);
    flow_drop(v);
}

TEST(both_versions_of_the_internet_are_served)
{
    flow_deferred *service = serving_at(":0", HERE, tells_whose, NULL);

    peer_begins(HERE ":");
    snprintf(place, sizeof place, "localhost:%s", strrchr(place, ':') + 1);
    peer_begins("");
    served(service);
    service = serving_at("[::1]:0", "[::1]", tells_whose, NULL);
    if (flow_fired(service)) {              /* not here, or no memory       */
        flow_outcome(service);
        flow_release(service);
        flow_uv_close();
        return;
    }
    peer_begins("[::1]:");
    served(service);
}

/* ---- What is lost -------------------------------------------------------- */
static bool every_third(const flow_value *v, void *n)
{
    (void)v;
    return ++*(int *)n % 3 == 0;
}

static flow_stage *forgetful(flow_stage *received, void *n)
{
    return flow_filter(received, every_third, n);
}

static flow_stage *ask_for_a_while(void *text)
{
    return flow_within(asking(saying(text), 1), 0.02);
}

TEST(a_client_asks_until_it_is_answered)
{
    int n = 0;
    flow_deferred *service = serving_at(HERE ":0", HERE, forgetful, &n);

    hears("again", flow_retry(ask_for_a_while, "again", FLOW_ETIMEOUT, 5,
                              0.001));
    CHECK(n == 3);
    served(service);
}

TEST(nobody_who_receives_is_a_failure_of_the_client)
{
    flow_deferred *service = serves(echo);
    flow_stage *s;
    flow_value v;

    flow_outcome(service);
    flow_release(service);
    s = flow_connect_udp(place, flow_concat(FLOW_STAGES(saying("x"), never())));
    CHECK(!flow_block(s, &v));
    CHECK(flow_failure(s) != NULL
          && flow_code(flow_failure(s)) == ECONNREFUSED
          && strstr(flow_message(flow_failure(s)), place) != NULL);
    flow_failure(s);
    flow_close(s);
    flow_uv_close();
}

TEST(a_datagram_that_is_too_long_is_a_failure_of_the_client)
{
    flow_deferred *service = serves(echo);
    char text[256];

    snprintf(text, sizeof text, "!SystemError: a datagram of 65508 bytes "
             "cannot be sent to %s: Message too long", place);
    expect(text, flow_connect_udp(place, flow_once(of_length(LONGEST + 1))));
    served(service);
}

static char lost[128];

static void note_lost(const flow_value *error, const char *peer, void *arg)
{
    snprintf(lost, sizeof lost, "%s %d: %s", (const char *)arg,
             strncmp(peer, HERE ":", strlen(HERE ":")), flow_message(error));
}

static flow_value longer(flow_value v, void *arg)
{
    const flow_value *items = flow_items(&v, NULL);
    flow_value more;

    (void)arg;
    if (items[0].size < LONGEST)
        return v;
    more = flow_tuple(FLOW_VALUES(of_length(LONGEST + 1),
                                  flow_share(items[1])));
    flow_drop(v);
    return more;
}

static flow_stage *exaggerates(flow_stage *received, void *arg)
{
    return flow_map(received, longer, arg);
}

TEST(a_service_survives_what_it_cannot_send)
{
    flow_deferred *service;

    lost[0] = '\0';
    flow_host_use(flow_uv_host());
    its = service = flow_serve_udp(HERE ":0", exaggerates, "arg",
                                   &(flow_udp_options){ .lost = note_lost });
    snprintf(place, sizeof place, "%s", flow_served_at(service));
    hears("still here", asking(flow_list(FLOW_VALUES(
        of_length(LONGEST), "still here")), 1));
    CHECK(strncmp(lost, "arg 0: a datagram of 65508 bytes cannot be sent to ",
                  strlen("arg 0: a datagram of 65508 bytes cannot be sent to "))
          == 0);
    served(service);
}

/* ---- Ends ---------------------------------------------------------------- */
static flow_stage *first_only(flow_stage *received, void *arg)
{
    (void)arg;
    return flow_take(received, 1);
}

static bool is_over(void)
{
    return flow_fired(its) || disturbed();
}

TEST(a_service_ends_with_the_stage_of_its_protocol)
{
    flow_deferred *service = serves(first_only);
    flow_deferred *client = flow_run(flow_connect_udp(place, saying("once")));
    const flow_value *outcome;

    run_for(10, is_over);
    outcome = flow_outcome(service);
    CHECK(outcome != NULL && outcome->kind == FLOW_NONE);
    flow_outcome(client);
    flow_release(client);
    flow_release(service);
    flow_uv_close();
}

static flow_stage *gives(flow_stage *received, void *v)
{
    flow_close(received);
    return flow_once(flow_share(*(flow_value *)v));
}

static void cannot_give(flow_value v, const char *why)
{
    flow_deferred *service = serving_at(HERE ":0", HERE, gives, &v);
    const flow_value *outcome;

    run_for(10, is_over);
    outcome = flow_outcome(service);
    CHECK(outcome != NULL && strcmp(flow_message(outcome), why) == 0);
    flow_release(service);
    flow_drop(v);
    flow_uv_close();
}

TEST(what_is_no_datagram_cannot_be_sent)
{
    static const char what[] = "what is sent must be tuples of text or bytes "
                               "and the text of an address";

    cannot_give(flow_of(1), what);
    cannot_give(flow_tuple(FLOW_VALUES("x")), what);
    cannot_give(flow_tuple(FLOW_VALUES("x", 7777)), what);
    cannot_give(flow_tuple(FLOW_VALUES("x", "example.org:80")),
                "'example.org:80' is not the address of a peer, such as "
                "127.0.0.1:80 or [::1]:80");
    cannot_give(flow_tuple(FLOW_VALUES("x", ":80")),
                "':80' is not the address of a peer, such as 127.0.0.1:80 or "
                "[::1]:80");
    flow_host_use(flow_uv_host());
    expect("!Invalid: what is sent to 127.0.0.1:9 must be text or bytes",
           flow_connect_udp(HERE ":9", numbers(1)));
    flow_uv_close();
}

TEST(a_failure_of_what_is_sent_is_the_client_s)
{
    flow_deferred *service = serves(echo);

    hears("!Invalid", flow_connect_udp(place, script("!")));
    served(service);
}

/* Everything is closed after 0, 1, 2, ... turns of the loop. */
TEST(everything_may_be_closed_at_any_moment)
{
    for (int turns = 0; turns < 8; turns++)
        for (int order = 0; order < 2; order++) {
            flow_deferred *both[2] = { serves(echo) };

            snprintf(place, sizeof place, "localhost:%s",
                     strrchr(place, ':') + 1);
            both[1] = flow_run(asking(script("a.b.c"), 3));
            give_up_after(turns, both[order]);
            give_up_after(1, both[!order]);
            flow_uv_close();
        }
    reports();
}

/* ---- Places -------------------------------------------------------------- */
static flow_deferred *echoing_at(const char *at)
{
    return flow_serve_udp(at, echo, NULL, NULL);
}

TEST(a_place_where_nobody_can_be_is_named)
{
    flow_host_use(flow_uv_host());
    fails_to_serve(echoing_at("nowhere"), "'nowhere' is not where a peer can "
                   "be, such as 127.0.0.1:80, [::1]:80, example.org:80, :80, "
                   "or unix:/run/x.sock");
    fails_to_serve(echoing_at("unix:@x"), "datagrams do not go through paths "
                   "such as 'unix:@x': give an address and a port");
    fails_to_serve(echoing_at("192.0.2.1:7777"), "cannot receive at "
                   "192.0.2.1:7777: Cannot assign requested address");
    expect("!Invalid: give the peer's address or name before its port",
           flow_connect_udp(":7777", NULL));
    expect("!Invalid: datagrams do not go through paths such as 'unix:@x': "
           "give an address and a port", flow_connect_udp("unix:@x", never()));
    flow_uv_close();
}

TEST(a_place_in_use_is_named)
{
    flow_deferred *service = serves(echo);
    char why[128];

    snprintf(why, sizeof why, "cannot receive at %s: Address already in use",
             place);
    fails_to_serve(echoing_at(place), why);
    served(service);
}

TEST(datagrams_need_a_host_of_libuv)
{
    static const char why[] = "the host of this thread is not one of libuv: "
                              "call flow_host_use(flow_uv_host())";

    flow_host_use(NULL);
    fails_to_serve(echoing_at(HERE ":0"), why);
    expect("!Invalid: the host of this thread is not one of libuv: call "
           "flow_host_use(flow_uv_host())", flow_connect_udp(HERE ":9", NULL));
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_service_echoes_each_datagram_to_whom_it_comes_from),
        CASE(clients_are_told_apart),
        CASE(a_datagram_may_be_empty),
        CASE(a_datagram_of_any_size_comes_whole),
        CASE(more_than_are_taken_at_once_come_in_order),
        CASE(both_versions_of_the_internet_are_served),
        CASE(a_client_asks_until_it_is_answered),
        CASE(nobody_who_receives_is_a_failure_of_the_client),
        CASE(a_datagram_that_is_too_long_is_a_failure_of_the_client),
        CASE(a_service_survives_what_it_cannot_send),
        CASE(a_service_ends_with_the_stage_of_its_protocol),
        CASE(what_is_no_datagram_cannot_be_sent),
        CASE(a_failure_of_what_is_sent_is_the_client_s),
        CASE(everything_may_be_closed_at_any_moment),
        CASE(a_place_where_nobody_can_be_is_named),
        CASE(a_place_in_use_is_named),
        CASE(datagrams_need_a_host_of_libuv),
    };
    return run_tests("net_udp", tests, sizeof tests / sizeof *tests);
}
