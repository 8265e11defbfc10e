/* SPDX-License-Identifier: MIT */
/* Pages and what is answered: in memory, on a virtual clock. */
#include "http_pages.h"

#include <string.h>

#define HTML "Content-Type: text/html; charset=utf-8|"
#define PLAIN "Content-Type: text/plain; charset=utf-8|"
#define HELLO "HTTP/1.1 200 OK|" HTML "Content-Length: 5||hello"
#define HOST "Host: here\r\n\r\n"

TEST(a_page_that_is_ready_whole_has_its_length)
{
    answers(HELLO, "GET /hello HTTP/1.1\r\n" HOST);
}

TEST(a_page_that_grows_is_sent_in_chunks)
{
    answers("HTTP/1.1 200 OK|" HTML "Transfer-Encoding: chunked||"
            "3|one|3|two|5|three|0||",
            "GET /parts HTTP/1.1\r\n" HOST);
}

TEST(pieces_without_bytes_are_not_taken_for_the_end)
{
    answers("HTTP/1.1 200 OK|" HTML "Transfer-Encoding: chunked||"
            "1|0|1|1|1|2|0||",
            "GET /bits HTTP/1.1\r\n" HOST);
}

TEST(bytes_are_not_called_text)
{
    answers("HTTP/1.1 200 OK|Content-Type: application/octet-stream|"
            "Content-Length: 2||\1\2", "GET /bytes HTTP/1.1\r\n" HOST);
}

