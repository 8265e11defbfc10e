/* SPDX-License-Identifier: MIT */
/* TLS over real sockets. Memory that is missing may close any connection, so
 * what was said is checked only in runs that are not disturbed. */
#include "net_harness.h"
#include "tls_harness.h"

#include <string.h>
#include <unistd.h>

static flow_stage *dial(flow_stage *sent, void *port)
{
    return connecting(*(int *)port, sent);
}

static flow_stage *says(struct sides *s, int *port, flow_stage *sent)
{
    return flow_tls_connect("localhost", sent, s->client, dial, port);
}

static flow_deferred *serving_in_tls(struct sides *s, flow_protocol *p,
                                     int *port_out)
{
    s->protocol = p;
    return serving(secured, s, port_out);
}

TEST(a_service_echoes)
{
    struct sides s = sides();
    int port;
    flow_deferred *service = serving_in_tls(&s, echo, &port);

    hears("hello", says(&s, &port, saying("hello")));
    served(service);
    part(&s);
}

TEST(a_dialogue_goes_on_over_several_turns)
{
    struct sides s = sides();
    int port;
    flow_deferred *service = serving_in_tls(&s, brackets, &port);

    hears("<one><two><bye>", says(&s, &port, script("one\n.tw.o\n.bye\nno\n")));
    served(service);
    part(&s);
}

static flow_stage *who(flow_stage *received, void *arg)
{
    flow_stage *s = flow_once(flow_textf("%.10s", flow_peer(received)));

    (void)arg;
    flow_close(received);
    return s;
}

TEST(a_protocol_in_tls_knows_its_peer)
{
    struct sides s = sides();
    int port;
    flow_deferred *service = serving_in_tls(&s, who, &port);

    hears(HERE ":", says(&s, &port, flow_list(NULL, 0)));
    served(service);
    part(&s);
}

enum { MUCH = 4 << 20 };

static void say_much(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    for (int n = 0; n < MUCH && flow_yield(self, "0123456789abcdef"); n += 16)
        ;
}

TEST(much_goes_both_ways)
{
    struct sides s = sides();
    int port;
    flow_deferred *service = serving_in_tls(&s, echo, &port);
    flow_stage *heard = says(&s, &port, flow_generate(say_much, NULL, NULL));
    size_t n = 0;

    for (flow_value v; flow_block(heard, &v); flow_drop(v))
        n += v.size;
    CHECK(flow_failure(heard) == NULL && n == MUCH);
    flow_failure(heard);
    flow_close(heard);
    served(service);
    part(&s);
}

TEST(a_failure_of_the_protocol_cuts_the_connection_off)
{
    struct sides s = sides();
    int port;
    flow_deferred *service = serving_in_tls(&s, brackets, &port);

    hears("<one>!SystemError", says(&s, &port, script("one\n..fail\n_")));
    CHECK(strstr(reports(), "failed: Format: told to") != NULL);
    reports();
    served(service);
    part(&s);
}

enum { PATIENCE = 10 };                     /* seconds                      */

static bool is_reported(void)
{
    return reports()[0] != '\0' || disturbed();
}

TEST(a_certificate_that_is_not_believed_is_told_to_both)
{
    const struct identity *own = identity(STRANGER);
    struct sides s = sides_with(
        &(flow_tls_options){ .authorities = identity(AUTHORITY)->chain },
        &(flow_tls_options){ .chain = own->chain, .key = own->key });
    int port;
    flow_deferred *service = serving_in_tls(&s, echo, &port);

    hears("!Certificate", says(&s, &port, saying("hello")));
    run_for(PATIENCE, is_reported);
    CHECK(strstr(reports(), "tlsv1 alert unknown ca") != NULL);
    served(service);
    part(&s);
}

static bool leaves_in_the_handshake(int port)
{
    int fd = peer_connects(port);

    return peer_says(fd, "\x16\x03\x01\x02") && close(fd) == 0;
}

TEST(a_peer_may_leave_in_the_handshake)
{
    struct sides s = sides();
    int port;
    flow_deferred *service = serving_in_tls(&s, echo, &port);
    bool done = with_peer(leaves_in_the_handshake, port);

    CHECK(done);
    run_for(PATIENCE, is_reported);
    CHECK(strstr(reports(), "cut off in its handshake") != NULL);
    hears("still here", says(&s, &port, saying("still here")));
    served(service);
    part(&s);
}

/* Everything is closed after 0, 1, 2, ... turns of the loop. */
TEST(everything_may_be_closed_at_any_moment)
{
    for (int turns = 0; turns < 16; turns++)
        for (int order = 0; order < 2; order++) {
            struct sides s = sides();
            int port;
            flow_deferred *both[2] = { serving_in_tls(&s, brackets, &port) };

            both[1] = flow_run(says(&s, &port, flow_list(
                FLOW_VALUES("a\n", "b", "\nbye\n"))));
            give_up_after(turns, both[order]);
            give_up_after(1, both[!order]);
            part(&s);
            flow_uv_close();
        }
    reports();
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_service_echoes),
        CASE(a_protocol_in_tls_knows_its_peer),
        CASE(a_dialogue_goes_on_over_several_turns),
        CASE(a_failure_of_the_protocol_cuts_the_connection_off),
        CASE(a_certificate_that_is_not_believed_is_told_to_both),
        CASE(a_peer_may_leave_in_the_handshake),
        CASE(everything_may_be_closed_at_any_moment),
        CASE(much_goes_both_ways),
    };
    return run_tests("tls_net", tests, sizeof tests / sizeof *tests);
}
