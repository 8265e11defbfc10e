/* SPDX-License-Identifier: MIT */
/* Requests that two servers might read differently, and answers that a client
 * might: each class that was an advisory against some server once. Whatever
 * follows such a request must not be taken for another one. */
#include "http_pages.h"

#include <stdlib.h>
#include <string.h>

#define HOST "Host: here\r\n\r\n"

static const char another[] = "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n";

static unsigned answers_of(const char *got)
{
    unsigned n = 0;

    for (const char *at = got; (at = strstr(at, "HTTP/1.1 ")) != NULL; at += 9)
        n++;
    return n;
}

/* The request is answered with that status, and nothing after it. */
static void refused(int status, const char *request)
{
    char whole[40000], begin[32];
    flow_site *site = pages();
    const char *got;

    snprintf(whole, sizeof whole, "%s%s", request, another);
    snprintf(begin, sizeof begin, "HTTP/1.1 %d ", status);
    got = heard(flow_http(asking(whole, 0), site));
    if (strncmp(got, begin, strlen(begin)) != 0 && !disturbed())
        fprintf(stderr, "asked: %s\nheard: %s\n", request, got);
    CHECK(strncmp(got, begin, strlen(begin)) == 0);
    CHECK(answers_of(got) == 1);
    CHECK(strstr(got, "Connection: close") != NULL);
    flow_site_release(site);
}

static void refused_header(int status, const char *header)
{
    char request[32768];

    snprintf(request, sizeof request,
             "POST /count HTTP/1.1\r\n%s\r\nHost: here\r\n\r\n", header);
    refused(status, request);
}

static void refused_chunks(const char *chunks)
{
    char request[8192];

    snprintf(request, sizeof request, "POST /count HTTP/1.1\r\n"
             "Transfer-Encoding: chunked\r\n" HOST "%s", chunks);
    refused(400, request);
}

/* As CVE-2020-10108. */
TEST(two_lengths_are_refused)
{
    refused_header(400, "Content-Length: 0\r\nContent-Length: 5");
    refused_header(400, "Content-Length: 5\r\nContent-Length: 5");
    refused_header(400, "Content-Length: 5, 5");
}

/* As CVE-2020-10109. */
TEST(a_length_beside_a_coding_is_refused)
{
    refused_header(400, "Content-Length: 5\r\nTransfer-Encoding: chunked");
    refused_header(400, "Transfer-Encoding: chunked\r\nContent-Length: 5");
}

/* As CVE-2022-24801. */
TEST(lenient_numbers_are_refused)
{
    static const char *const lengths[] = {
        "+5", "-5", "0x5", "5_0", "5 0", "", "5a", "1e1", "٥",
        "99999999999999999999", "18446744073709551616"
    };

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char header[64];

        snprintf(header, sizeof header, "Content-Length: %s", lengths[i]);
        refused_header(400, header);
    }
}

TEST(lenient_sizes_of_chunks_are_refused)
{
    refused_chunks("+1\r\na\r\n0\r\n\r\n");
    refused_chunks("0x1\r\na\r\n0\r\n\r\n");
    refused_chunks("1_0\r\n0123456789abcdef\r\n0\r\n\r\n");
    refused_chunks(" 1\r\na\r\n0\r\n\r\n");
    refused_chunks("-1\r\na\r\n0\r\n\r\n");
    refused_chunks("\r\na\r\n0\r\n\r\n");
    refused_chunks("fffffffffffffffff\r\na\r\n0\r\n\r\n");
}

TEST(codings_but_chunked_are_refused)
{
    refused_header(400, "Transfer-Encoding: gzip");
    refused_header(501, "Transfer-Encoding: identity, chunked");
    refused_header(400, "Transfer-Encoding: chunked, identity");
    refused_header(400, "Transfer-Encoding: \"chunked\"");
    refused_header(400, "Transfer-Encoding: chunked\r\n"
                   "Transfer-Encoding: chunked");
    refused_header(400, "Transfer-Encoding: xchunked");
    refused(400, "POST /count HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"
            "0\r\n\r\n");
}