TEST(an_old_client_gets_no_chunks_but_the_end)
{
    answers("HTTP/1.1 200 OK|" HTML "Connection: close||onetwothree",
            "GET /parts HTTP/1.0\r\n\r\n");
    answers("HTTP/1.1 200 OK|" HTML "Content-Length: 5|Connection: keep-alive||"
            "hello",
            "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
}

TEST(requests_are_answered_in_their_order)
{
    answers("HTTP/1.1 200 OK|" HTML "Transfer-Encoding: chunked||"
            "3|one|3|two|5|three|0||" HELLO
            "HTTP/1.1 200 OK|" HTML "Content-Length: 3||<b>",
            "GET /parts HTTP/1.1\r\n" HOST "GET /hello HTTP/1.1\r\n" HOST
            "\r\nGET /echo?a=b HTTP/1.1\r\n" HOST);
}

TEST(a_connection_ends_when_the_client_wishes)
{
    answers("HTTP/1.1 200 OK|" HTML "Content-Length: 5|Connection: close||"
            "hello",
            "GET /hello HTTP/1.1\r\nConnection: close\r\n" HOST
            "GET /hello HTTP/1.1\r\n" HOST);
}

TEST(a_head_is_that_of_its_page_without_the_body)
{
    answers("HTTP/1.1 200 OK|" HTML "Content-Length: 5||" HELLO,
            "HEAD /hello HTTP/1.1\r\n" HOST "GET /hello HTTP/1.1\r\n" HOST);
    answers("HTTP/1.1 200 OK|" HTML "Transfer-Encoding: chunked||",
            "HEAD /parts HTTP/1.1\r\n" HOST);
}

TEST(other_methods_are_told_what_there_is)
{
    answers("HTTP/1.1 405 Method Not Allowed|Allow: GET, HEAD, OPTIONS|" PLAIN
            "Content-Length: 23||405 Method Not Allowed|",
            "DELETE /hello HTTP/1.1\r\n" HOST);
    answers("HTTP/1.1 204 No Content|Allow: POST, OPTIONS||",
            "OPTIONS /form HTTP/1.1\r\n" HOST);
    answers("HTTP/1.1 204 No Content|Allow: OPTIONS||",
            "OPTIONS * HTTP/1.1\r\n" HOST);
}

TEST(what_is_not_there_is_not_found)
{
    answers("HTTP/1.1 404 Not Found|" PLAIN
            "Content-Length: 14||404 Not Found|",
            "GET /hello/ HTTP/1.1\r\n" HOST);
    answers_with("HTTP/1.1 404", "GET / HTTP/1.1\r\n" HOST);
    answers_with("HTTP/1.1 404", "GET /user HTTP/1.1\r\n" HOST);
}

TEST(a_star_stands_for_all_below_it)
{
    answers("HTTP/1.1 200 OK|" HTML "Content-Length: 6||<1/2 >"
            "HTTP/1.1 200 OK|" HTML "Content-Length: 2||me",
            "GET /user/1/2%20 HTTP/1.1\r\n" HOST "GET /user/me HTTP/1.1\r\n"
            HOST);
}

TEST(arguments_come_without_their_escapes)
{
    answers("HTTP/1.1 200 OK|" HTML "Content-Length: 7||<x y&=>",
            "GET /echo?b=1&a=x+y%26%3d&a=2 HTTP/1.1\r\n" HOST);
    answers("HTTP/1.1 200 OK|" HTML "Content-Length: 2||<>",
            "GET /echo?a HTTP/1.1\r\n" HOST);
    answers_with("HTTP/1.1 400", "GET /echo?a=%00 HTTP/1.1\r\n" HOST);
    answers_with("HTTP/1.1 400", "GET /echo?a=%2 HTTP/1.1\r\n" HOST);
}

TEST(a_form_gives_arguments)
{
    answers("HTTP/1.1 200 OK|" HTML "Content-Length: 8||<f+rm=1>",
            "POST /form HTTP/1.1\r\nContent-Length: 14\r\nContent-Type: "
            "application/x-www-form-urlencoded; charset=utf-8\r\n" HOST
            "b=1&a=f%2brm=1");
    answers_with("HTTP/1.1 415", "POST /form HTTP/1.1\r\nContent-Length: 3\r\n"
                 HOST "a=1");
}

#define COUNTED "HTTP/1.1 200 OK|" HTML "Content-Length: 8||10 bytes"

TEST(a_body_is_read_with_its_length_or_in_chunks)
{
    answers(COUNTED COUNTED,
            "POST /count HTTP/1.1\r\nContent-Length: 10\r\n" HOST "0123456789"
            "POST /count HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" HOST
            "3\r\n012\r\n7;a=b\r\n3456789\r\n0\r\nTrailer: x\r\n\r\n");
    answers("HTTP/1.1 200 OK|" HTML "Content-Length: 7||0 bytes",
            "POST /count HTTP/1.1\r\n" HOST);
}

TEST(every_split_of_requests_means_the_same)
{
    static const char request[] =
        "POST /count?a=1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" HOST
        "a;x\r\n0123456789\r\n0\r\nT: x\r\n\r\n"
        "POST /count HTTP/1.1\r\nContent-Length: 10\r\n" HOST "0123456789"
        "POST /lazy HTTP/1.1\r\nContent-Length: 3\r\n" HOST "012"
        "GET /hello HTTP/1.1\r\n" HOST;
    static const char wanted[] = COUNTED COUNTED
        "HTTP/1.1 200 OK|" HTML "Content-Length: 4||lazy" HELLO;

    for (size_t n = 1; n < sizeof request; n++)
        answers_in_pieces(wanted, request, n);
}

TEST(a_client_is_told_to_go_on_when_its_body_is_wanted)
{
    answers("HTTP/1.1 100 Continue||" COUNTED,
            "POST /count HTTP/1.1\r\nExpect: 100-continue\r\n"
            "Content-Length: 10\r\n" HOST "0123456789");
    answers("HTTP/1.1 200 OK|" HTML "Content-Length: 4|Connection: close||lazy",
            "POST /lazy HTTP/1.1\r\nExpect: 100-continue\r\n"
            "Content-Length: 10\r\n" HOST);
    answers_with("HTTP/1.1 417", "POST /lazy HTTP/1.1\r\nExpect: more\r\n"
                 "Content-Length: 10\r\n" HOST);
}

TEST(nobody_is_told_to_go_on_in_the_middle_of_an_answer)
{
    answers("HTTP/1.1 100 Continue||HTTP/1.1 200 OK|" HTML
            "Transfer-Encoding: chunked||1|a|8|10 bytes|0||",
            "POST /hasty HTTP/1.1\r\nExpect: 100-continue\r\n"
            "Content-Length: 10\r\n" HOST "0123456789");
    answers("HTTP/1.1 200 OK|" HTML "Transfer-Encoding: chunked|"
            "Connection: close||1|a|8|10 bytes|0||",
            "POST /hasty?wait HTTP/1.1\r\nExpect: 100-continue\r\n"
            "Content-Length: 10\r\n" HOST "0123456789");
}

TEST(a_body_that_is_too_long_is_refused)
{
    options.longest_body = 9;
    answers_with("HTTP/1.1 413", "POST /count HTTP/1.1\r\n"
                 "Content-Length: 10\r\nExpect: 100-continue\r\n" HOST);
    answers_with("HTTP/1.1 413", "POST /count HTTP/1.1\r\n"
                 "Transfer-Encoding: chunked\r\n" HOST
                 "8\r\n01234567\r\n2\r\n89\r\n0\r\n\r\n");
    options.longest_body = 0;
}

TEST(a_body_that_is_cut_off_is_malformed)
{
    answers_with("HTTP/1.1 400", "POST /count HTTP/1.1\r\n"
                 "Content-Length: 10\r\n" HOST "01234");
}

TEST(a_page_sets_headers_once_but_cookies_often)
{
    answers("HTTP/1.1 200 OK|X-Value: v|Set-Cookie: a=1|set-cookie: b=2|"
            "content-type: text/two|Content-Length: 6||<cake>",
            "GET /headers?v=v HTTP/1.1\r\nCookie: bc=0; c=cake; d=1\r\n" HOST);
}

TEST(a_page_without_anything_is_empty)
{
    answers("HTTP/1.1 200 OK|" HTML "Content-Length: 0||",
            "GET /empty HTTP/1.1\r\n" HOST);
    answers("HTTP/1.1 204 No Content||", "GET /none HTTP/1.1\r\n" HOST);
}

TEST(a_page_may_fail_with_a_status)
{
    answers("HTTP/1.1 418 Other|" PLAIN "Content-Length: 26||"
            "418 Other|short and stout|" HELLO,
            "GET /teapot HTTP/1.1\r\n" HOST "GET /hello HTTP/1.1\r\n" HOST);
}

TEST(what_a_page_says_of_its_failure_is_said)
{
    answers("HTTP/1.1 401 Unauthorized|WWW-Authenticate: Basic realm=\"a\"|"
            "Set-Cookie: a=1|" PLAIN "Content-Length: 26||"
            "401 Unauthorized|who, me?|",
            "GET /private HTTP/1.1\r\n" HOST);
    answers("HTTP/1.1 416 Range Not Satisfiable|Content-Range: bytes */9|"
            PLAIN "Content-Length: 26||416 Range Not Satisfiable|",
            "GET /range HTTP/1.1\r\n" HOST);
}

TEST(a_failure_is_told_to_the_program_and_not_to_the_client)
{
    answers("HTTP/1.1 500 Internal Server Error|" PLAIN "Content-Length: 26||"
            "500 Internal Server Error|" HELLO,
            "GET /fails HTTP/1.1\r\n" HOST "GET /hello HTTP/1.1\r\n" HOST);
    CHECK(strstr(reports(), "the page of GET /fails has failed") != NULL);
    CHECK(strstr(reports(), "a secret") != NULL);
}

TEST(a_failure_in_the_middle_breaks_the_connection)
{
    answers("HTTP/1.1 200 OK|" HTML
            "Transfer-Encoding: chunked||4|part|!Format",
            "GET /breaks HTTP/1.1\r\n" HOST "GET /hello HTTP/1.1\r\n" HOST);
}

TEST(a_page_is_as_long_as_it_says)
{
    answers("HTTP/1.1 200 OK|" HTML "Content-Length: 5||12345",
            "GET /length?n=5 HTTP/1.1\r\n" HOST);
    answers("HTTP/1.1 200 OK|" HTML "Content-Length: 4||123!Invalid",
            "GET /length?n=4 HTTP/1.1\r\n" HOST);
    answers("HTTP/1.1 200 OK|" HTML "Content-Length: 6||12345!Invalid",
            "GET /length?n=6 HTTP/1.1\r\n" HOST);
    answers_with("HTTP/1.1 500", "GET /length?n=2 HTTP/1.1\r\n" HOST);
    CHECK(strstr(reports(), "a page of 2 bytes has given more") != NULL);
}

/* ---- Time ---------------------------------------------------------------- */
static void say_and_wait(flow_gen *self, flow_stage *none, void *text)
{
    (void)none;
    flow_yield(self, (const char *)text);
    flow_cooperate(self, 1e6);
}

static void hears_from_slow(const char *wanted, const char *text,
                            double seconds)
{
    flow_site *site = pages();
    const char *got = heard(flow_http(flow_generate(say_and_wait, NULL,
                                                    (void *)text), site));

    CHECK(strncmp(got, wanted, strlen(wanted)) == 0);
    CHECK(flow_now() >= seconds && flow_now() < seconds + 1);
    flow_site_release(site);
}

TEST(a_connection_that_is_idle_ends)
{
    hears_from_slow(HELLO, "GET /hello HTTP/1.1\r\n" HOST, 60);
}

TEST(a_head_that_is_slow_is_refused)
{
    hears_from_slow("HTTP/1.1 408", "GET /hello HTTP/1.1\r\n", 20);
}

TEST(a_body_that_is_slow_is_refused)
{
    hears_from_slow("HTTP/1.1 408", "POST /count HTTP/1.1\r\nContent-Length: 4"
                    "\r\n" HOST "12", 30);
}

TEST(a_body_that_nobody_reads_is_not_waited_for_long)
{
    hears_from_slow("HTTP/1.1 200", "POST /lazy HTTP/1.1\r\nContent-Length: 4"
                    "\r\n" HOST "12", 30);
}

/* ---- Closing ------------------------------------------------------------- */
TEST(a_connection_may_be_closed_at_any_moment)
{
    static const char request[] =
        "POST /count HTTP/1.1\r\nContent-Length: 10\r\n" HOST "0123456789"
        "GET /parts HTTP/1.1\r\n" HOST "GET /slow HTTP/1.1\r\n" HOST;

    for (int stop = 0; stop < 9; stop++) {
        flow_site *site = pages();
        flow_stage *s = flow_http(asking(request, 7), site);
        flow_value v;

        for (int n = 0; n < stop && flow_block(s, &v); n++)
            flow_drop(v);
        flow_site_release(site);
        flow_close(s);
    }
}

/* ---- The log ------------------------------------------------------------- */
static char logged[4096];

static void log_line(const char *line, void *arg)
{
    (void)arg;
    strncat(logged, line, sizeof logged - strlen(logged) - 2);
    strcat(logged, "|");
}

TEST(each_answer_is_logged_and_cannot_forge_lines)
{
    options.log = log_line;
    logged[0] = '\0';
    answers_with("HTTP/1.1 200", "GET /hello HTTP/1.1\r\nUser-Agent: a\"\x80"
                 "b\r\nReferer: r\r\n" HOST "bad");
    options.log = NULL;
    CHECK(strncmp(logged, "- - - [", 7) == 0);
    CHECK(strstr(logged, "] \"GET /hello HTTP/1.1\" 200 5 \"r\" "
                         "\"a\\x22\\x80b\"|") != NULL);
}

TEST(a_site_without_memory_or_that_is_none_fails)
{
    CHECK(strcmp(heard(flow_http(asking("GET", 0), NULL)), "!NoMemory") == 0);
}

TEST(a_page_without_a_path_is_reported)
{
    flow_site *site = flow_site_new(NULL);

    flow_site_add(site, "GET hello", NULL, NULL);
    CHECK(strstr(reports(), "'hello' is no path") != NULL);
    flow_site_release(site);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_page_that_is_ready_whole_has_its_length),
        CASE(a_page_that_grows_is_sent_in_chunks),
        CASE(pieces_without_bytes_are_not_taken_for_the_end),
        CASE(bytes_are_not_called_text),
        CASE(an_old_client_gets_no_chunks_but_the_end),
        CASE(requests_are_answered_in_their_order),
        CASE(a_connection_ends_when_the_client_wishes),
        CASE(a_head_is_that_of_its_page_without_the_body),
        CASE(other_methods_are_told_what_there_is),
        CASE(what_is_not_there_is_not_found),
        CASE(a_star_stands_for_all_below_it),
        CASE(arguments_come_without_their_escapes),
        CASE(a_form_gives_arguments),
        CASE(a_body_is_read_with_its_length_or_in_chunks),
        CASE(every_split_of_requests_means_the_same),
        CASE(a_client_is_told_to_go_on_when_its_body_is_wanted),
        CASE(nobody_is_told_to_go_on_in_the_middle_of_an_answer),
        CASE(a_body_that_is_too_long_is_refused),
        CASE(a_body_that_is_cut_off_is_malformed),
        CASE(a_page_sets_headers_once_but_cookies_often),
        CASE(a_page_without_anything_is_empty),
        CASE(a_page_may_fail_with_a_status),
        CASE(what_a_page_says_of_its_failure_is_said),
        CASE(a_failure_is_told_to_the_program_and_not_to_the_client),
        CASE(a_failure_in_the_middle_breaks_the_connection),
        CASE(a_page_is_as_long_as_it_says),
        CASE(a_connection_that_is_idle_ends),
        CASE(a_head_that_is_slow_is_refused),
        CASE(a_body_that_is_slow_is_refused),
        CASE(a_body_that_nobody_reads_is_not_waited_for_long),
        CASE(a_connection_may_be_closed_at_any_moment),
        CASE(each_answer_is_logged_and_cannot_forge_lines),
        CASE(a_site_without_memory_or_that_is_none_fails),
        CASE(a_page_without_a_path_is_reported),
    };

    return run_tests("http", tests, sizeof tests / sizeof *tests);
}
