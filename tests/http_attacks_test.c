/* SPDX-License-Identifier: MIT */
/* Clients that mean no good, besides those of http_strict_test: they hide one
 * request in another, are slower than anybody needs to be, or make a little of
 * theirs into much of ours. */
#include "harness_inside.h"
#include "http_pages.h"

#include <flow/net.h>
#include <flow/simulation.h>
#include <stdlib.h>
#include <string.h>

#define HOST "Host: here\r\n\r\n"
#define HELLO "GET /hello HTTP/1.1\r\n" HOST
#define COUNT "POST /count HTTP/1.1\r\n"

/* ---- What the tests share ------------------------------------------------ */
static bool begins(const char *got, const char *wanted)
{
    bool does = strncmp(got, wanted, strlen(wanted)) == 0;

    if (!does && !disturbed())
        fprintf(stderr, "wanted: %s\nheard:  %s\n", wanted, got);
    return does;
}

/* Keeps what comes, and looks what all of that holds. */
static size_t kept;

static void keep(flow_gen *self, flow_request *r, void *arg)
{
    size_t before = memory_live().bytes, n;
    flow_stage *all = flow_collect(flow_request_body(r));
    flow_value pieces;

    (void)arg;
    if (flow_next(self, all, &pieces)) {
        kept = memory_live().bytes - before;
        flow_items(&pieces, &n);
        flow_drop(pieces);
        flow_yield(self, flow_textf("%zu pieces, %s", n,
                                    flow_request_header(r, "X-Late") != NULL
                                    ? "late" : "none late"));
    }
    flow_close(all);
}

/* What the site answers to a connection, which it takes. */
static const char *answer_to(flow_stage *received)
{
    flow_site *site = pages();
    const char *got;

    flow_site_add(site, "POST /kept", keep, NULL);
    got = heard(flow_http(received, site));

    flow_site_release(site);
    return got;
}

static size_t answers_in(const char *got)
{
    size_t n = 0;

    for (; (got = strstr(got, "HTTP/1.1 ")) != NULL; got++)
        n++;
    return n;
}

/* The request is answered so, and nothing after it. */
static void is_answered(const char *wanted, const char *request)
{
    const char *got = answer_to(asking(request, 0));

    CHECK(begins(got, wanted));
    CHECK(answers_in(got) == 1);
}

/* ---- One request inside another ------------------------------------------ */
TEST(a_body_by_length_that_would_be_chunks_is_refused)
{
    is_answered("HTTP/1.1 400", COUNT "Content-Length: 4\r\n"
                "Transfer-Encoding: chunked\r\n" HOST
                "26\r\n" HELLO "\r\n0\r\n\r\n");
}

TEST(a_body_in_chunks_that_would_be_one_by_length_is_refused)
{
    is_answered("HTTP/1.1 400", COUNT "Transfer-Encoding: chunked\r\n"
                "Content-Length: 43\r\n" HOST "0\r\n\r\n" HELLO);
}

/* Each was taken for a coding by one server, and not by another. */
TEST(codings_that_are_veiled_are_refused)
{
    static const char *const codings[] = {
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
        "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: chunked,", "Transfer-Encoding: ,chunked",
        "Transfer-Encoding: chunked chunked", "Transfer-Encoding: \vchunked",
        "Transfer-Encoding: chunked\v", "Transfer-Encoding: \fchunked",
        "Transfer-Encoding:\r\n chunked", "Transfer-Encoding: 'chunked'",
        "Transfer-Encoding: chunke\xc4\x91", "Transfer-Encoding: chun\tked",
        "Transfer-Encoding\v: chunked", "X: y\rTransfer-Encoding: chunked",
        "X: y\nTransfer-Encoding: chunked", "Transfer-Encoding: "
    };

    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
        char request[512];
        const char *got;

        snprintf(request, sizeof request, COUNT "%s\r\n" HOST "0\r\n\r\n" HELLO,
                 codings[i]);
        got = answer_to(asking(request, 0));
        CHECK(strncmp(got, "HTTP/1.1 400", 12) == 0
              || begins(got, "HTTP/1.1 501"));
        CHECK(answers_in(got) == 1);
    }
}