/* As CVE-2025-22871, and CVE-2023-30589. */
TEST(lines_that_end_otherwise_are_refused)
{
    refused(400, "GET /hello HTTP/1.1\nHost: here\n\n");
    refused(400, "GET /hello HTTP/1.1\r\nHost: here\n\r\n");
    refused(400, "GET /hello HTTP/1.1\r\nHost: here\r\n\n");
    refused(400, "GET /hello HTTP/1.1\r\nHost: here\rX: y\r\n\r\n");
    refused(400, "GET /hello HTTP/1.1\rHost: here\r\n\r\n");
    refused_chunks("1\na\r\n0\r\n\r\n");
    refused_chunks("1\r\na\n0\r\n\r\n");
    refused_chunks("1\r\na\r\n0\n\r\n");
    refused_chunks("1\r\na\r\n0\r\n\n");
    refused_chunks("1;a\nb\r\na\r\n0\r\n\r\n");
    refused_chunks("1\r\nab\r\n0\r\n\r\n");
}

TEST(headers_that_go_on_in_another_line_are_refused)
{
    refused_header(400, "X: a\r\n b");
    refused_header(400, "X: a\r\n\tb");
    refused(400, "GET /hello HTTP/1.1\r\n Host: here\r\n\r\n");
}

TEST(a_space_before_a_colon_is_refused)
{
    refused_header(400, "Content-Length : 5");
    refused_header(400, "Transfer-Encoding\t: chunked");
    refused_header(400, "X Y: 5");
    refused_header(400, ": 5");
    refused_header(400, "no colon");
}

TEST(zeros_and_other_controls_are_refused)
{
    static const char request[] =
        "GET /hello HTTP/1.1\r\nX: a\0b\r\nHost: here\r\n\r\n";
    flow_site *site = pages();
    const char *got = heard(flow_http(flow_once(
        flow_bytes(request, sizeof request - 1)), site));

    CHECK(strncmp(got, "HTTP/1.1 400", 12) == 0 || disturbed());
    flow_site_release(site);
    refused_header(400, "X: a\x01z");
    refused(400, "GET /he\x01llo HTTP/1.1\r\n" HOST);
    refused(400, "GET /he\x80llo HTTP/1.1\r\n" HOST);
}

/* As CVE-2024-22019. */
TEST(what_extends_a_chunk_is_bounded)
{
    char chunks[4096];

    memset(chunks, 'x', sizeof chunks);
    memcpy(chunks, "1;", 2);
    memcpy(chunks + 2000, "\r\na\r\n0\r\n\r\n", 11);
    refused_chunks(chunks);
}

TEST(there_must_be_one_host)
{
    refused(400, "GET /hello HTTP/1.1\r\n\r\n");
    refused(400, "GET /hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n");
    refused(400, "GET /hello HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n");
}

/* As CVE-2022-39348: the host must not come back as a part of a page. */
TEST(an_empty_header_hides_no_other)
{
    refused_header(400, "X:\r\nHost: there");
    refused_header(400, "X: \t\r\nHost: there");
}

TEST(a_host_cannot_hold_markup)
{
    refused(400, "GET /no HTTP/1.1\r\nHost: <b>\r\n\r\n");
    refused(400, "GET /no HTTP/1.1\r\nHost: a b\r\n\r\n");
    refused(400, "GET /no HTTP/1.1\r\nHost: a/b\r\n\r\n");
    refused(400, "GET /no HTTP/1.1\r\nHost: u@h\r\n\r\n");
}

/* As CVE-2023-46137: an answer that is ready must wait for the one before. */
TEST(answers_do_not_overtake_each_other)
{
    answers("HTTP/1.1 200 OK|Content-Type: text/html; charset=utf-8|"
            "Transfer-Encoding: chunked||3|one|3|two|5|three|0||"
            "HTTP/1.1 404 Not Found|Content-Type: text/plain; charset=utf-8|"
            "Content-Length: 14||404 Not Found|",
            "GET /parts HTTP/1.1\r\n" HOST "GET /no HTTP/1.1\r\n" HOST);
}

/* As CVE-2019-12387. */
TEST(targets_and_methods_cannot_hold_more)
{
    refused(400, "GET /hello /more HTTP/1.1\r\n" HOST);
    refused(400, "GET /hello\tHTTP/1.1\r\n" HOST);
    refused(400, "GET hello HTTP/1.1\r\n" HOST);
    refused(400, "GET /hello#more HTTP/1.1\r\n" HOST);
    refused(400, "get /hello HTTP/1.1\r\n" HOST);
    refused(501, "BREW /hello HTTP/1.1\r\n" HOST);
}

