/* SPDX-License-Identifier: MIT */
/* See net_harness.h. */
#include "net_harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- Our side ----------------------------------------------------------- */
int port_of(flow_deferred *service)
{
    const char *port = strrchr(flow_served_at(service), ':');

    return port != NULL ? (int)strtol(port + 1, NULL, 10) : 0;
}

flow_deferred *serving_with(flow_protocol *p, void *arg,
                            const flow_service_options *o, int *port_out)
{
    flow_deferred *service;

    flow_host_use(flow_uv_host());
    service = flow_serve(HERE ":0", p, arg, o);
    *port_out = port_of(service);
    return service;
}

flow_deferred *serving(flow_protocol *p, void *arg, int *port_out)
{
    return serving_with(p, arg, NULL, port_out);
}

void served(flow_deferred *service)
{
    CHECK(!flow_fired(service));
    flow_outcome(service);
    flow_release(service);
    flow_uv_close();
}

void fails_to_serve(flow_deferred *service, const char *why)
{
    const flow_value *error = flow_outcome(service);
    const char *says = error != NULL ? flow_message(error) : "it serves";

    if (!disturbed() && strcmp(says, why) != 0)
        fprintf(stderr, "failed: %s\n", says);
    CHECK(strcmp(says, why) == 0);
    CHECK(strcmp(flow_served_at(service), "") == 0);
    flow_release(service);
}

void give_up_after(int turns, flow_deferred *d)
{
    flow_host *h = flow_host_here();

    for (int n = 0; n < turns; n++)
        h->turn(h, false);
    flow_outcome(d);
    flow_release(d);
}

void hears(const char *text, flow_stage *s)
{
    char heard[4096] = "";
    size_t n = 0, len;
    const flow_value *failure;

    for (flow_value v; flow_block(s, &v); flow_drop(v)) {
        const char *chars = flow_chars(&v, &len);

        if (n + len < sizeof heard - 64)
            memcpy(heard + n, chars, len);
        n += len;
        heard[n] = '\0';
    }
    failure = flow_failure(s);
    if (failure != NULL)
        snprintf(heard + n, sizeof heard - n, "!%s",
                 flow_class_of(failure)->name);
    if (!disturbed() && strcmp(heard, text) != 0)
        fprintf(stderr, "heard: %s\n", heard);
    CHECK(strcmp(heard, text) == 0);
    flow_close(s);
}

flow_stage *connecting(int port, flow_stage *sent)
{
    char to[sizeof HERE ":65535"];

    snprintf(to, sizeof to, HERE ":%d", port);
    return flow_connect(to, sent, NULL);
}

void run_for(double seconds, bool (*done)(void))
{
    flow_host *h = flow_host_here();
    double end = h->now(h) + seconds;

    while (h->now(h) < end && !(done != NULL && done())) {
        h->turn(h, false);
        usleep(200);
    }
}

/* ---- The other side ----------------------------------------------------- */
enum { PATIENCE = 60 };                     /* seconds                      */

static struct {
    bool (*peer)(int port);
    int port;
    bool done;
    atomic_bool ended;
} other;

static void *be_the_other(void *arg)
{
    (void)arg;
    other.done = other.peer(other.port);
    other.ended = true;
    return NULL;
}

static bool other_ended(void)
{
    return other.ended;
}

bool with_peer(bool (*peer)(int port), int port)
{
    pthread_t thread;

    if (port == 0)
        return false;                       /* the service did not begin    */
    other.peer = peer;
    other.port = port;
    other.ended = false;
    if (pthread_create(&thread, NULL, be_the_other, NULL) != 0)
        return false;
    run_for(2 * PATIENCE, other_ended);
    run_for(0.003, NULL);
    pthread_join(thread, NULL);
    return other.done;
}

int peer_socket(void)
{
    struct timeval patience = { PATIENCE, 0 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

bool peer_connects_by(int fd, int port)
{
    struct sockaddr_in to = { .sin_family = AF_INET };

    to.sin_port = htons((uint16_t)port);
    inet_pton(AF_INET, HERE, &to.sin_addr);
    return connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
}

int peer_connects(int port)
{
    int fd = peer_socket();

    peer_connects_by(fd, port);
    return fd;
}

bool peer_says(int fd, const char *text)
{
    size_t n = strlen(text);

    return send(fd, text, n, MSG_NOSIGNAL) == (ssize_t)n;
}

bool peer_hears(int fd, const char *text)
{
    char heard[4096];
    size_t n = strlen(text), got = 0;

    while (got < n) {
        ssize_t more = recv(fd, heard + got, n - got, 0);

        if (more <= 0)
            return false;
        got += (size_t)more;
    }
    return memcmp(heard, text, n) == 0;
}

bool peer_sees_end(int fd)
{
    char c;
    bool end = recv(fd, &c, 1, 0) == 0;

    close(fd);
    return end;
}

bool peer_sees_reset(int fd)
{
    char c;
    bool reset = recv(fd, &c, 1, 0) < 0 && errno == ECONNRESET;

    close(fd);
    return reset;
}

void many_descriptors(void)
{
    struct rlimit l;

    getrlimit(RLIMIT_NOFILE, &l);
    l.rlim_cur = l.rlim_max < 100000 ? l.rlim_max : 100000;
    setrlimit(RLIMIT_NOFILE, &l);
}

bool under_valgrind(void)
{
    const char *loaded = getenv("LD_PRELOAD");

    return loaded != NULL && strstr(loaded, "valgrind") != NULL;
}
