/* SPDX-License-Identifier: MIT */
/* Where services wait and clients go: names, paths, all addresses, and what is
 * said when nobody is there. */
#include "net_harness.h"

#include "net/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static flow_deferred *serving_at(const char *at, int *port_out)
{
    flow_deferred *service;

    flow_host_use(flow_uv_host());
    service = flow_serve(at, echo, NULL, NULL);
    *port_out = port_of(service);
    return service;
}

static flow_stage *connecting_to(const char *host, int port)
{
    char to[300];

    snprintf(to, sizeof to, "%s:%d", host, port);
    return flow_connect(to, saying("hello"), NULL);
}

/* ---- Of the internet ---------------------------------------------------- */
TEST(a_name_is_looked_up_on_both_sides)
{
    int port;
    flow_deferred *service = serving_at("localhost:0", &port);

    hears("hello", connecting_to("localhost", port));
    hears("hello", connecting_to(HERE, port));
    served(service);
}

TEST(all_addresses_are_served_in_both_versions)
{
    int port;
    flow_deferred *service = serving_at(":0", &port);

    hears("hello", connecting_to("", port));
    hears("hello", connecting_to(HERE, port));
    hears("hello", connecting_to("localhost", port));
    served(service);
}

static void says(const char *text, flow_stage *s)
{
    flow_value v;
    const flow_value *failure;

    while (flow_block(s, &v))
        flow_drop(v);
    failure = flow_failure(s);
    MUST(failure != NULL);
    if (!disturbed() && strstr(flow_message(failure), text) == NULL)
        fprintf(stderr, "it says: %s\n", flow_message(failure));
    CHECK(strstr(flow_message(failure), text) != NULL);
    flow_close(s);
}

TEST(a_name_that_is_nobody_s_is_said)
{
    flow_host_use(flow_uv_host());
    says("cannot connect to nobody.invalid:1: ",
         connecting_to("nobody.invalid", 1));
    flow_uv_close();
}

TEST(a_name_that_is_nobody_s_cannot_be_served)
{
    int port;
    flow_deferred *service = serving_at("nobody.invalid:0", &port);
    const flow_value *why = flow_outcome(service);

    CHECK(why != NULL && strstr(flow_message(why), "cannot listen at "
                                "nobody.invalid:0: ") != NULL);
    CHECK(port == 0);
    flow_release(service);
    flow_uv_close();
}

/* The queue of one who does not accept is full: more get no answer. */
static int deaf(int *port_out, int full[4])
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(fd, (struct sockaddr *)&at, sizeof at) == 0);
    CHECK(listen(fd, 0) == 0);
    getsockname(fd, (struct sockaddr *)&at, &size);
    *port_out = ntohs(at.sin_port);
    for (int i = 0; i < 4; i++) {
        full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                         0);
        connect(full[i], (struct sockaddr *)&at, sizeof at);
    }
    return fd;
}

static void not_deaf(int fd, const int full[4])
{
    for (int i = 0; i < 4; i++)
        close(full[i]);
    close(fd);
}

TEST(connecting_takes_no_longer_than_it_may)
{
    int port, full[4], fd = deaf(&port, full);
    char to[32], why[128];

    flow_host_use(flow_uv_host());
    snprintf(to, sizeof to, HERE ":%d", port);
    snprintf(why, sizeof why, "no connection to %s in 0.02 seconds: %s: no "
             "answer", to, to);
    says(why, flow_connect(to, saying("hello"),
                           &(flow_connect_options){ .timeout = 0.02 }));
    not_deaf(fd, full);
    flow_uv_close();
}

/* ---- Names of several addresses, which are made up ----------------------- */
static const char *made_up[4];

static void add(struct flow__lookup *q, const char *address)
{
    struct flow__address *a = &q->found[q->n++];
    bool six = inet_pton(AF_INET6, address, &a->to.six.sin6_addr) == 1;

    a->to.any.sa_family = six ? AF_INET6 : AF_INET;
    a->size = six ? sizeof a->to.six : sizeof a->to.four;
    if (!six)
        inet_pton(AF_INET, address, &a->to.four.sin_addr);
}

static bool make_up(const char *name, struct flow__lookup *q)
{
    (void)name;
    memset(q->found, 0, sizeof q->found);
    q->n = 0;
    q->wrong = NULL;
    for (int i = 0; i < 4 && made_up[i] != NULL; i++)
        add(q, made_up[i]);
    return false;
}

static struct flow__network names_made_up(const char *one, const char *two,
                                          const char *three)
{
    struct flow__network n = flow__sockets;

    made_up[0] = one;
    made_up[1] = two;
    made_up[2] = three;
    n.look_up = make_up;
    return n;
}

TEST(the_next_address_is_tried_when_one_refuses)
{
    struct flow__network n = names_made_up("127.0.0.2", "127.0.0.3", HERE);
    int port;
    flow_deferred *service = serving_at(HERE ":0", &port);

    flow__network_use(&n);
    hears("hello", connecting_to("several.example", port));
    flow__network_use(NULL);
    served(service);
}

/* One that was free a moment ago. */
static int port_of_nobody(void)
{
    int port;
    flow_deferred *service = serving_at(HERE ":0", &port);

    flow_outcome(service);
    flow_release(service);
    return port;
}

TEST(what_became_of_each_address_is_said)
{
    struct flow__network n = names_made_up("127.0.0.2", HERE, "127.0.0.3");
    int port = port_of_nobody();
    char why[256];

    flow__network_use(&n);
    snprintf(why, sizeof why, "cannot connect to several.example:%d: "
             "127.0.0.2:%d: Connection refused; " HERE ":%d: Connection "
             "refused; 127.0.0.3:%d: Connection refused", port, port, port,
             port);
    says(why, connecting_to("several.example", port));
    flow__network_use(NULL);
    flow_uv_close();
}

