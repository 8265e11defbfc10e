/* SPDX-License-Identifier: MIT */
/* How long a page lives, and its connection: clients that go while it waits,
 * that have only ended their side, and servers that are to end. */
#include "http_pages.h"

#include <string.h>

#define HOST "Host: here\r\n\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST

/* ---- Clients, step by step ----------------------------------------------- */
struct step { double after; const char *says; };    /* NULL: it is lost     */
static size_t said;                                 /* pieces               */

static void take_steps(flow_gen *self, flow_stage *none, void *arg)
{
    (void)none;
    for (const struct step *s = arg; s->after >= 0; s++) {
        if (s->after > 0)
            flow_cooperate(self, s->after);
        if (s->says == NULL)
            flow_fail(self, FLOW_ESYSTEM, 0, "gone");
        else if (flow_yield(self, s->says))
            said++;
    }
}

/* Then it ends its side. */
#define CLIENT(...) \
    client((struct step[]){ __VA_ARGS__, { -1, NULL } })
static flow_stage *client(struct step *steps)
{
    static struct step kept[8];
    size_t n = 0;

    do
        kept[n] = steps[n];
    while (steps[n++].after >= 0);
    said = 0;
    return flow_generate(take_steps, NULL, kept);
}

/* ---- Pages --------------------------------------------------------------- */
static double closed_at;                    /* -1: not yet                  */
static size_t said_then;

static void note_closed(void *p)
{
    (void)p;
    closed_at = flow_now();
    said_then = said;
}

static void waits(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    flow_cleanup(self, note_closed, NULL);
    flow_cooperate(self, 1e6);
}

static void begins(flow_gen *self, flow_request *r, void *arg)
{
    flow_yield(self, "some");
    waits(self, r, arg);
}

static void grows(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    flow_cleanup(self, note_closed, NULL);
    for (int n = 0; n < 3; n++)
        if (flow_cooperate(self, 4))
            flow_yield(self, n == 2 ? "end" : "more ");
}

static void count(flow_gen *self, flow_stage *body, void *arg)
{
    size_t *n = arg;
    flow_value v;

    while (flow_next(self, body, &v)) {
        *n += v.size;
        flow_drop(v);
    }
    flow_yield(self, "read");
}

/* Reads its body beside, in a flow of its own, and goes on waiting. */
static void reads_beside(flow_gen *self, flow_request *r, void *arg)
{
    size_t n = 0;
    flow_deferred *all = flow_run(flow_generate(count, flow_request_body(r),
                                                &n));
    flow_value v = flow_none();

    (void)arg;
    flow_cleanup(self, note_closed, NULL);
    if (flow_await(self, all, &v))
        flow_drop(v);
    flow_yield(self, flow_textf("%zu", n));
    flow_cooperate(self, 1e6);
    flow_release(all);
}

static flow_site *site_of_life(void)
{
    flow_site *site = pages();

    closed_at = -1;
    said_then = 0;
    flow_site_add(site, "/waits", waits, NULL);
    flow_site_add(site, "POST /waits", waits, NULL);
    flow_site_add(site, "/begins", begins, NULL);
    flow_site_add(site, "/grows", grows, NULL);
    flow_site_add(site, "POST /beside", reads_beside, NULL);
    return site;
}

/* What that client hears. */
static const char *hears(flow_stage *s)
{
    flow_site *site = site_of_life();
    const char *got = heard(flow_http(s, site));

    flow_site_release(site);
    return got;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), size = strlen(end);

    return n >= size && strcmp(s + n - size, end) == 0;
}

/* ---- Clients that go ----------------------------------------------------- */
TEST(a_client_that_is_lost_closes_the_page_that_waits)
{
    const char *got = hears(CLIENT({ 0, GET("/waits") }, { 2, NULL }));

    CHECK(closed_at == 2);
    CHECK(strcmp(got, "!SystemError") == 0);
}

TEST(it_does_so_in_the_middle_of_an_answer)
{
    const char *got = hears(CLIENT({ 0, GET("/begins") }, { 2, NULL }));

    CHECK(closed_at == 2);
    CHECK(ends_with(got, "||4|some|!SystemError"));
}

TEST(it_does_so_when_nobody_reads_its_body)
{
    hears(CLIENT({ 0, "POST /waits HTTP/1.1\r\nContent-Length: 9\r\n" HOST },
                 { 2, NULL }));
    CHECK(closed_at == 2);
}

TEST(it_does_so_when_its_body_is_read_beside)
{
    const char *got = hears(CLIENT(
        { 0, "POST /beside HTTP/1.1\r\nContent-Length: 3\r\n" HOST "1" },
        { 1, "23" }, { 1, NULL }));

    CHECK(closed_at == 2);
    CHECK(ends_with(got, "||1|3|!SystemError"));
}

