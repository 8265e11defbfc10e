/* SPDX-License-Identifier: MIT */
/* What the simulated network promises, one thing at a time. */
#include "harness.h"

#include <errno.h>
#include <flow/net.h>
#include <flow/simulation.h>
#include <stdlib.h>
#include <string.h>

/* ---- What the tests share ----------------------------------------------- */
static const flow_faults calm;

static void begin(const flow_faults *f)
{
    flow_simulation_begin(1, f);
}

static flow_stage *echo(flow_stage *received, void *arg)
{
    (void)arg;
    return received;
}

static flow_stage *who(flow_stage *received, void *arg)
{
    flow_value peer = flow_textf("%s", flow_peer(received));

    (void)arg;
    flow_close(received);
    return flow_once(peer);
}

static flow_deferred *serve(const char *at, flow_protocol *p)
{
    return flow_serve(at, p, NULL, NULL);
}

static flow_stage *say(const char *to, const char *text)
{
    return flow_connect(to, flow_once(flow_literal(text)), NULL);
}

static void end(flow_deferred *service)
{
    if (service != NULL)
        flow_outcome(service);
    flow_release(service);
    flow_loop();
    MUST(flow_simulation_end() == 0);
    reports();                              /* of what was disturbed        */
}

/* The pieces that come with a space between, or the failure, must be that.
 * What is brought about on the server's side is not told to the client, so this
 * asks less than `expect`. */
static void hears(const char *text, flow_stage *s)
{
    char *heard = NULL;
    size_t size;
    FILE *to = open_memstream(&heard, &size);

    for (flow_value v; flow_block(s, &v); flow_drop(v)) {
        fputs(ftell(to) > 0 ? " " : "", to);
        flow_write(to, &v);
    }
    if (flow_failure(s) != NULL)
        fprintf(to, "!%s: %s", flow_class_of(flow_failure(s))->name,
                flow_message(flow_failure(s)));
    flow_close(s);
    fclose(to);
    CHECK(strcmp(heard, text) == 0);
    if (!disturbed() && strcmp(heard, text) != 0)
        fprintf(stderr, "heard: %s\n", heard);
    free(heard);
}

/* ---- Who is where ------------------------------------------------------- */
static void is_heard(const char *served, const char *called)
{
    flow_deferred *service;

    begin(&calm);
    service = serve(served, echo);
    hears("hello", say(called, "hello"));
    end(service);
}

TEST(a_name_is_a_machine)
{
    is_heard("shop:80", "shop:80");
}

TEST(a_machine_may_be_called_by_its_address)
{
    is_heard("192.0.2.1:80", "192.0.2.1:80");
    is_heard("[2001:db8::1]:80", "[2001:db8::1]:80");
}

TEST(machines_and_ports_are_told_apart)
{
    flow_deferred *one, *two, *three;

    begin(&calm);
    one = serve("192.0.2.1:80", echo);
    two = serve("192.0.2.2:80", who);
    three = serve("192.0.2.1:81", who);
    hears("hello", say("192.0.2.1:80", "hello"));
    hears("10.0.0.2:49152", say("192.0.2.2:80", ""));
    hears("10.0.0.3:49152", say("192.0.2.1:81", ""));
    hears("!SystemError: cannot connect to 192.0.2.2:81: Connection refused",
          say("192.0.2.2:81", ""));
    flow_outcome(one);
    flow_release(one);
    flow_outcome(two);
    flow_release(two);
    end(three);
}

TEST(all_addresses_may_be_served)
{
    is_heard(":80", "anybody:80");
    is_heard(":80", ":80");
    is_heard("localhost:80", "127.0.0.1:80");
}

TEST(paths_are_simulated_too)
{
    is_heard("unix:/run/shop", "unix:/run/shop");
    is_heard("unix:@shop", "unix:@shop");
}

TEST(a_free_port_is_found)
{
    flow_deferred *service;

    begin(&calm);
    service = serve("shop:0", echo);
    CHECK(strcmp(flow_served_at(service), "shop:49152") == 0
          || strstr(flow_served_at(service), ":49152") != NULL);
    hears("hello", say("shop:49152", "hello"));
    end(service);
}