TEST(a_name_that_is_not_quite_one_of_framing_is_none)
{
    answers("HTTP/1.1 200 OK|Content-Type: text/html; charset=utf-8|"
            "Content-Length: 7||0 bytes"
            "HTTP/1.1 200 OK|Content-Type: text/html; charset=utf-8|"
            "Content-Length: 5||hello",
            COUNT "Content_Length: 43\r\nTransfer_Encoding: chunked\r\n" HOST
            HELLO);
}

TEST(sizes_of_chunks_that_are_veiled_are_refused)
{
    static const char *const sizes[] = {
        "1 ", "1\t", "1 ;x", "\t1", "1\v", "1,", "1.0", "g", "１", "1\rx",
        "00000000000000001x", "1;\r"
    };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char request[512];

        snprintf(request, sizeof request, COUNT "Transfer-Encoding: chunked\r\n"
                 HOST "%s\r\na\r\n0\r\n\r\n" HELLO, sizes[i]);
        is_answered("HTTP/1.1 400", request);
    }
}

TEST(lengths_in_other_digits_are_refused)
{
    is_answered("HTTP/1.1 400", COUNT "Content-Length: ５\r\n" HOST "01234");
    is_answered("HTTP/1.1 400", COUNT "Content-Length: 0b1\r\n" HOST "0");
    is_answered("HTTP/1.1 400", COUNT "Content-Length: 5.0\r\n" HOST "01234");
    is_answered("HTTP/1.1 400", COUNT "Content-Length: 5;\r\n" HOST "01234");
}

TEST(what_trails_a_body_is_bounded)
{
    char request[4096];
    size_t n = (size_t)snprintf(request, sizeof request, COUNT
                                "Transfer-Encoding: chunked\r\n" HOST
                                "1\r\na\r\n0\r\n");

    while (n < 2000)
        n += (size_t)snprintf(request + n, sizeof request - n, "X: y\r\n");
    snprintf(request + n, sizeof request - n, "\r\n" HELLO);
    is_answered("HTTP/1.1 400", request);
}

TEST(of_all_that_is_wrong_with_a_body_the_first_is_told)
{
    char request[4096];
    int n = snprintf(request, sizeof request, COUNT
                     "Transfer-Encoding: chunked\r\n" HOST
                     "1\r\na\r\n0\r\nX: %01100d\r\nno header\r\n\r\n", 0);

    for (size_t size = 0; size <= (size_t)n; size += 500)
        CHECK(strstr(answer_to(asking(request, size)),
                     "too much between the chunks") != NULL);
}

TEST(what_trails_a_body_is_no_header_of_the_request)
{
    const char *got = answer_to(asking(
        "POST /kept HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" HOST
        "1\r\na\r\n0\r\nX-Late: y\r\n\r\n", 0));

    CHECK(begins(got, "HTTP/1.1 200"));
    CHECK(strstr(got, "1 pieces, none late") != NULL);
}

TEST(a_target_names_its_host_or_none)
{
    is_answered("HTTP/1.1 400", "GET http:///hello HTTP/1.1\r\n" HOST);
    is_answered("HTTP/1.1 400", "GET http://?x HTTP/1.1\r\n" HOST);
}

TEST(many_requests_in_one_piece_have_as_many_answers)
{
    enum { MANY = 400 };            /* as many as `heard` has room for      */
    static char request[MANY * sizeof HELLO];
    size_t n = 0;

    for (int i = 0; i < MANY; i++)
        n += (size_t)snprintf(request + n, sizeof request - n, HELLO);
    CHECK(answers_in(answer_to(asking(request, 0))) == MANY);
}

/* ---- What comes back ----------------------------------------------------- */
/* As CVE-2022-39348. */
TEST(what_was_not_found_is_not_told_back)
{
    const char *got = answer_to(asking(
        "GET /<script>alert(1)</script>?<script> HTTP/1.1\r\n"
        "Referer: <script>\r\nHost: script\r\n\r\n", 0));

    CHECK(begins(got, "HTTP/1.1 404 Not Found|Content-Type: text/plain"));
    CHECK(strstr(got, "script") == NULL);
}

TEST(a_request_is_never_told_back_as_it_came)
{
    const char *got = answer_to(asking(
        "TRACE /hello HTTP/1.1\r\nCookie: secret\r\n" HOST, 0));

    CHECK(begins(got, "HTTP/1.1 405"));
    CHECK(strstr(got, "secret") == NULL);
}

