/* SPDX-License-Identifier: MIT */
/* TLS over real sockets: between ourselves, and with OpenSSL's own client and
 * server. Memory that is missing may close any connection, so what was said is
 * checked only in runs that are not disturbed. */
#include "net_harness.h"
#include "tls_harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Between ourselves --------------------------------------------------- */
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

TEST(a_certificate_that_is_not_believed_is_told_to_both)
{
    const struct identity *own = identity(STRANGER);
    struct sides s = sides_with(
        &(flow_tls_options){ .authorities = identity(AUTHORITY)->chain },
        &(flow_tls_options){ .chain = own->chain, .key = own->key });
    int port;
    flow_deferred *service = serving_in_tls(&s, echo, &port);

    hears("!Certificate", says(&s, &port, saying("hello")));
    run_for(0.05, NULL);
    CHECK(strstr(reports(), "tlsv1 alert unknown ca") != NULL);
    reports();
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
    CHECK(strstr(reports(), "cut off in its handshake") != NULL);
    reports();
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
            flow_deferred *service = serving_in_tls(&s, brackets, &port);
            flow_deferred *client = flow_run(says(&s, &port, flow_list(
                FLOW_VALUES("a\n", "b", "\nbye\n"))));
            flow_host *h = flow_host_here();

            for (int n = 0; n < turns; n++)
                h->turn(h, false);
            flow_outcome(client);
            flow_outcome(service);
            flow_release(order == 0 ? client : service);
            h->turn(h, false);
            flow_release(order == 0 ? service : client);
            part(&s);
            flow_uv_close();
        }
    reports();
}

/* ---- With OpenSSL's own -------------------------------------------------- */
static char folder[] = "/tmp/flow-tls-XXXXXX";
static const char *openssl_options;

static void write_file(const char *name, const char *text)
{
    char path[64];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "w");
    MUST(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void remove_files(void)
{
    char command[64];

    snprintf(command, sizeof command, "rm -r %s", folder);
    MUST(system(command) == 0);
}

/* What it prints first must be `text`. */
static bool prints(const char *command, const char *text)
{
    char line[256] = "";
    FILE *f = popen(command, "r");
    size_t n = f != NULL ? fread(line, 1, sizeof line - 1, f) : 0;

    line[n] = '\0';
    if (strcmp(line, text) != 0)
        fprintf(stderr, "%s\nprinted: %s\n", command, line);
    return f != NULL && pclose(f) >= 0 && strcmp(line, text) == 0;
}

static bool s_client_talks(int port)
{
    char command[512];

    snprintf(command, sizeof command, "printf 'one\\nbye\\n' | timeout 20 "
             "openssl s_client -connect " HERE ":%d -CAfile %s/authority.pem "
             "-verify_return_error -verify_hostname localhost -quiet %s "
             "2>/dev/null", port, folder, openssl_options);
    return prints(command, "<one><bye>");
}

TEST(openssl_s_client_talks_to_our_service)
{
    static const char *const options[] = {
        "-tls1_3", "-tls1_2", "-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256",
    };

    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct sides s = sides();
        int port;
        flow_deferred *service = serving_in_tls(&s, brackets, &port);

        openssl_options = options[i];
        CHECK(with_peer(s_client_talks, port));
        served(service);
        part(&s);
    }
}

static bool old_s_client_is_refused(int port)
{
    char command[512];

    snprintf(command, sizeof command, "echo one | timeout 20 openssl s_client "
             "-connect " HERE ":%d -tls1_1 -cipher DEFAULT@SECLEVEL=0 -quiet "
             "2>&1 | grep -o 'alert protocol version' | head -n 1", port);
    return prints(command, "alert protocol version\n");
}

TEST(what_is_older_than_tls_1_2_is_refused)
{
    struct sides s = sides();
    int port;
    flow_deferred *service = serving_in_tls(&s, brackets, &port);

    CHECK(with_peer(old_s_client_is_refused, port));
    CHECK(strstr(reports(), "unsupported protocol; the peer must speak TLS 1.2 "
                            "or newer") != NULL);
    reports();
    served(service);
    part(&s);
}

/* Ends when it has served one connection. Its port. */
static int s_server_begins(FILE **out)
{
    char command[512], line[256];
    int port = 0;

    snprintf(command, sizeof command, "timeout 20 openssl s_server -accept "
             HERE ":0 -cert %s/localhost.pem -key %s/localhost.key -rev "
             "-naccept 1 %s 2>/dev/null", folder, folder, openssl_options);
    *out = popen(command, "r");
    while (*out != NULL && port == 0 && fgets(line, sizeof line, *out) != NULL)
        sscanf(line, "ACCEPT " HERE ":%d", &port);
    return port;
}

TEST(our_client_talks_to_openssl_s_server)
{
    static const char *const options[] = { "-tls1_3", "-tls1_2" };

    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct sides s = sides();
        FILE *server;
        int port;

        openssl_options = options[i];
        port = s_server_begins(&server);
        flow_host_use(flow_uv_host());
        hears("olleh\n", flow_take(says(&s, &port, flow_concat(FLOW_STAGES(
            saying("hello\n"), never()))), 1));
        flow_uv_close();
        pclose(server);
        part(&s);
    }
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_service_echoes),
        CASE(a_dialogue_goes_on_over_several_turns),
        CASE(a_failure_of_the_protocol_cuts_the_connection_off),
        CASE(a_certificate_that_is_not_believed_is_told_to_both),
        CASE(a_peer_may_leave_in_the_handshake),
        CASE(everything_may_be_closed_at_any_moment),
        CASE(much_goes_both_ways),
        CASE(openssl_s_client_talks_to_our_service),
        CASE(what_is_older_than_tls_1_2_is_refused),
        CASE(our_client_talks_to_openssl_s_server),
    };
    int status;

    MUST(mkdtemp(folder) != NULL);
    write_file("authority.pem", identity(AUTHORITY)->chain);
    write_file("localhost.pem", identity(LOCALHOST)->chain);
    write_file("localhost.key", identity(LOCALHOST)->key);
    status = run_tests("tls_net", tests, sizeof tests / sizeof *tests);
    remove_files();
    return status;
}
