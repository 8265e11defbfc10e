/* SPDX-License-Identifier: MIT */
/* Ten thousand connections of one site, idle between two requests: what each
 * costs, that all are still there, and how they end. Their clients are another
 * process, for one may not have as many descriptors as both sides need. */
#include "harness_inside.h"
#include "http_pages.h"
#include "net_harness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    MOST = 2000,
#else
    MOST = 10000,
#endif
    SLOW_MOST = 500,                /* under valgrind                       */
    SPARE = 100,                    /* descriptors for all else             */
    BATCH = 100,
    EACH = 4096,                    /* bytes; see flow/http.h               */
    PATIENCE = 100                  /* seconds                              */
};

static int many(void)
{
    int n = under_valgrind() ? SLOW_MOST : MOST;
    struct rlimit l;

    many_descriptors();
    getrlimit(RLIMIT_NOFILE, &l);
    if (l.rlim_cur < (rlim_t)n + SPARE)
        n = (int)l.rlim_cur - SPARE;
    if (n < 10000)
        printf("http_many: with %d connections instead of 10000\n", n);
    return n;
}

/* ---- Clients, in their own process --------------------------------------- */
static int client[MOST];

static bool connect_some(int from, int to, int port)
{
    static const struct linger at_once = { 1, 0 };
    bool good = true;

    for (int i = from; i < to; i++) {
        client[i] = peer_connects(port);
        /* What they leave behind would be in the way for a minute. */
        setsockopt(client[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        good = good && client[i] >= 0;
    }
    return good;
}

static bool hears_hello(int fd)
{
    char heard[512] = "";
    size_t n = 0;

    while (strstr(heard, "\r\n\r\nhello") == NULL) {
        ssize_t more = recv(fd, heard + n, sizeof heard - 1 - n, 0);

        if (more <= 0)
            return false;
        n += (size_t)more;
        heard[n] = '\0';
    }
    return true;
}

static bool ask_some(int from, int to)
{
    bool good = true;

    for (int i = from; i < to; i++)
        good = good && peer_says(client[i], "GET /hello HTTP/1.1\r\n"
                                            "Host: here\r\n\r\n");
    for (int i = from; i < to; i++)
        good = good && hears_hello(client[i]);
    return good;
}

static bool begin_all(int n, int port)
{
    bool good = true;

    for (int i = 0; good && i < n; i += BATCH) {
        int to = i + BATCH < n ? i + BATCH : n;

        good = connect_some(i, to, port) && ask_some(i, to);
    }
    return good;
}

static bool ask_all_again(int n)
{
    bool good = true;

    for (int i = 0; good && i < n; i += BATCH)
        good = ask_some(i, i + BATCH < n ? i + BATCH : n);
    return good;
}

static bool see_ends(int n)
{
    bool good = true;

    for (int i = 0; i < n; i++)
        good = peer_sees_end(client[i]) && good;
    return good;
}

/* ---- What they are told to do -------------------------------------------- */
enum order { BEGIN = 'b', ASK = 'a', SEE_END = 'e' };

static struct { pid_t pid; int to, from; } clients;

static bool obey(char order, int n, int port)
{
    switch ((enum order)order) {
    case BEGIN:
        return begin_all(n, port);
    case ASK:
        return ask_all_again(n);
    case SEE_END:
        return see_ends(n);
    }
    return false;
}

static void be_clients(int n, int port, int from, int to)
{
    char order, done;

    while (read(from, &order, 1) == 1) {
        done = obey(order, n, port) ? 'y' : 'n';
        if (write(to, &done, 1) != 1)
            break;
    }
    _exit(0);
}

static void begin_clients(int n, int port)
{
    int to[2], from[2];

    MUST(pipe(to) == 0 && pipe(from) == 0);
    fflush(stdout);
    clients.pid = fork();
    MUST(clients.pid >= 0);
    if (clients.pid == 0) {
        close(to[1]);
        be_clients(n, port, to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    clients.to = to[1];
    clients.from = from[0];
    fcntl(clients.from, F_SETFL, O_NONBLOCK);
}

static char done;

static bool are_done(void)
{
    return read(clients.from, &done, 1) == 1;
}

static bool clients_do(enum order o)
{
    char order = (char)o;

    done = 'n';
    MUST(write(clients.to, &order, 1) == 1);
    run_for(PATIENCE, are_done);
    return done == 'y';
}

static void end_clients(void)
{
    close(clients.to);
    close(clients.from);
    waitpid(clients.pid, NULL, 0);
}

/* ---- Tests --------------------------------------------------------------- */
TEST(idle_connections_cost_no_more_than_is_said_and_go_on)
{
    flow_site *site = pages();
    int n = many(), port;
    flow_deferred *service = serving(flow_http, site, &port);
    size_t before, each;

    begin_clients(n, port);
    before = memory_live().bytes;
    CHECK(clients_do(BEGIN));
    each = (memory_live().bytes - before) / (size_t)n;
    printf("http_many: %zu bytes for each idle connection\n", each);
    CHECK(each > 0 && each <= EACH);
    CHECK(clients_do(ASK));
    CHECK((memory_live().bytes - before) / (size_t)n <= EACH);
    end_clients();
    served(service);
    flow_site_release(site);
}

TEST(idle_connections_all_end_in_peace_when_their_site_is_drained)
{
    flow_site *site = pages();
    int n = many(), port;
    flow_deferred *service = serving(flow_http, site, &port);

    begin_clients(n, port);
    CHECK(clients_do(BEGIN));
    flow_site_drain(site);
    CHECK(clients_do(SEE_END));
    end_clients();
    served(service);
    flow_site_release(site);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(idle_connections_cost_no_more_than_is_said_and_go_on),
        CASE(idle_connections_all_end_in_peace_when_their_site_is_drained),
    };

    setenv("FLOW_TORTURE", "none", 1);
    return run_tests("http_many", tests, sizeof tests / sizeof *tests);
}