TEST(the_name_of_a_header_cannot_hold_another)
{
    static const char *const names[] = {
        "X%0d%0aY", "X%0aY", "X:%20y%0d%0aZ", "X%20Y", "X:", "%C3%A9",
        "Connection", "transfer-encoding", "content-length"
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char request[256];

        snprintf(request, sizeof request, "GET /headers?n=%s&v=y HTTP/1.1\r\n"
                 HOST, names[i]);
        is_answered("HTTP/1.1 500", request);
        reports();
    }
}

TEST(a_length_that_a_page_says_cannot_be_veiled)
{
    static const char *const lengths[] = {
        "%2B5", "-5", "0x5", "5_0", "%205", "5%20", "", "5%0d%0aX:y",
        "9999999999999999999"
    };

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char request[256];

        snprintf(request, sizeof request, "GET /length?n=%s HTTP/1.1\r\n" HOST,
                 lengths[i]);
        is_answered("HTTP/1.1 500", request);
        reports();
    }
}

/* ---- Slower than anybody needs to be ------------------------------------- */
struct trickle {
    const char *text;               /* at once                              */
    const char *drop;               /* then that, again and again           */
    double pause;                   /* seconds before each                  */
};

static void trickle(flow_gen *self, flow_stage *none, void *arg)
{
    const struct trickle *t = arg;

    (void)none;
    flow_yield(self, flow_text(t->text, strlen(t->text)));
    while (flow_cooperate(self, t->pause)
           && flow_yield(self, flow_text(t->drop, strlen(t->drop))))
        ;
}

static void is_ended(const char *wanted, struct trickle t, double least,
                     double most)
{
    double begun = flow_now(), took;
    const char *got = answer_to(flow_generate(trickle, NULL, &t));

    took = flow_now() - begun;
    CHECK(begins(got, wanted));
    CHECK(took >= least && took <= most);
}

TEST(who_says_the_first_byte_and_waits_is_refused)
{
    is_ended("HTTP/1.1 408", (struct trickle){ "G", "", 1000 }, 20, 21);
}

TEST(a_head_that_comes_byte_by_byte_has_no_more_time)
{
    is_ended("HTTP/1.1 408",
             (struct trickle){ "GET /hello HTTP/1.1\r\nX: ", "x", 1 }, 20, 21);
    is_ended("HTTP/1.1 408",
             (struct trickle){ "GET /hello HTTP/1.1\r\n", "X: y\r\n", 15 }, 20,
             21);
}

TEST(who_says_nothing_but_empty_lines_is_refused)
{
    is_ended("HTTP/1.1 400", (struct trickle){ "", "\r\n", 15 }, 15, 60);
    is_ended("HTTP/1.1 400", (struct trickle){ "", "\r\n\r\n\r\n", 0 }, 0, 1);
}

TEST(who_is_told_to_go_on_and_does_not_is_refused)
{
    is_ended("HTTP/1.1 100 Continue||HTTP/1.1 408",
             (struct trickle){ COUNT "Expect: 100-continue\r\n"
                               "Content-Length: 4\r\n" HOST, "", 1000 },
             30, 31);
}

TEST(a_body_that_comes_byte_by_byte_has_no_more_time)
{
    is_ended("HTTP/1.1 408",
             (struct trickle){ COUNT "Content-Length: 1000\r\n" HOST, "x", 1 },
             30, 31);
    is_ended("HTTP/1.1 408",
             (struct trickle){ COUNT "Transfer-Encoding: chunked\r\n" HOST,
                               "1\r\nx\r\n", 1 }, 30, 31);
}

/* 65536 bytes in 22 seconds, and that for a minute. */
TEST(a_body_that_comes_slowly_but_enough_is_read)
{
    char drop[3001];

    memset(drop, 'x', 3000);
    drop[3000] = '\0';
    is_ended("HTTP/1.1 200",
             (struct trickle){ COUNT "Content-Length: 180000\r\n" HOST, drop,
                               1 }, 60, 121);
}

/* ---- A little of theirs into much of ours -------------------------------- */
struct tiny { size_t chunks; char text[1024]; };