TEST(where_nobody_serves_a_call_is_refused)
{
    begin(&calm);
    hears("!SystemError: cannot connect to 192.0.2.1:80: Connection refused",
           say("192.0.2.1:80", "hello"));
    end(NULL);
}

TEST(a_place_is_served_once)
{
    flow_deferred *first, *second;
    const flow_value *outcome;

    begin(&calm);
    first = serve("192.0.2.1:80", echo);
    second = serve("192.0.2.1:80", echo);
    outcome = flow_outcome(second);
    CHECK(outcome != NULL && strcmp(flow_message(outcome), "cannot listen at "
                                    "192.0.2.1:80: Address already in use")
                             == 0);
    flow_release(second);
    end(first);
}

TEST(a_client_has_an_address)
{
    flow_deferred *service;

    begin(&calm);
    service = serve("shop:80", who);
    hears("10.0.0.1:49152", say("shop:80", ""));
    end(service);
}

/* ---- Faults ------------------------------------------------------------- */
static void fails_with(const flow_faults *f, const char *what)
{
    flow_deferred *service;

    begin(f);
    service = serve("192.0.2.1:80", echo);
    hears(what, say("192.0.2.1:80", "hello"));
    end(service);
}

TEST(a_connection_may_be_refused)
{
    fails_with(&(flow_faults){ .refuse = 1 }, "!SystemError: cannot connect to "
               "192.0.2.1:80: Connection refused");
}

TEST(a_connection_may_be_lost)
{
    fails_with(&(flow_faults){ .reset = 1 }, "!SystemError: the connection "
               "with 192.0.2.1:80 is lost: Connection reset by peer");
}

TEST(a_name_may_not_be_found)
{
    begin(&(flow_faults){ .refuse = 1 });
    hears("!SystemError: cannot connect to shop:80: the name is not found",
           say("shop:80", "hello"));
    end(NULL);
}

TEST(a_call_may_have_no_answer_in_time)
{
    flow_connect_options o = { .timeout = 0.001 };
    flow_deferred *service;

    begin(&(flow_faults){ .stall = 1 });
    service = serve("192.0.2.1:80", echo);
    hears("!Timeout: no connection to 192.0.2.1:80 in 0.001 seconds: "
           "192.0.2.1:80: no answer",
           flow_connect("192.0.2.1:80", flow_once(flow_of("hello")), &o));
    end(service);
}

static flow_value size_of(flow_value v, void *arg)
{
    int64_t n = v.size;

    (void)arg;
    flow_drop(v);
    return flow_int(n);
}

TEST(bytes_come_in_one_piece_or_in_many)
{
    flow_deferred *service;

    begin(&calm);
    service = serve("shop:80", echo);
    hears("10", flow_map(say("shop:80", "0123456789"), size_of, NULL));
    end(service);

    begin(&(flow_faults){ .room = 4 });
    service = serve("shop:80", echo);
    hears("4 4 2", flow_map(say("shop:80", "0123456789"), size_of, NULL));
    end(service);
}

TEST(bytes_take_their_time)
{
    flow_deferred *service;

    begin(&(flow_faults){ .delay = 10 });
    service = serve("192.0.2.1:80", echo);
    hears("hello", say("192.0.2.1:80", "hello"));
    CHECK(flow_now() > 1 && flow_now() < 60);
    end(service);
}

static flow_stage *silence(flow_stage *received, void *arg)
{
    (void)arg;
    flow_close(received);
    return never();
}

TEST(what_can_never_come_is_found_out)
{
    flow_deferred *service;
    flow_stage *s;
    flow_value v;

    begin(&calm);
    service = serve("shop:80", silence);
    s = say("shop:80", "");
    CHECK(!flow_block(s, &v));
    CHECK(flow_failure(s) != NULL && flow_is(flow_failure(s), FLOW_ESTUCK));
    flow_failure(s);
    flow_close(s);
    end(service);
}

static void end_early(flow_task *t)
{
    (void)t;
    flow_stop();
}

