/* SPDX-License-Identifier: MIT */
/* Pages in TLS, in a made-up world: what differs from the clear is how a client
 * goes. Most do not say goodbye. */
#include "http_pages.h"
#include "tls_harness.h"

#include <flow/net.h>
#include <flow/simulation.h>
#include <flow/websocket.h>
#include <string.h>

#define HOST "Host: here\r\n\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST
#define SERVER "localhost:443"

/* ---- Clients ------------------------------------------------------------- */
static flow_stage *dial(flow_stage *sent, void *arg)
{
    (void)arg;
    return flow_connect(SERVER, sent, NULL);
}

/* Ends its side, and does not say so in TLS. */
static flow_stage *dial_rudely(flow_stage *sent, void *arg)
{
    return flow_connect(SERVER, without_goodbye(sent, arg, true), NULL);
}

static flow_stage *stays(const char *request)
{
    return flow_concat(FLOW_STAGES(flow_once(flow_of(request)), never()));
}

/* ---- Pages --------------------------------------------------------------- */
static double closed_at;                    /* -1: not yet                  */

static void note_closed(void *p)
{
    (void)p;
    closed_at = flow_now();
}

static void begins(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    flow_cleanup(self, note_closed, NULL);
    flow_yield(self, "some");
    if (flow_cooperate(self, *(double *)arg))
        flow_yield(self, "more");
}

static void echo_messages(flow_gen *self, flow_request *r, void *arg)
{
    flow_stage *messages = flow_answer_websocket(r, NULL);

    (void)arg;
    flow_cleanup(self, note_closed, NULL);
    for (flow_value m; flow_next(self, messages, &m);)
        flow_yield(self, m);
    flow_close(messages);
}

/* ---- A world ------------------------------------------------------------- */
struct world {
    flow_stage *says;
    flow_protocol *dial;
    double waits;                           /* the page, before it goes on  */
    bool leaves;                            /* after the first piece        */
    flow_service_options service;
};

static const char *hears_in(struct world w, flow_site *site)
{
    struct sides s = sides();
    flow_deferred *service;
    flow_stage *answer;
    const char *got;

    s.protocol = flow_http;
    s.arg = site;
    service = flow_serve(SERVER, secured, &s, &w.service);
    answer = flow_tls_connect("localhost", w.says, s.client, w.dial, &s);
    got = heard(w.leaves ? flow_take(answer, 1) : answer);
    flow_loop();
    flow_outcome(service);
    flow_release(service);
    flow_loop();
    part(&s);
    return got;
}

/* What that client hears. Nothing is reported, whatever it does. */
static const char *hears(struct world w)
{
    static const flow_faults none;
    flow_site *site;
    const char *got;

    if (w.dial == NULL)
        w.dial = dial;
    flow_simulation_begin(1, &none);
    closed_at = -1;
    site = pages();
    flow_site_add(site, "/begins", begins, &w.waits);
    flow_site_add(site, "/messages", echo_messages, NULL);
    got = hears_in(w, site);
    flow_site_release(site);
    MUST(flow_simulation_end() == 0);
    CHECK(strcmp(reports(), "") == 0);
    return got;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), size = strlen(end);

    return n >= size && strcmp(s + n - size, end) == 0;
}

/* ---- Answers ------------------------------------------------------------- */
TEST(pages_are_served_in_tls)
{
    const char *got = hears((struct world){
        .says = flow_once(flow_of(GET("/parts") GET("/hello"))) });

    CHECK(strstr(got, "||3|one|3|two|5|three|0||HTTP/1.1 200 OK|") != NULL);
    CHECK(ends_with(got, "Content-Length: 5||hello"));
}

TEST(a_client_that_has_said_goodbye_is_still_answered)
{
    const char *got = hears((struct world){
        .says = flow_once(flow_of(GET("/begins"))), .waits = 4 });

    CHECK(ends_with(got, "||4|some|4|more|0||"));
    CHECK(closed_at >= 4 && closed_at < 5);
}

/* ---- Clients that go ----------------------------------------------------- */
TEST(one_that_leaves_without_goodbye_closes_its_page)
{
    const char *got = hears((struct world){
        .says = flow_once(flow_of(GET("/begins"))), .dial = dial_rudely,
        .waits = 1e6 });

    CHECK(strstr(got, "!SystemError") != NULL);
    CHECK(closed_at >= 0 && closed_at < 1);
}

TEST(one_that_resets_the_connection_closes_its_page)
{
    hears((struct world){ .says = stays(GET("/begins")), .leaves = true,
                          .waits = 1e6 });
    CHECK(closed_at >= 0 && closed_at < 1);
}

TEST(one_that_leaves_between_requests_is_no_news)
{
    const char *got = hears((struct world){
        .says = flow_once(flow_of(GET("/hello"))), .dial = dial_rudely });

    CHECK(strstr(got, "Content-Length: 5||hello") != NULL);
}

TEST(one_that_leaves_in_a_head_is_no_news)
{
    hears((struct world){ .says = flow_once(flow_of("GET /hello HT")),
                          .dial = dial_rudely });
}

static char logged[1024];

static void log_line(const char *line, void *arg)
{
    (void)arg;
    snprintf(logged, sizeof logged, "%s", line);
}

TEST(one_that_leaves_in_a_body_has_cut_it_off)
{
    options.log = log_line;
    hears((struct world){
        .says = flow_once(flow_of("POST /count HTTP/1.1\r\n"
                                  "Content-Length: 9\r\n" HOST "1234")),
        .dial = dial_rudely });
    options.log = NULL;
    CHECK(strstr(logged, "\"POST /count HTTP/1.1\" 400 ") != NULL);
}

TEST(one_that_leaves_a_websocket_closes_its_page)
{
    hears((struct world){
        .says = flow_once(flow_of(
            "GET /messages HTTP/1.1\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" HOST)),
        .dial = dial_rudely });
    CHECK(closed_at >= 0 && closed_at < 1);
}

/* ---- Limits -------------------------------------------------------------- */
TEST(one_that_waits_for_a_page_is_not_idle)
{
    const char *got = hears((struct world){
        .says = stays(GET("/begins")), .waits = 100,
        .service = { .conn = { .idle = 10 } } });

    CHECK(strstr(got, "||4|some|4|more|0||") != NULL);
    CHECK(closed_at >= 100 && closed_at < 101);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(pages_are_served_in_tls),
        CASE(a_client_that_has_said_goodbye_is_still_answered),
        CASE(one_that_leaves_without_goodbye_closes_its_page),
        CASE(one_that_resets_the_connection_closes_its_page),
        CASE(one_that_leaves_between_requests_is_no_news),
        CASE(one_that_leaves_in_a_head_is_no_news),
        CASE(one_that_leaves_in_a_body_has_cut_it_off),
        CASE(one_that_leaves_a_websocket_closes_its_page),
        CASE(one_that_waits_for_a_page_is_not_idle),
    };

    return run_tests("http_tls", tests, sizeof tests / sizeof *tests);
}