/* Chunks of a byte with as much around it as there may be, in large blocks. */
static void give_tiny(flow_gen *self, flow_stage *none, void *arg)
{
    const struct tiny *t = arg;
    const size_t each = strlen(t->text), in_block = 65536 / each;

    (void)none;
    flow_yield(self, "POST /kept HTTP/1.1\r\n"
               "Transfer-Encoding: chunked\r\n" HOST);
    for (size_t n = 0; n < t->chunks; n += in_block) {
        char *to;
        flow_value v = flow_buffer(each * in_block, &to);

        for (size_t i = 0; to != NULL && i < in_block; i++)
            memcpy(to + i * each, t->text, each);
        if (!flow_yield(self, v))
            return;
    }
    flow_yield(self, "0\r\n\r\n");
}

TEST(a_byte_that_is_kept_does_not_keep_what_was_around_it)
{
    struct tiny t = { .chunks = 650 };

    memset(t.text, 'x', 1000);
    memcpy(t.text, "1;", 2);
    strcpy(t.text + 1000, "\r\na\r\n");
    CHECK(begins(answer_to(flow_generate(give_tiny, NULL, &t)),
                 "HTTP/1.1 200"));
    CHECK(kept > 0 && kept < 256 * 1024);
}

TEST(the_number_of_arguments_is_bounded)
{
    static char request[4096];
    char form[2100];
    size_t n = (size_t)snprintf(request, sizeof request, "GET /echo?a=1");

    while (n < 2100)
        n += (size_t)snprintf(request + n, sizeof request - n, "&a");
    snprintf(request + n, sizeof request - n, " HTTP/1.1\r\n" HOST);
    is_answered("HTTP/1.1 400", request);

    n = 0;
    while (n < 2002)
        n += (size_t)snprintf(form + n, sizeof form - n, "a&");
    snprintf(request, sizeof request, "POST /form HTTP/1.1\r\nContent-Type: "
             "application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n"
             HOST "%s", n, form);
    is_answered("HTTP/1.1 400", request);
}

/* ---- Who does not read --------------------------------------------------- */
static void endless(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    while (flow_yield(self, "more of it, and no end\n"))
        ;
}

enum { MUCH = 200000 };

static void much(flow_gen *self, flow_request *r, void *arg)
{
    char *chars;
    flow_value v = flow_buffer(MUCH, &chars);

    (void)r;
    (void)arg;
    if (chars != NULL)
        memset(chars, 'x', MUCH);
    flow_yield(self, v);
}

static void late(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    flow_cooperate(self, 100);
    flow_yield(self, "late");
}

/* A client that takes so many bytes at once, and pauses after each time. */
struct reader { size_t room; double pause; size_t heard; };

static void sip(flow_gen *self, flow_stage *answer, void *arg)
{
    struct reader *c = arg;
    flow_value v;

    while (flow_next(self, answer, &v)) {
        c->heard += v.size;
        flow_drop(v);
        flow_cooperate(self, c->pause);
    }
}

static double lost_at;                      /* -1: it was not               */

static void note_lost(const flow_value *error, const char *peer, void *arg)
{
    (void)error;
    (void)peer;
    (void)arg;
    lost_at = flow_now();
}

static void serve_in_a_world(flow_site *site, struct reader *c,
                             const char *request, flow_conn_options conn)
{
    flow_service_options o = { .conn = conn, .failed = note_lost };
    flow_deferred *service = flow_serve("here:80", flow_http, site, &o);
    flow_deferred *client = flow_run(flow_generate(sip, flow_connect("here:80",
        flow_concat(FLOW_STAGES(flow_once(flow_of(request)), never())), NULL),
        c));

    flow_loop();
    flow_outcome(client);
    flow_release(client);
    flow_outcome(service);
    flow_release(service);
    flow_loop();
}

/* When the server has had enough of that client. */
static double patience_with(struct reader *c, const char *path,
                            flow_site_options o, flow_conn_options conn)
{
    const flow_faults faults = { .room = c->room };
    flow_site *site = flow_site_new(&o);
    char request[64];

    lost_at = -1;
    conn.loss_fails = true;
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" HOST, path);
    flow_site_add(site, "/endless", endless, NULL);
    flow_site_add(site, "/much", much, NULL);
    flow_site_add(site, "/late", late, NULL);
    flow_simulation_begin(1, &faults);
    serve_in_a_world(site, c, request, conn);
    MUST(flow_simulation_end() == 0);
    flow_site_release(site);
    reports();
    return lost_at;
}

