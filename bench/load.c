/* SPDX-License-Identifier: MIT */
/* load cpu|connect|memory CONNECTIONS BYTES SERVER [ARGUMENT]: what an echo
 * server costs. It is a program beside this one, and prints its port.
 *
 *     cpu      its processor time for a request of so many bytes, which each
 *              connection makes again as soon as it is answered: the middle one
 *              of many short measurements
 *     connect  for a connection that makes one request and ends, with so many
 *              of them at a time
 *     memory   for a connection that has made one request and waits
 */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    WINDOWS = 41,                   /* measurements                         */
    EVENTS = 1024,
    MOST_BYTES = 1 << 20
};
static const double WINDOW = 0.02;      /* seconds of the wall, of each     */

static struct { pid_t pid; int port; clockid_t clock; } server;
static struct { int fd; size_t heard; } *conn;
static size_t conns, bytes, done;       /* done: requests, or connections   */
static int poller;
static char request[MOST_BYTES], answer[MOST_BYTES];

/* ---- The server --------------------------------------------------------- */
/* The load runs on the first processor and the server on the last: where the
 * system would put them is a matter of chance, and of what they then cost. */
static void run_on(size_t processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static void run_server(char *self, char **argv)
{
    char path[PATH_MAX], port[16];
    int out[2];
    ssize_t n;

    snprintf(path, sizeof path, "%s/%s", dirname(self), argv[0]);
    bench_check(pipe(out) == 0);
    server.pid = fork();
    if (server.pid == 0) {
        run_on((size_t)get_nprocs() - 1);
        dup2(out[1], 1);
        close(out[0]);
        close(out[1]);
        execv(path, argv);
        _exit(1);
    }
    run_on(0);
    close(out[1]);
    n = read(out[0], port, sizeof port - 1);
    bench_check(n > 0);
    port[n] = '\0';
    server.port = atoi(port);
    bench_check(server.port > 0);
    bench_check(clock_getcpuclockid(server.pid, &server.clock) == 0);
}

static void end_server(void)
{
    kill(server.pid, SIGKILL);
    waitpid(server.pid, NULL, 0);
}

static double seconds_of(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double memory_of_server(void)
{
    char path[64], line[256];
    long part, sum = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/status", (int)server.pid);
    f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "VmRSS: %ld", &part) == 1
            || sscanf(line, "VmPTE: %ld", &part) == 1)
            sum += part;
    bench_check(f != NULL && sum > 0);
    fclose(f);
    return (double)sum * 1024;
}

/* ---- Its clients -------------------------------------------------------- */
static void open_one(size_t i)
{
    struct sockaddr_in to = { .sin_family = AF_INET };
    struct epoll_event e = { .events = EPOLLIN, .data.u64 = i };

    to.sin_port = htons((uint16_t)server.port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    conn[i].fd = socket(AF_INET, SOCK_STREAM, 0);
    conn[i].heard = 0;
    bench_check(connect(conn[i].fd, (struct sockaddr *)&to, sizeof to) == 0);
    fcntl(conn[i].fd, F_SETFL, O_NONBLOCK);
    bench_check(epoll_ctl(poller, EPOLL_CTL_ADD, conn[i].fd, &e) == 0);
}

/* A request always fits into what the kernel keeps. */
static void ask(size_t i)
{
    conn[i].heard = 0;
    bench_check(send(conn[i].fd, request, bytes, MSG_NOSIGNAL)
                == (ssize_t)bytes);
}

/* Whether the answer is whole. */
static bool hear(size_t i)
{
    ssize_t n = recv(conn[i].fd, answer, bytes, 0);

    if (n < 0 && errno == EAGAIN)
        return false;
    bench_check(n > 0);
    bench_check(memcmp(answer, request + conn[i].heard, (size_t)n) == 0);
    conn[i].heard += (size_t)n;
    return conn[i].heard == bytes;
}

static void ask_again(size_t i)
{
    done++;
    ask(i);
}

static void come_again(size_t i)
{
    done++;
    close(conn[i].fd);
    open_one(i);
    ask(i);
}

static void wait_on(size_t i)
{
    (void)i;
    done++;
}

static void turn(void (*then)(size_t i))
{
    struct epoll_event e[EVENTS];
    int n = epoll_wait(poller, e, EVENTS, 1000);

    bench_check(n > 0);
    for (int k = 0; k < n; k++)
        if (hear(e[k].data.u64))
            then(e[k].data.u64);
}

static void begin(size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        open_one(i);
    for (size_t i = first; i < end; i++)
        ask(i);
}

/* ---- What is measured --------------------------------------------------- */
static int smaller_first(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void print_time(void (*then)(size_t i))
{
    double took[WINDOWS];

    begin(0, conns);
    while (done < 10 * conns)               /* until it is warm             */
        turn(then);
    for (int w = 0; w < WINDOWS; w++) {
        double wall = seconds_of(CLOCK_MONOTONIC);
        double start = seconds_of(server.clock);

        for (done = 0; done < 100
             || seconds_of(CLOCK_MONOTONIC) < wall + WINDOW;)
            turn(then);
        took[w] = (seconds_of(server.clock) - start) / (double)done;
    }
    qsort(took, WINDOWS, sizeof *took, smaller_first);
    bench_print(took[WINDOWS / 2] * 1e6, "us");
}

/* What the first hundred take is not counted. */
static void print_memory(void)
{
    enum { FIRST = 100 };
    double before;

    begin(0, FIRST);
    while (done < FIRST)
        turn(wait_on);
    before = memory_of_server();
    for (size_t i = FIRST; i < conns; i += FIRST) {
        size_t end = i + FIRST < conns ? i + FIRST : conns;

        begin(i, end);
        while (done < end)
            turn(wait_on);
    }
    bench_print((memory_of_server() - before) / (double)(conns - FIRST),
                "bytes");
}

int main(int argc, char **argv)
{
    struct rlimit l;

    bench_check(argc > 4);
    getrlimit(RLIMIT_NOFILE, &l);
    l.rlim_cur = l.rlim_max;
    setrlimit(RLIMIT_NOFILE, &l);
    conns = (size_t)atol(argv[2]);
    bytes = (size_t)atol(argv[3]);
    conn = calloc(conns, sizeof *conn);
    bench_check(conn != NULL && conns > 0 && bytes > 0 && bytes <= MOST_BYTES);
    for (size_t i = 0; i < bytes; i++)
        request[i] = (char)(i * 7 + i / 251);
    poller = epoll_create1(0);
    run_server(argv[0], argv + 4);
    if (strcmp(argv[1], "memory") == 0)
        print_memory();
    else
        print_time(strcmp(argv[1], "cpu") == 0 ? ask_again : come_again);
    end_server();
    return 0;
}