TEST(versions_but_1_0_and_1_1_are_refused)
{
    refused(505, "GET /hello HTTP/2.0\r\n" HOST);
    refused(505, "GET /hello HTTP/0.9\r\n" HOST);
    refused(505, "GET /hello HTTP/1.2\r\n" HOST);
    refused(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    refused(400, "GET /hello http/1.1\r\n" HOST);
    refused(505, "GET /hello\r\n\r\n");
}

TEST(paths_that_are_not_plain_are_refused)
{
    static const char *const paths[] = {
        "/user/../hello", "/user/%2e%2e/hello", "/user/.%2E", "/./hello",
        "//hello", "/user//x", "/user/%2fx", "/user/a%5cb", "/user/a\\b",
        "/user/%00", "/user/%0a", "/user/%", "/user/%4", "/user/%zz"
    };

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char request[128];

        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" HOST, paths[i]);
        refused(400, request);
    }
}

TEST(an_absolute_target_is_a_path_all_the_same)
{
    answers_with("HTTP/1.1 200", "GET http://here/hello HTTP/1.1\r\n" HOST);
    answers_with("HTTP/1.1 404", "GET http://here HTTP/1.1\r\n" HOST);
    refused(400, "GET ftp://here/hello HTTP/1.1\r\n" HOST);
    refused(400, "CONNECT here:80 HTTP/1.1\r\n" HOST);
}

TEST(asking_for_another_protocol_is_not_heard)
{
    answers_with("HTTP/1.1 200", "GET /hello HTTP/1.1\r\n"
                 "Connection: upgrade\r\nUpgrade: h2c\r\n" HOST);
}

TEST(lengths_of_requests_are_bounded)
{
    char request[32768];

    memset(request, 'a', sizeof request);
    memcpy(request, "GET /", 5);
    strcpy(request + 9000, " HTTP/1.1\r\n" HOST);
    refused(414, request);
    memset(request, 'a', sizeof request);
    memcpy(request, "GET /hello HTTP/1.1\r\nX: ", 24);
    strcpy(request + 20000, "\r\n" HOST);
    refused(431, request);
}

TEST(the_number_of_headers_is_bounded)
{
    char headers[2048];

    for (size_t n = 0; n < 100; n++)
        memcpy(headers + 6 * n, "X: y\r\n", 7);
    headers[6 * 100 - 2] = '\0';
    refused_header(431, headers);
}

TEST(a_header_that_is_answered_cannot_hold_another)
{
    answers_with("HTTP/1.1 500", "GET /headers?v=a%0d%0aX:%20y HTTP/1.1\r\n"
                 HOST);
    answers_with("HTTP/1.1 500", "GET /headers?v=a%0aX HTTP/1.1\r\n" HOST);
    answers_with("HTTP/1.1 500", "GET /headers?v=a%0dX HTTP/1.1\r\n" HOST);
    CHECK(strstr(reports(), "would go on in another line") != NULL);
}

TEST(a_body_that_was_not_read_is_no_request)
{
    answers("HTTP/1.1 200 OK|Content-Type: text/html; charset=utf-8|"
            "Content-Length: 4||lazy",
            "POST /lazy HTTP/1.1\r\nContent-Length: 37\r\n" HOST
            "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n");
}

int main(void)
{
    static const struct test tests[] = {
        CASE(two_lengths_are_refused),
        CASE(a_length_beside_a_coding_is_refused),
        CASE(lenient_numbers_are_refused),
        CASE(lenient_sizes_of_chunks_are_refused),
        CASE(codings_but_chunked_are_refused),
        CASE(lines_that_end_otherwise_are_refused),
        CASE(headers_that_go_on_in_another_line_are_refused),
        CASE(a_space_before_a_colon_is_refused),
        CASE(zeros_and_other_controls_are_refused),
        CASE(what_extends_a_chunk_is_bounded),
        CASE(there_must_be_one_host),
        CASE(an_empty_header_hides_no_other),
        CASE(a_host_cannot_hold_markup),
        CASE(answers_do_not_overtake_each_other),
        CASE(targets_and_methods_cannot_hold_more),
        CASE(versions_but_1_0_and_1_1_are_refused),
        CASE(paths_that_are_not_plain_are_refused),
        CASE(an_absolute_target_is_a_path_all_the_same),
        CASE(asking_for_another_protocol_is_not_heard),
        CASE(lengths_of_requests_are_bounded),
        CASE(the_number_of_headers_is_bounded),
        CASE(a_header_that_is_answered_cannot_hold_another),
        CASE(a_body_that_was_not_read_is_no_request),
    };

    return run_tests("http_strict", tests, sizeof tests / sizeof *tests);
}
