/* SPDX-License-Identifier: MIT */
/* Ten thousand who mean no good, and a guest who is served all the same.
 *
 * Each service runs in a process of its own, whose allocations are counted, and
 * which tells by its exit status whether it kept its bound and gave all back;
 * here are the plain sockets of the crowd. Where fewer descriptors are allowed
 * than the crowd needs, it is smaller, and that is said. */
#include "net_harness.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CROWD = 10000, SPARE = 100 };        /* descriptors for the rest     */

/* ---- A service in its own process --------------------------------------- */
struct load {
    flow_protocol *protocol;
    flow_service_options o;
    rlim_t descriptors;                     /* 0: as many as there may be   */
    size_t bound;                           /* bytes that it may hold       */
};

static struct { pid_t pid; int port; } service;

static size_t live, peak, reported;

static void *count(void *ctx, void *p, size_t old, size_t size)
{
    void *q = NULL;

    (void)ctx;
    if (size == 0)
        free(p);
    else
        q = realloc(p, size);
    if (size > 0 && q == NULL)
        return NULL;
    live += size - (p != NULL ? old : 0);
    peak = live > peak ? live : peak;
    return q;
}

static void note(void *ctx, const char *text)
{
    (void)ctx;
    (void)text;
    reported++;
}

/* Fails quietly: reports would be many. */
static void forget(const flow_value *error, const char *peer, void *arg)
{
    (void)error;
    (void)peer;
    (void)arg;
}

static void limit_descriptors(rlim_t n)
{
    struct rlimit l;

    many_descriptors();
    getrlimit(RLIMIT_NOFILE, &l);
    l.rlim_cur = n > 0 ? n : l.rlim_cur;
    setrlimit(RLIMIT_NOFILE, &l);
}

/* Turns of the loop until the parent has had enough. */
static size_t turns;

static void run_until_told(void)
{
    flow_deferred *end = flow_run(flow_take(flow_signals(SIGTERM), 1));

    for (turns = 0; !flow_fired(end); turns++)
        flow_host_here()->turn(flow_host_here(), true);
    flow_release(end);
}

/* What is wrong at the end, as an exit status. */
static int serve(const struct load *load, int to_parent)
{
    flow_deferred *d;
    int port;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    flow_configure(&(flow_config){ .resize = count, .report = note });
    limit_descriptors(load->descriptors);
    flow_host_use(flow_uv_host());
    d = flow_serve(HERE ":0", load->protocol, NULL, &load->o);
    port = port_of(d);
    if (write(to_parent, &port, sizeof port) != sizeof port)
        return 10;
    run_until_told();
    if (flow_fired(d))
        return 11;
    flow_release(d);
    flow_uv_close();
    flow_trim();
    if (peak <= load->bound)
        return live > 0 ? 12 : 0;
    fprintf(stderr, "the service held %zu bytes, more than %zu\n", peak,
            load->bound);
    return 13;
}

/* The child of a process that leaves nothing of the library behind. */
static void begin(const struct load *load)
{
    int ends[2];

    limit_descriptors(0);
    CHECK(pipe(ends) == 0);
    fflush(NULL);
    service.pid = fork();
    if (service.pid == 0) {
        close(ends[0]);
        _exit(serve(load, ends[1]));
    }
    close(ends[1]);
    CHECK(read(ends[0], &service.port, sizeof service.port)
          == sizeof service.port);
    close(ends[0]);
}

