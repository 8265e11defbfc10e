/* SPDX-License-Identifier: MIT */
/* Files for many clients, one that is large, and an older kernel: too long to
 * be repeated for each allocation, so each runs once. */
#include "folder.h"
#include "net_harness.h"

#include <errno.h>
#include <flow/http.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOST "Host: here\r\n\r\n"

/* ---- Memory that is counted ---------------------------------------------- */
static size_t live, most;

static void *count(void *ctx, void *p, size_t old, size_t size)
{
    (void)ctx;
    if (size == 0) {
        free(p);
        live -= old;
        return NULL;
    }
    p = realloc(p, size);
    if (p != NULL)
        live += size - old;
    if (live > most)
        most = live;
    return p;
}

/* ---- A file -------------------------------------------------------------- */
enum { SIZE = 100000 };

static char text[SIZE];

static bool is_whole(const flow_value *answer)
{
    size_t n;
    const char *s = flow_chars(answer, &n);

    return s != NULL && n > SIZE && memcmp(s + n - SIZE, text, SIZE) == 0;
}

/* ---- An older kernel ----------------------------------------------------- */
/* Neither openat2 nor preadv2: all is opened and read by threads. */
static bool becomes_older(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_preadv2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
    };
    struct sock_fprog program = { sizeof filter / sizeof *filter, filter };

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool gives(const char *begin, const char *target)
{
    flow_site *site = flow_site_new(NULL);
    flow_value v = flow_none();
    flow_stage *s;
    bool does;

    flow_site_add_files(site, "/*", "site");
    s = flow_join(flow_http(flow_once(flow_textf("GET %s HTTP/1.1\r\n" HOST,
                                                 target)), site), 2 * SIZE);
    does = flow_block(s, &v)
        && memcmp(flow_chars(&v, NULL), begin, strlen(begin)) == 0;
    if (does && strcmp(target, "/text") == 0)
        does = is_whole(&v);
    if (!does)
        fprintf(stderr, "%s is not %s\n", target, begin);
    flow_drop(v);
    flow_close(s);
    flow_site_release(site);
    return does;
}

/* Its answer is 0; 77: that cannot be tried here. */
static int is_older(void)
{
    bool good;

    if (!becomes_older())
        return 77;
    flow_host_use(flow_uv_host());
    good = gives("HTTP/1.1 200", "/text")
         && gives("HTTP/1.1 200", "/sub/b.txt")
         && gives("HTTP/1.1 301", "/sub") && gives("HTTP/1.1 404", "/sub/")
         && gives("HTTP/1.1 404", "/out/outside.txt")
         && gives("HTTP/1.1 404", "/outside")
         && gives("HTTP/1.1 404", "/text/b")
         && gives("HTTP/1.1 404", "/none/b");
    flow_uv_close();
    return good ? 0 : 1;
}

TEST(on_an_older_kernel_files_are_read_but_no_link_leads_anywhere)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        exit(is_older());
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status)
          && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77));
}

/* ---- A large file -------------------------------------------------------- */
enum { LARGE = 200 << 20, LITTLE = 4 << 20 };

TEST(a_large_file_is_sent_in_little_memory)
{
    flow_site *site = flow_site_new(NULL);
    int port;
    flow_deferred *service;
    flow_stage *s;
    uint64_t size = 0;

    put("site/large", "", 0);
    CHECK(truncate("site/large", LARGE) == 0);
    flow_site_add_files(site, "/*", "site");
    service = serving(flow_http, site, &port);
    most = live;
    s = connecting(port, saying("GET /large HTTP/1.0\r\n\r\n"));
    for (flow_value v; flow_block(s, &v); flow_drop(v))
        size += v.size;
    CHECK(flow_failure(s) == NULL);
    CHECK(size > LARGE && size < LARGE + 1024);
    CHECK(most < LITTLE);
    flow_close(s);
    served(service);
    flow_site_release(site);
}

/* ---- Many clients -------------------------------------------------------- */
enum { CLIENTS = 1000 };

static flow_deferred *asking(int port)
{
    return flow_run(flow_join(connecting(port, saying(
        "GET /text HTTP/1.0\r\n\r\n")), SIZE + 1024));
}

TEST(a_thousand_clients_get_a_file_at_once)
{
    static flow_deferred *client[CLIENTS];
    flow_site *site = flow_site_new(NULL);
    const flow_value *item;
    flow_deferred *all;
    size_t n;
    int port;
    flow_deferred *service;

    many_descriptors();
    flow_site_add_files(site, "/*", "site");
    service = serving(flow_http, site, &port);
    for (int i = 0; i < CLIENTS; i++)
        client[i] = asking(port);
    all = flow_gather(client, CLIENTS);
    while (!flow_fired(all))
        flow_host_here()->turn(flow_host_here(), true);
    item = flow_items(flow_outcome(all), &n);
    CHECK(n == CLIENTS);
    for (size_t i = 0; i < n; i++)
        CHECK(is_whole(&item[i]));
    flow_release(all);
    served(service);
    flow_site_release(site);
}

static void make_site(void)
{
    if (mkdir("site", 0755) != 0 || mkdir("site/sub", 0755) != 0
        || symlink("..", "site/out") != 0
        || symlink("../outside.txt", "site/outside") != 0)
        abort();
    for (size_t i = 0; i < SIZE; i++)
        text[i] = (char)('a' + i % 26);
    put("site/text", text, SIZE);
    put("site/sub/b.txt", "b", 1);
    put("outside.txt", "secret", 6);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(on_an_older_kernel_files_are_read_but_no_link_leads_anywhere),
        CASE(a_large_file_is_sent_in_little_memory),
        CASE(a_thousand_clients_get_a_file_at_once),
    };
    int status;

    flow_configure(&(flow_config){ .resize = count });
    make_folder();
    make_site();
    status = run_processes("http_files_many", tests,
                           sizeof tests / sizeof *tests);
    remove_folder();
    return status;
}