TEST(who_waits_to_be_served_is_told_of_the_end)
{
    flow_service_options o = { .most = 1 };
    flow_task soon = { .call = end_early };
    flow_deferred *service, *clients[3];

    begin(&calm);
    service = flow_serve("192.0.2.1:80", silence, NULL, &o);
    for (int i = 0; i < 3; i++)
        clients[i] = flow_run(say("192.0.2.1:80", "hello"));
    flow_host_here()->post(flow_host_here(), &soon, 1);
    flow_loop();
    flow_outcome(service);
    flow_release(service);
    flow_loop();
    for (int i = 0; i < 3; i++) {
        const flow_value *v = flow_outcome(clients[i]);

        CHECK(v != NULL && flow_code(v) == ECONNRESET);
        flow_release(clients[i]);
    }
    end(NULL);
}

/* ---- Seeds -------------------------------------------------------------- */
/* What happens, as a trace; to be freed. */
static char *story(uint64_t seed)
{
    char *text = NULL;
    size_t size;
    FILE *trace = open_memstream(&text, &size);
    flow_deferred *service, *clients[3];

    flow_simulation_begin(seed, NULL);
    flow_simulation_trace(trace);
    service = serve("shop:80", echo);
    for (int i = 0; i < 3; i++)
        clients[i] = flow_run(say("shop:80", "what is told is told"));
    flow_loop();
    for (int i = 0; i < 3; i++) {
        flow_outcome(clients[i]);
        flow_release(clients[i]);
    }
    end(service);
    fclose(trace);
    return text;
}

TEST(a_seed_tells_the_same_story_each_time)
{
    char *once = story(7), *again = story(7), *other = story(8);

    CHECK(strlen(once) > 100);
    CHECK(strcmp(once, again) == 0);
    CHECK(strcmp(once, other) != 0);
    free(once);
    free(again);
    free(other);
}

/* ---- Ending ------------------------------------------------------------- */
TEST(what_is_left_open_is_counted)
{
    flow_deferred *service;

    begin(&calm);
    service = serve("shop:80", echo);
    CHECK(flow_simulation_end() == 1);
    end(service);
}

TEST(sockets_are_back_after_the_end)
{
    begin(&calm);
    end(NULL);
    hears("!Invalid: the host of this thread is not one of libuv: call "
           "flow_host_use(flow_uv_host())", say("127.0.0.1:80", "hello"));
}

TEST(the_network_may_be_shared_by_many)
{
    enum { MANY = 200 };                    /* more than may wait at once   */
    flow_deferred *service, *clients[MANY];
    flow_service_options o = { .most = 3 };
    int heard = 0;

    begin(&(flow_faults){ .delay = 1 });
    service = flow_serve("shop:80", echo, NULL, &o);
    for (int i = 0; i < MANY; i++)
        clients[i] = flow_run(say("shop:80", "hello"));
    flow_loop();
    for (int i = 0; i < MANY; i++) {
        const flow_value *v = flow_outcome(clients[i]);

        heard += v != NULL && !flow_is_failure(*v);
        flow_release(clients[i]);
    }
    CHECK(heard >= 128 && heard < MANY);    /* the others were refused      */
    end(service);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_name_is_a_machine),
        CASE(a_machine_may_be_called_by_its_address),
        CASE(machines_and_ports_are_told_apart),
        CASE(all_addresses_may_be_served),
        CASE(paths_are_simulated_too),
        CASE(a_free_port_is_found),
        CASE(where_nobody_serves_a_call_is_refused),
        CASE(a_place_is_served_once),
        CASE(a_client_has_an_address),
        CASE(a_connection_may_be_refused),
        CASE(a_connection_may_be_lost),
        CASE(a_name_may_not_be_found),
        CASE(a_call_may_have_no_answer_in_time),
        CASE(bytes_come_in_one_piece_or_in_many),
        CASE(bytes_take_their_time),
        CASE(what_can_never_come_is_found_out),
        CASE(who_waits_to_be_served_is_told_of_the_end),
        CASE(a_seed_tells_the_same_story_each_time),
        CASE(what_is_left_open_is_counted),
        CASE(sockets_are_back_after_the_end),
        CASE(the_network_may_be_shared_by_many),
    };

    return run_tests("simulated", tests, sizeof tests / sizeof *tests);
}
