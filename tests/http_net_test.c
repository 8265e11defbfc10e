/* SPDX-License-Identifier: MIT */
/* Pages over sockets: what a client in memory cannot do to them. */
#include "http_pages.h"
#include "net_harness.h"

#include <string.h>

/* ---- A page without an end ----------------------------------------------- */
enum { PIECE = 65536, MOST = 512 };         /* pieces that a kernel may hold */

static size_t given;
static bool closed;

static void note_closed(void *p)
{
    *(bool *)p = true;
}

static bool is_closed(void)
{
    return closed;
}

static void endless(flow_gen *self, flow_request *r, void *arg)
{
    char *chars;
    flow_value piece = flow_buffer(PIECE, &chars);

    (void)r;
    (void)arg;
    if (chars != NULL)
        memset(chars, 'x', PIECE);
    flow_cleanup(self, note_closed, &closed);
    while (flow_yield(self, flow_share(piece)))
        given++;
    flow_drop(piece);
}

static flow_site *endless_site(void)
{
    flow_site *site = flow_site_new(&options);

    given = 0;
    closed = false;
    flow_site_add(site, "/endless", endless, NULL);
    return site;
}

static flow_stage *asking_for_endless(int port)
{
    return connecting(port, saying("GET /endless HTTP/1.0\r\n\r\n"));
}

/* ---- Tests --------------------------------------------------------------- */
TEST(pages_are_served_over_a_connection)
{
    flow_site *site = pages();
    int port;
    flow_deferred *service = serving(flow_http, site, &port);
    const char *got = heard(connecting(port, saying(
        "GET /parts HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")));

    CHECK(strstr(got, "||3|one|3|two|5|three|0||HTTP/1.1 200 OK|") != NULL);
    CHECK(strstr(got, "Content-Length: 5||hello") != NULL);
    reports();
    served(service);
    flow_site_release(site);
}

TEST(a_page_that_breaks_resets_the_connection)
{
    flow_site *site = pages();
    int port;
    flow_deferred *service = serving(flow_http, site, &port);
    const char *got = heard(connecting(port, saying(
        "GET /breaks HTTP/1.1\r\nHost: a\r\n\r\n")));

    CHECK(strstr(got, "!SystemError") != NULL);
    CHECK(strstr(reports(), "a secret") != NULL);
    served(service);
    flow_site_release(site);
}

static void leave_endless(void)
{
    flow_site *site = endless_site();
    int port;
    flow_deferred *service = serving(flow_http, site, &port);
    flow_stage *answer = asking_for_endless(port);
    flow_value v;

    if (flow_block(answer, &v))
        flow_drop(v);
    flow_close(answer);
    if (!disturbed())
        run_for(20, is_closed);
    CHECK(closed);
    reports();
    served(service);
    flow_site_release(site);
}

/* ---- A page that waits --------------------------------------------------- */
static void wait_long(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    flow_cleanup(self, note_closed, &closed);
    flow_yield(self, "wait");
    flow_cooperate(self, 1e6);
}

TEST(a_client_that_leaves_closes_a_page_that_waits)
{
    flow_site *site = flow_site_new(NULL);
    int port;
    flow_deferred *service;
    flow_stage *answer;
    flow_value v;

    closed = false;
    flow_site_add(site, "/wait", wait_long, NULL);
    service = serving(flow_http, site, &port);
    answer = connecting(port, flow_concat(FLOW_STAGES(
        saying("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"), never())));
    if (flow_block(answer, &v))
        flow_drop(v);
    CHECK(!closed);
    flow_close(answer);
    if (!disturbed())
        run_for(20, is_closed);
    CHECK(closed);
    served(service);
    flow_site_release(site);
}

/* ---- More ---------------------------------------------------------------- */
TEST(a_client_that_leaves_closes_its_page)
{
    leave_endless();
}

static char logged[1024];

static void log_line(const char *line, void *arg)
{
    (void)arg;
    snprintf(logged, sizeof logged, "%s", line);
}

TEST(a_page_whose_client_has_left_is_logged)
{
    options.log = log_line;
    leave_endless();
    options.log = NULL;
    CHECK(strncmp(logged, "127.0.0.1:", 10) == 0);
    CHECK(strstr(logged, "\"GET /endless HTTP/1.0\" 200 ") != NULL);
}

TEST(a_client_that_does_not_read_stops_its_page)
{
    flow_site *site = endless_site();
    int port;
    flow_deferred *service = serving(flow_http, site, &port);
    flow_stage *answer = asking_for_endless(port);
    flow_value v;

    if (flow_block(answer, &v))
        flow_drop(v);
    run_for(0.02, NULL);
    CHECK(given > 0 && given < MOST);
    flow_close(answer);
    reports();
    served(service);
    flow_site_release(site);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(pages_are_served_over_a_connection),
        CASE(a_page_that_breaks_resets_the_connection),
        CASE(a_client_that_leaves_closes_its_page),
        CASE(a_client_that_leaves_closes_a_page_that_waits),
        CASE(a_page_whose_client_has_left_is_logged),
        CASE(a_client_that_does_not_read_stops_its_page),
    };

    return run_tests("http_net", tests, sizeof tests / sizeof *tests);
}