static void end(void)
{
    int status = -1;

    kill(service.pid, SIGTERM);
    CHECK(waitpid(service.pid, &status, 0) == service.pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        fprintf(stderr, "the service ended with %d\n", WEXITSTATUS(status));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- The guest, who must be served -------------------------------------- */
static int guest;

static void guest_comes(void)
{
    guest = peer_connects(service.port);
}

static bool guest_is_served(const char *says, const char *hears)
{
    return peer_says(guest, says) && peer_hears(guest, hears);
}

static void guest_goes(void)
{
    close(guest);
}

/* ---- The crowd ---------------------------------------------------------- */
static int crowd[CROWD];
static size_t crowded;

#ifdef __SANITIZE_THREAD__
static const bool generators_are_slow = true;
#else
static const bool generators_are_slow = false;
#endif

/* As many of n as there may be, and as can be in some seconds. */
static size_t at_most(size_t n)
{
    struct rlimit l;
    size_t may;

    if ((generators_are_slow || under_valgrind()) && n > CROWD / 20)
        n = CROWD / 20;
    getrlimit(RLIMIT_NOFILE, &l);
    may = l.rlim_cur > 2 * SPARE ? (size_t)l.rlim_cur - SPARE : SPARE;
    if (may < n)
        printf("a crowd of %zu, as more descriptors are not allowed\n", may);
    return may < n ? may : n;
}

/* Small segments, and little room for answers: what nobody reads is to cost the
 * kernel little, too. */
static int small_socket(void)
{
    int fd = peer_socket(), segment = 536, room = 2048;

    setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    return fd;
}

static void crowd_comes(size_t n)
{
    crowded = at_most(n);
    for (size_t i = 0; i < crowded; i++) {
        crowd[i] = small_socket();
        CHECK(peer_connects_by(crowd[i], service.port));
        fcntl(crowd[i], F_SETFL, O_NONBLOCK);
    }
}

static void all_say(const char *text, size_t n)
{
    for (size_t i = 0; i < crowded; i++)
        if (send(crowd[i], text, n, MSG_NOSIGNAL) < 0)
            CHECK(errno == EAGAIN || errno == EPIPE || errno == ECONNRESET);
}

static void crowd_goes(void)
{
    for (size_t i = 0; i < crowded; i++)
        close(crowd[i]);
}

/* ---- Those who connect and vanish --------------------------------------- */
static void vanish(int fd, size_t how)
{
    struct linger none = { 1, 0 };

    if (how % 2 == 0)
        peer_says(fd, "half a li");
    if (how % 3 == 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(fd);
}

TEST(ten_thousand_who_connect_and_vanish)
{
    begin(&(struct load){
        .protocol = brackets, .o = { .failed = forget }, .bound = 1 << 24
    });
    guest_comes();
    for (size_t i = 0; i < at_most(CROWD); i++) {
        vanish(peer_connects(service.port), i);
        if (i % 100 == 0)
            CHECK(guest_is_served("still there?\n", "<still there?>"));
    }
    CHECK(guest_is_served("bye\n", "<bye>"));
    CHECK(peer_sees_end(guest));
    end();
}

/* ---- Those who send a byte a second -------------------------------------- */
TEST(ten_thousand_who_send_a_byte_a_second)
{
    begin(&(struct load){
        .protocol = echo, .o = { .most = CROWD + 1 },
        .bound = (size_t)CROWD * 2048 + (1 << 22)
    });
    guest_comes();
    crowd_comes(CROWD);
    for (int second = 0; second < 2; second++) {
        all_say("x", 1);
        for (int n = 0; n < 50; n++) {
            CHECK(guest_is_served("hello", "hello"));
            usleep(20000);
        }
    }
    crowd_goes();
    guest_goes();
    end();
}

TEST(who_sends_a_byte_now_and_then_can_be_bounded_in_time)
{
    begin(&(struct load){
        .protocol = brackets, .bound = (size_t)CROWD * 6000 + (1 << 24),
        .o = { .conn = { .total = 0.5 }, .most = CROWD / 10 }
    });
    crowd_comes(CROWD / 5);                 /* half of them wait in a queue */
    all_say("x", 1);
    guest_comes();                          /* behind them                  */
    CHECK(guest_is_served("hello\n", "<hello>"));
    crowd_goes();
    guest_goes();
    end();
}

/* ---- Those who never read ------------------------------------------------ */
enum { PIECE = 256 };

static flow_status give_on(void *state, flow_stage *out)
{
    static char piece[PIECE];

    (void)state;
    flow_give(out, flow_bytes(piece, sizeof piece));
    return FLOW_READY;
}

/* To those who say x, without an end; others hear it back. */
static flow_stage *one_or_the_other(flow_value first, void *arg)
{
    size_t n;
    const char *s = flow_chars(&first, &n);

    (void)arg;
    if (n == 0 || s[0] != 'x')
        return flow_once(first);
    flow_drop(first);
    return flow_iterate(give_on, NULL);
}

static flow_stage *giving_without_end(flow_stage *received, void *arg)
{
    return flow_flat_map(received, one_or_the_other, arg);
}

TEST(ten_thousand_who_never_read)
{
    begin(&(struct load){
        .protocol = giving_without_end, .o = { .most = CROWD + 1 },
        .bound = (size_t)CROWD * (2048 + 1024 + 32 * (PIECE + 64)) + (1 << 22)
    });
    guest_comes();
    crowd_comes(CROWD);
    all_say("x", 1);
    for (int n = 0; n < 50; n++) {
        CHECK(guest_is_served("hello", "hello"));
        usleep(5000);
    }
    crowd_goes();
    guest_goes();
    end();
}

/* ---- Those who send without end ------------------------------------------ */
static char chatter[4096];

TEST(ten_thousand_who_send_a_line_without_end)
{
    begin(&(struct load){
        .protocol = brackets, .o = { .failed = forget, .most = CROWD + 1 },
        .bound = (size_t)CROWD * (2048 + 1024 + 32768) + (1 << 24)
    });
    guest_comes();
    crowd_comes(CROWD);
    memset(chatter, 'x', sizeof chatter);
    for (int n = 0; n < 8; n++) {
        all_say(chatter, sizeof chatter);
        CHECK(guest_is_served("hello\n", "<hello>"));
    }
    crowd_goes();
    guest_goes();
    end();
}

TEST(those_who_always_have_more_to_say_hold_up_nobody)
{
    begin(&(struct load){
        .protocol = brackets, .o = { .failed = forget }, .bound = 1 << 26
    });
    guest_comes();
    crowd_comes(200);
    memset(chatter, '\n', sizeof chatter);
    for (int n = 0; n < 20; n++) {
        all_say(chatter, sizeof chatter);
        CHECK(guest_is_served("hello\n", "<hello>"));
    }
    crowd_goes();
    guest_goes();
    end();
}

/* ---- Sixty-four descriptors ---------------------------------------------- */
/* A line is answered by what the service has counted. */
static flow_value tell_turns(flow_value line, void *arg)
{
    (void)arg;
    flow_drop(line);
    return flow_textf("%zu turns, %zu reports", turns, reported);
}

static flow_stage *telling(flow_stage *received, void *arg)
{
    return flow_map(flow_lines(received), tell_turns, arg);
}

/* What it tells to one who asks, who must get an answer. */
static size_t told_to(int fd, size_t *reports_out)
{
    char told[64] = "";
    size_t turned = 0;

    CHECK(peer_says(fd, "?\n") && recv(fd, told, sizeof told - 1, 0) > 0);
    CHECK(sscanf(told, "%zu turns, %zu", &turned, reports_out) == 2);
    return turned;
}

/* All connect, as the kernel lets them; most wait there for their turn. */
TEST(with_sixty_four_descriptors_nothing_spins_and_all_have_their_turn)
{
    size_t before, told = 0;

    if (under_valgrind())
        return;                             /* it keeps no such limit       */
    begin(&(struct load){
        .protocol = telling, .descriptors = 64, .bound = 1 << 20
    });
    guest_comes();
    told_to(guest, &told);
    crowd_comes(400);
    do {                                    /* that accepting pauses        */
        usleep(100000);
        before = told_to(guest, &told);
    } while (told == 0 && !disturbed());
    CHECK(told == 1);
    usleep(500000);
    CHECK(told_to(guest, &told) - before < 100);
    for (size_t i = 0; i < crowded; i++) {
        fcntl(crowd[i], F_SETFL, 0);
        told_to(crowd[i], &told);
        close(crowd[i]);
    }
    guest_goes();
    end();
}

int main(void)
{
    static const struct test tests[] = {
        CASE(ten_thousand_who_connect_and_vanish),
        CASE(ten_thousand_who_send_a_byte_a_second),
        CASE(who_sends_a_byte_now_and_then_can_be_bounded_in_time),
        CASE(ten_thousand_who_never_read),
        CASE(ten_thousand_who_send_a_line_without_end),
        CASE(those_who_always_have_more_to_say_hold_up_nobody),
        CASE(with_sixty_four_descriptors_nothing_spins_and_all_have_their_turn),
    };
    return run_processes("net_load", tests, sizeof tests / sizeof *tests);
}
