/* SPDX-License-Identifier: MIT */
/* Pages that are written step by step, by generators, for many browsers at
 * once: the site of all the pages in this directory.
 *
 *     web [--port N] [--log] [--once]
 *
 * It serves http://localhost:8081/ until Ctrl-C; then pages that have begun may
 * end, and a second Ctrl-C ends them. --log prints each answer in the combined
 * format. --once: asks itself, and ends. */
#include "web.h"

#include <flow/reactor.h>
#include <flow/sqlite.h>
#include <flow/thread.h>

#include <openssl/evp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    PORT = 8081,
    THREADS = 64,                   /* for pages that block                 */
    QUERIES = 16,                   /* that run at the same time            */
    PATIENCE = 10                   /* seconds for pages to end             */
};

/* ---- The site ------------------------------------------------------------ */
struct sources {
    flow_pool *pool;
    flow_database *database;
    char file[32];
    EVP_MD *sha256;
};

/* SQLite allows a database in memory one connection, one in a file many. */
static void open_sources(struct sources *s)
{
    const flow_database_options o = { .most = QUERIES };
    char url[64];
    int fd;

    strcpy(s->file, "/tmp/flow-web-XXXXXX");
    fd = mkstemp(s->file);
    if (fd >= 0)
        close(fd);
    snprintf(url, sizeof url, "sqlite:%s", s->file);
    s->database = flow_database_new(flow_sqlite, url, &o);
    s->pool = flow_pool_new(THREADS, 0);
    s->sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
}

static void close_sources(struct sources *s)
{
    flow_pool_close(s->pool);
    flow_database_release(s->database);
    unlink(s->file);
    EVP_MD_free(s->sha256);
}

static flow_site *site_of(struct facts *facts, const struct sources *s)
{
    flow_site_options o = { 0 };
    flow_site *site;

    count_answers(&o, facts);
    site = flow_site_new(&o);
    flow_site_add(site, "/*", static_page, STATIC);
    flow_site_add(site, "/random", random_page, NULL);
    flow_site_add(site, "/delayed", delayed_page, NULL);
    flow_site_add(site, "/joined", joined_page, s->pool);
    flow_site_add(site, "/query", query_page, s->database);
    flow_site_add(site, "/events", events_page, facts);
    flow_site_add(site, "/sites", sites_page, facts);
    flow_site_add(site, "/upload", upload_form, NULL);
    flow_site_add(site, "POST /upload", upload_page, s->sha256);
    flow_site_add(site, "/chat", chat_page, NULL);
    return site;
}

/* ---- Until Ctrl-C -------------------------------------------------------- */
/* What has begun may end; pages without an end do so when `stopping` fires. */
static void drain(struct facts *f)
{
    flow_fire(f->stopping, flow_none());
    flow_drain(f->service, PATIENCE);
    flow_site_drain(f->site);
}

static void end_when_told(flow_gen *self, flow_stage *signals, void *arg)
{
    struct facts *f = arg;
    flow_value signal;

    if (!flow_next(self, signals, &signal))
        return;
    printf("\nStopping: pages that have begun may end.\n");
    fflush(stdout);
    drain(f);
    if (flow_next(self, signals, &signal))
        flow_drain(f->service, 0);
}

static void serve_until_told(struct facts *f)
{
    flow_deferred *telling = flow_spawn(end_when_told, flow_merge(FLOW_STAGES(
        flow_signals(SIGINT), flow_signals(SIGTERM))), f);

    printf("Serving http://localhost%s/ until Ctrl-C.\n",
           strchr(flow_served_at(f->service), ':'));
    fflush(stdout);
    flow_drop(flow_block_on(flow_hold(f->service)));
    flow_release(telling);
    printf("Stopped, having answered %zu requests.\n", f->requests);
}

static bool asks_itself(struct facts *f)
{
    bool good = ask_all(flow_served_at(f->service));

    drain(f);
    flow_drop(flow_block_on(flow_hold(f->service)));
    return good;
}

/* ---- The program --------------------------------------------------------- */
struct wishes { bool once; int port; };

/* -1: it is none. */
static int port_of(const char *s)
{
    size_t n = strspn(s, "0123456789");
    long port = n > 0 && n < 6 && s[n] == '\0' ? strtol(s, NULL, 10) : -1;

    return port < 65536 ? (int)port : -1;
}

static bool understands(int argc, char **argv, struct wishes *w,
                        struct facts *facts)
{
    *w = (struct wishes){ .port = PORT };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--once") == 0)
            *w = (struct wishes){ .once = true };   /* any port will do     */
        else if (strcmp(argv[i], "--log") == 0)
            facts->logs = true;
        else if (strcmp(argv[i], "--port") == 0 && i + 1 < argc)
            w->port = port_of(argv[++i]);
        else
            w->port = -1;
    }
    return w->port >= 0;
}

static bool is_served(flow_deferred *service)
{
    const flow_value *error = flow_outcome(service);

    if (error != NULL)
        fprintf(stderr, "web: %s\nweb: choose another port: --port N\n",
                flow_message(error));
    return error == NULL;
}

static bool serve(const struct wishes *w, struct facts *f)
{
    char at[32];
    bool good;

    snprintf(at, sizeof at, "127.0.0.1:%d", w->port);
    f->service = flow_serve(at, counted_http, f, NULL);
    good = is_served(f->service);
    if (good && w->once)
        good = asks_itself(f);
    else if (good)
        serve_until_told(f);
    flow_release(f->service);
    return good;
}

int main(int argc, char **argv)
{
    struct facts facts = { 0 };
    struct sources sources;
    struct wishes w;
    bool good;

    if (!understands(argc, argv, &w, &facts)) {
        fprintf(stderr, "web [--port N] [--log] [--once]\n"
                "serves at 127.0.0.1:%d, or at port N; 0: one that is free\n",
                PORT);
        return 2;
    }
    srand48(time(NULL));
    flow_host_use(flow_uv_host());
    facts.begun = flow_now();
    facts.stopping = flow_defer();
    open_sources(&sources);
    facts.site = site_of(&facts, &sources);
    good = serve(&w, &facts);
    flow_site_release(facts.site);
    flow_release(facts.stopping);
    close_sources(&sources);
    flow_uv_close();
    return good ? 0 : 1;
}