TEST(the_versions_take_turns)
{
    struct flow__network n = names_made_up("127.0.0.2", "127.0.0.3", "::1");
    int port = port_of_nobody();
    char why[256];

    flow__network_use(&n);
    snprintf(why, sizeof why, "127.0.0.2:%d: Connection refused; [::1]:%d: ",
             port, port);
    says(why, connecting_to("several.example", port));
    flow__network_use(NULL);
    flow_uv_close();
}

/* The first one does not answer; the second is tried beside it. */
TEST(the_next_address_is_tried_beside_one_that_does_not_answer)
{
    struct flow__network n = names_made_up(HERE, "127.0.0.2", NULL);
    int port, full[4], fd = deaf(&port, full);
    char at[32], to[64];
    flow_deferred *service;

    snprintf(at, sizeof at, "127.0.0.2:%d", port);
    snprintf(to, sizeof to, "several.example:%d", port);
    service = serving_at(at, &port);
    flow__network_use(&n);
    hears("hello", flow_connect(to, saying("hello"),
                                &(flow_connect_options){ .timeout = 0.4 }));
    flow__network_use(NULL);
    not_deaf(fd, full);
    served(service);
}

TEST(connecting_may_be_given_up_at_any_moment)
{
    for (int turns = 0; turns < 6; turns++) {
        flow_host_use(flow_uv_host());
        give_up_after(turns, flow_run(connecting_to("localhost", 9)));
        flow_uv_close();
    }
    reports();
}

/* ---- Of this machine ---------------------------------------------------- */
static const char *path(void)
{
    static char at[64];

    snprintf(at, sizeof at, "unix:/tmp/flow-net-%d.sock", (int)getpid());
    return at;
}

TEST(a_path_is_served_and_removed)
{
    int port;
    flow_deferred *service = serving_at(path(), &port);

    hears("hello", flow_connect(path(), saying("hello"), NULL));
    CHECK(port == 0);
    served(service);
    MUST(access(path() + strlen("unix:"), F_OK) != 0);
}

TEST(a_path_that_a_dead_service_left_is_used_again)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), port;
    flow_deferred *service;

    snprintf(at.sun_path, sizeof at.sun_path, "%s", path() + strlen("unix:"));
    CHECK(bind(fd, (struct sockaddr *)&at, sizeof at) == 0);
    close(fd);
    service = serving_at(path(), &port);
    hears("hello", flow_connect(path(), saying("hello"), NULL));
    served(service);
    unlink(at.sun_path);                    /* when it did not come to that */
}

TEST(a_path_that_is_served_is_left_alone)
{
    int port;
    flow_deferred *service = serving_at(path(), &port), *second;
    const flow_value *why;
    char says[128];

    second = serving_at(path(), &port);
    why = flow_outcome(second);
    snprintf(says, sizeof says, "cannot listen at %s: Address already in use",
             path());
    CHECK(why != NULL && strcmp(flow_message(why), says) == 0);
    flow_release(second);
    hears("hello", flow_connect(path(), saying("hello"), NULL));
    served(service);
}

static void tell_the_peer(flow_gen *self, flow_stage *source, void *arg)
{
    flow_stage *s = flow_connect(path(), saying("x"), NULL);
    flow_value v;

    (void)source;
    (void)arg;
    if (flow_next(self, s, &v)) {
        flow_drop(v);
        flow_yield(self, flow_textf("%s", flow_peer(s)));
    }
    flow_close(s);
}

TEST(a_client_s_peer_is_the_path)
{
    int port;
    flow_deferred *service = serving_at(path(), &port);

    hears(path(), flow_generate(tell_the_peer, NULL, NULL));
    served(service);
}

TEST(a_name_without_a_file_is_served)
{
    char at[64];
    int port;
    flow_deferred *service;

    snprintf(at, sizeof at, "unix:@flow-net-%d", (int)getpid());
    service = serving_at(at, &port);
    hears("hello", flow_connect(at, saying("hello"), NULL));
    served(service);
}

TEST(a_path_that_is_too_long_is_named)
{
    char at[200];

    memset(at, 'x', sizeof at - 1);
    at[sizeof at - 1] = '\0';
    memcpy(at, "unix:/", 6);
    flow_host_use(flow_uv_host());
    says("has a path longer than the 107 characters a socket's may have",
         flow_connect(at, NULL, NULL));
    flow_uv_close();
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_name_is_looked_up_on_both_sides),
        CASE(all_addresses_are_served_in_both_versions),
        CASE(a_name_that_is_nobody_s_is_said),
        CASE(a_name_that_is_nobody_s_cannot_be_served),
        CASE(connecting_takes_no_longer_than_it_may),
        CASE(the_next_address_is_tried_when_one_refuses),
        CASE(what_became_of_each_address_is_said),
        CASE(the_versions_take_turns),
        CASE(the_next_address_is_tried_beside_one_that_does_not_answer),
        CASE(connecting_may_be_given_up_at_any_moment),
        CASE(a_path_is_served_and_removed),
        CASE(a_path_that_a_dead_service_left_is_used_again),
        CASE(a_path_that_is_served_is_left_alone),
        CASE(a_client_s_peer_is_the_path),
        CASE(a_name_without_a_file_is_served),
        CASE(a_path_that_is_too_long_is_named),
    };
    return run_tests("net_address", tests, sizeof tests / sizeof *tests);
}