/* ---- Clients that have ended their side ---------------------------------- */
TEST(a_client_that_has_ended_its_side_is_answered)
{
    const char *got = hears(CLIENT({ 0, GET("/grows") }));

    CHECK(closed_at == 12);
    CHECK(ends_with(got, "||5|more |5|more |3|end|0||"));
}

TEST(a_page_without_news_for_it_is_closed_after_a_while)
{
    const char *got = hears(CLIENT({ 0, GET("/waits") }, { 1, "" }));

    CHECK(closed_at == 6);
    CHECK(strcmp(got, "!Timeout") == 0);
    got = hears(CLIENT({ 0, GET("/begins") }));
    CHECK(ends_with(got, "||4|some|!Timeout"));
}

TEST(how_long_that_is_may_be_said)
{
    options.gone = 0.5;
    hears(CLIENT({ 0, GET("/waits") }));
    options.gone = 0;
    CHECK(flow_now() == 0.5);
}

TEST(what_it_has_asked_before_is_answered_after)
{
    const char *got = hears(CLIENT({ 0, GET("/grows") }, { 1, GET("/hello") },
                                   { 0, GET("/hello") }));

    CHECK(strstr(got, "|3|end|0||HTTP/1.1 200 OK|") != NULL);
    CHECK(ends_with(got, "||helloHTTP/1.1 200 OK|Content-Type: text/html; "
                         "charset=utf-8|Content-Length: 5||hello"));
}

/* ---- How far a connection is read ---------------------------------------- */
TEST(while_a_page_waits_one_more_piece_is_read)
{
    hears(CLIENT({ 0, GET("/grows") "GET /hel" }, { 1, "lo HTTP/1.1\r\n" },
                 { 1, "Host: a\r\n" }, { 1, "\r\n" }, { 0, NULL }));
    CHECK(closed_at == 12 && said_then == 1);       /* asked for a second   */
}

/* ---- Servers that end ---------------------------------------------------- */
static void drain_soon(flow_gen *self, flow_stage *none, void *site)
{
    (void)none;
    flow_cooperate(self, 1.5);
    flow_site_drain(site);
}

static const char *hears_drained(flow_stage *s)
{
    flow_site *site = site_of_life();
    flow_deferred *drained = flow_run(flow_generate(drain_soon, NULL, site));
    const char *got = heard(flow_http(s, site));

    flow_outcome(drained);
    flow_release(drained);
    flow_site_release(site);
    return got;
}

TEST(a_drained_site_ends_its_idle_connections)
{
    const char *got = hears_drained(CLIENT({ 0, GET("/hello") }, { 1000, "" }));

    CHECK(flow_now() == 1.5 && ends_with(got, "Content-Length: 5||hello"));
    got = hears_drained(CLIENT({ 1000, "" }));
    CHECK(flow_now() == 3 && strcmp(got, "") == 0);
}

TEST(it_answers_what_it_is_at_and_says_that_this_is_the_last)
{
    const char *got = hears_drained(CLIENT({ 0, GET("/grows") GET("/hello") },
                                           { 1000, "" }));

    CHECK(closed_at == 12 && flow_now() == 12);
    CHECK(strstr(got, "|Connection: close||5|more ") != NULL);
    CHECK(ends_with(got, "|3|end|0||"));
}

TEST(it_answers_a_request_that_has_begun)
{
    const char *got = hears_drained(CLIENT({ 0, "GET /hello HT" },
                                           { 2, "TP/1.1\r\n" HOST },
                                           { 1000, "" }));

    CHECK(flow_now() == 2);
    CHECK(ends_with(got, "Content-Length: 5|Connection: close||hello"));
}

TEST(it_answers_nothing_that_begins_later)
{
    flow_site *site = site_of_life();

    flow_site_drain(site);
    flow_site_drain(NULL);
    CHECK(strcmp(heard(flow_http(CLIENT({ 0, GET("/hello") }), site)), "")
          == 0);
    flow_site_release(site);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_client_that_is_lost_closes_the_page_that_waits),
        CASE(it_does_so_in_the_middle_of_an_answer),
        CASE(it_does_so_when_nobody_reads_its_body),
        CASE(it_does_so_when_its_body_is_read_beside),
        CASE(a_client_that_has_ended_its_side_is_answered),
        CASE(a_page_without_news_for_it_is_closed_after_a_while),
        CASE(how_long_that_is_may_be_said),
        CASE(what_it_has_asked_before_is_answered_after),
        CASE(while_a_page_waits_one_more_piece_is_read),
        CASE(a_drained_site_ends_its_idle_connections),
        CASE(it_answers_what_it_is_at_and_says_that_this_is_the_last),
        CASE(it_answers_a_request_that_has_begun),
        CASE(it_answers_nothing_that_begins_later),
    };

    return run_tests("http_life", tests, sizeof tests / sizeof *tests);
}