static const flow_site_options usual;
static const flow_site_options patient = { .answer = 1e6 };
static const flow_conn_options any;

TEST(who_reads_a_byte_a_second_is_left)
{
    struct reader c = { 1, 1, 0 };
    double at = patience_with(&c, "/endless", usual, any);

    CHECK(at >= 60 && at < 70);
}

TEST(who_reads_nothing_is_left)
{
    struct reader c = { 1, 1e6, 0 };
    double at = patience_with(&c, "/endless", usual, any);

    CHECK(at >= 60 && at < 70);
}

TEST(who_does_not_read_the_last_piece_is_left)
{
    struct reader c = { 1000, 1e6, 0 };
    double at = patience_with(&c, "/much", (flow_site_options){ .answer = 7 },
                              any);

    CHECK(at >= 7 && at < 8);
}

/* 2000 bytes a second are 65536 in 33 seconds. */
TEST(who_reads_slowly_but_enough_hears_all)
{
    struct reader c = { 2000, 1, 0 };
    double at = patience_with(&c, "/much", usual, any);

    CHECK(at == -1 && c.heard > MUCH);
}

TEST(a_connection_lasts_no_longer_than_is_said)
{
    struct reader c = { 1, 1, 0 };
    double at = patience_with(&c, "/endless", patient,
                              (flow_conn_options){ .total = 300 });

    CHECK(at >= 300 && at < 301);
}

TEST(who_reads_nothing_is_idle)
{
    struct reader c = { 1, 1e6, 0 };
    double at = patience_with(&c, "/endless", patient,
                              (flow_conn_options){ .idle = 90 });

    CHECK(at >= 90 && at < 95);
}

TEST(who_waits_for_a_page_is_not_idle)
{
    struct reader c = { 1000, 0, 0 };
    double at = patience_with(&c, "/late", usual,
                              (flow_conn_options){ .idle = 10 });

    CHECK(c.heard > 0);
    CHECK(at >= 110 && at < 115);           /* it asks no more              */
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_body_by_length_that_would_be_chunks_is_refused),
        CASE(a_body_in_chunks_that_would_be_one_by_length_is_refused),
        CASE(codings_that_are_veiled_are_refused),
        CASE(a_name_that_is_not_quite_one_of_framing_is_none),
        CASE(sizes_of_chunks_that_are_veiled_are_refused),
        CASE(lengths_in_other_digits_are_refused),
        CASE(what_trails_a_body_is_bounded),
        CASE(of_all_that_is_wrong_with_a_body_the_first_is_told),
        CASE(what_trails_a_body_is_no_header_of_the_request),
        CASE(a_target_names_its_host_or_none),
        CASE(many_requests_in_one_piece_have_as_many_answers),
        CASE(what_was_not_found_is_not_told_back),
        CASE(a_request_is_never_told_back_as_it_came),
        CASE(the_name_of_a_header_cannot_hold_another),
        CASE(a_length_that_a_page_says_cannot_be_veiled),
        CASE(who_says_the_first_byte_and_waits_is_refused),
        CASE(a_head_that_comes_byte_by_byte_has_no_more_time),
        CASE(who_says_nothing_but_empty_lines_is_refused),
        CASE(who_is_told_to_go_on_and_does_not_is_refused),
        CASE(a_body_that_comes_byte_by_byte_has_no_more_time),
        CASE(a_body_that_comes_slowly_but_enough_is_read),
        CASE(a_byte_that_is_kept_does_not_keep_what_was_around_it),
        CASE(the_number_of_arguments_is_bounded),
        CASE(who_reads_a_byte_a_second_is_left),
        CASE(who_reads_nothing_is_left),
        CASE(who_does_not_read_the_last_piece_is_left),
        CASE(who_reads_slowly_but_enough_hears_all),
        CASE(a_connection_lasts_no_longer_than_is_said),
        CASE(who_reads_nothing_is_idle),
        CASE(who_waits_for_a_page_is_not_idle),
    };

    return run_tests("http_attacks", tests, sizeof tests / sizeof *tests);
}
