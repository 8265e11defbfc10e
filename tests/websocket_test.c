/* SPDX-License-Identifier: MIT */
/* Pages that converse: in memory, on a virtual clock. What frames may be is in
 * websocket_frames_test.c. */
#include "websockets.h"

#include <string.h>

#define END "|88=1000:|"

/* ---- The answer ---------------------------------------------------------- */
static const char *answer_to(const char *request)
{
    flow_site *site = conversing_pages();
    static char head[4096];
    flow_stage *s = flow_http(flow_once(said(request, "88=1000")), site);
    size_t at = 0;

    for (flow_value v; flow_block(s, &v); flow_drop(v)) {
        size_t n;
        const char *chars = flow_chars(&v, &n);

        for (; n > 0 && at + 1 < sizeof head; n--)
            head[at++] = *chars++;
    }
    head[at] = '\0';
    flow_close(s);
    flow_site_release(site);
    return head;
}

static bool says(const char *answer, const char *header)
{
    return strstr(answer, header) != NULL;
}

TEST(the_answer_proves_that_the_key_was_understood)
{
    const char *head = answer_to(BEGINS("/echo"));

    CHECK(strncmp(head, "HTTP/1.1 101 Switching Protocols\r\n", 34) == 0);
    CHECK(says(head, "\r\nUpgrade: websocket\r\n"));
    CHECK(says(head, "\r\nConnection: Upgrade\r\n"));
    CHECK(says(head, "\r\nSec-WebSocket-Accept: "
                     "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    CHECK(!says(head, "Content-"));
    CHECK(!says(head, "Transfer-"));
    CHECK(!says(head, "Sec-WebSocket-Protocol"));
}

/* A request for /echo with these headers besides its host. */
static void is_answered(int status, const char *headers)
{
    char request[1024], begin[32];
    const char *head;

    snprintf(request, sizeof request, "GET /echo HTTP/1.1\r\nHost: here\r\n%s",
             headers);
    snprintf(begin, sizeof begin, "HTTP/1.1 %d ", status);
    head = answer_to(request);
    if (strncmp(head, begin, strlen(begin)) != 0 && !disturbed())
        fprintf(stderr, "asked: %s\nheard: %s\n", headers, head);
    CHECK(strncmp(head, begin, strlen(begin)) == 0);
}

#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

TEST(lists_of_tokens_are_read_as_lists)
{
    is_answered(101, UPGRADE VERSION KEY);
    is_answered(101, "Upgrade: h2c, WebSocket\r\nConnection: keep-alive, "
                     "upgrade\r\n" VERSION KEY);
    is_answered(101, "Upgrade: websocket\r\nConnection: keep-alive\r\n"
                     "Connection: Upgrade\r\n" VERSION KEY);
    is_answered(426, "Upgrade: websockets\r\nConnection: Upgrade\r\n"
                     VERSION KEY);
    is_answered(426, "Upgrade: websocket\r\nConnection: no-upgrade\r\n"
                     VERSION KEY);
}

TEST(what_is_no_request_for_a_websocket_is_told_to_be_one)
{
    is_answered(426, "");
    is_answered(426, "Upgrade: websocket\r\n" VERSION KEY);
    is_answered(426, "Connection: Upgrade\r\n" VERSION KEY);
    CHECK(says(answer_to("GET /echo HTTP/1.1\r\nHost: here\r\n"),
               "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Version: 13\r\n"));
    CHECK(says(answer_to("GET /echo HTTP/1.0\r\nHost: here\r\n"
                         UPGRADE VERSION KEY), " 426 "));
    CHECK(says(answer_to("HEAD /echo HTTP/1.1\r\nHost: here\r\n"
                         UPGRADE VERSION KEY), " 426 "));
    CHECK(says(answer_to("POST /posted HTTP/1.1\r\nHost: here\r\n"
                         UPGRADE VERSION KEY), " 426 "));
}

TEST(other_versions_are_told_the_one_that_is_spoken)
{
    is_answered(426, UPGRADE KEY);
    is_answered(426, UPGRADE KEY "Sec-WebSocket-Version: 8\r\n");
    is_answered(426, UPGRADE KEY "Sec-WebSocket-Version: 8, 13\r\n");
    is_answered(426, UPGRADE KEY VERSION VERSION);
}

TEST(a_key_is_16_bytes_in_base64)
{
    is_answered(400, UPGRADE VERSION);
    is_answered(400, UPGRADE VERSION KEY KEY);
    is_answered(400, UPGRADE VERSION "Sec-WebSocket-Key: \r\n");
    is_answered(400, UPGRADE VERSION
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n");
    is_answered(400, UPGRADE VERSION
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQA=\r\n");
    is_answered(400, UPGRADE VERSION
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j_Q==\r\n");
}

TEST(who_asks_for_a_websocket_has_no_body)
{
    is_answered(400, UPGRADE VERSION KEY "Content-Length: 2\r\n");
    is_answered(400, UPGRADE VERSION KEY "Transfer-Encoding: chunked\r\n");
}

TEST(one_of_the_protocols_is_agreed_on)
{
    CHECK(says(answer_to(BEGINS("/spoken")
                         "Sec-WebSocket-Protocol: two, three\r\n"),
               "\r\nSec-WebSocket-Protocol: two\r\n"));
    CHECK(says(answer_to(BEGINS("/spoken")
                         "Sec-WebSocket-Protocol: two\r\n"
                         "Sec-WebSocket-Protocol: one\r\n"),
               "\r\nSec-WebSocket-Protocol: one\r\n"));
    CHECK(!says(answer_to(BEGINS("/spoken")
                          "Sec-WebSocket-Protocol: ONE, twos\r\n"),
                "Sec-WebSocket-Protocol"));
    CHECK(says(answer_to(BEGINS("/spoken")
                         "Sec-WebSocket-Protocol: two\r\n"), "<two>"));
    CHECK(says(answer_to(BEGINS("/spoken")), "<>"));
}

/* ---- Origins ------------------------------------------------------------- */
static void comes_from(int status, const char *path, const char *host,
                       const char *origin)
{
    char request[1024], begin[32];

    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n"
             "Origin: %s\r\n" UPGRADE VERSION KEY, path, host, origin);
    snprintf(begin, sizeof begin, "HTTP/1.1 %d ", status);
    CHECK(strncmp(answer_to(request), begin, strlen(begin)) == 0);
}

TEST(only_pages_of_the_same_host_may_converse)
{
    comes_from(101, "/echo", "here", "http://here");
    comes_from(101, "/echo", "HERE:8081", "https://here:8081");
    comes_from(101, "/echo", "here:443", "https://here");
    comes_from(101, "/echo", "here", "http://here:80");
    comes_from(403, "/echo", "here", "http://there");
    comes_from(403, "/echo", "here", "http://here.there");
    comes_from(403, "/echo", "here", "http://there.here");
    comes_from(403, "/echo", "here", "http://here:8081");
    comes_from(403, "/echo", "here:8081", "http://here");
    comes_from(403, "/echo", "here", "null");
    comes_from(403, "/echo", "here", "ftp://here");
    comes_from(403, "/echo", "here", "http://here\r\nOrigin: http://here");
}

TEST(pages_of_other_hosts_may_be_allowed)
{
    comes_from(101, "/friend", "here", "https://friend");
    comes_from(101, "/friend", "here", "https://other");
    comes_from(101, "/friend", "here", "http://here");
    comes_from(403, "/friend", "here", "http://friend");
    comes_from(403, "/friend", "here", "https://friends");
    comes_from(101, "/anyone", "here", "https://whoever");
    comes_from(101, "/anyone", "here", "null");
}

TEST(a_page_looks_at_its_request_before_it_converses)
{
    const char *head = answer_to(BEGINS("/guarded") "Cookie: key=1\r\n");

    CHECK(strncmp(head, "HTTP/1.1 101 ", 13) == 0);
    CHECK(says(head, "\r\nSet-Cookie: seen=1\r\n"));
    CHECK(says(answer_to(BEGINS("/guarded")), "HTTP/1.1 401 "));
}

/* Says the frames, and then nothing for a long time. */
static void say_and_wait(flow_gen *self, flow_stage *all, void *arg)
{
    (void)arg;
    for (flow_value v; flow_next(self, all, &v);)
        flow_yield(self, v);
    flow_cooperate(self, 1e6);
}

/* ---- Messages ------------------------------------------------------------ */
TEST(messages_come_and_go)
{
    converses("81:hello|82:bytes|81:" END, "/echo",
              "81:hello|82:bytes|81:|88=1000");
}

TEST(a_page_may_speak_first)
{
    converses("81:hello|81:you" END, "/early", "81:you|88=1000");
}

TEST(a_page_that_is_over_at_once_has_conversed)
{
    converses("88=1000:|", "/whole", "81:hello|88=1000");
}

TEST(what_is_said_before_a_page_has_answered_is_not_lost)
{
    for (size_t n = 1; n < 12; n++)
        is_heard("81:hello|82:bytes" END, conversation("/thinks",
            "81:hello|82:bytes|88=1000", n));
}

TEST(every_split_of_a_conversation_means_the_same)
{
    static const char frames[] =
        "81:hello|89:ping|01:on|8a:pong|80:e|82*300:b|81:\xc3\xa9"
        "|88=1000:bye";

    for (size_t n = 1; n < 400; n++)
        is_heard("81:hello|8a:ping|81:one|82*300:b|81:\xc3\xa9" END,
                 conversation("/echo", frames, n));
}

TEST(every_split_of_the_head_of_a_large_message_means_the_same)
{
    size_t begin = strlen(BEGINS("/echo")) + strlen("\r\n");

    for (size_t n = begin; n < begin + 16; n++)
        is_heard("82*70000:c|81:e" END,
                 conversation("/echo", "82*70000:c|81:e|88=1000", n));
}

TEST(a_page_that_is_asked_later_gets_what_came_with_its_request)
{
    flow_site *site = conversing_pages();
    flow_value both[2] = {
        flow_of("GET /none HTTP/1.1\r\nHost: here\r\n\r\n"),
        said(BEGINS("/echo"), "81:hello|88=1000")
    };
    flow_stage *s = flow_http(flow_join(flow_list(both, 2), 4096), site);
    const char *got;
    static char all[4096];
    size_t at = 0;

    for (flow_value v; flow_block(s, &v); flow_drop(v)) {
        size_t n;
        const char *chars = flow_chars(&v, &n);

        for (; n > 0 && at + 1 < sizeof all; n--, chars++)
            all[at++] = *chars != '\0' ? *chars : '0';
    }
    all[at] = '\0';
    flow_close(s);
    flow_site_release(site);
    got = strstr(all, "HTTP/1.1 101 ");
    CHECK(strncmp(all, "HTTP/1.1 404 ", 13) == 0);
    CHECK(got != NULL && strstr(got, "\x81\x05hello\x88") != NULL);
}

TEST(a_message_is_held_as_it_comes_and_not_as_it_is_announced)
{
    converses("88=1000:|", "/tall", "82>60000000:abc");
    converses("88=1009:the message is too long|", "/echo", "82>1048574:abc");
}

TEST(a_message_that_is_too_long_is_refused)
{
    converses("81:0123456789" END, "/short", "81:0123456789|88=1000");
    converses("88=1009:the message is too long|", "/short", "81:0123456789a");
    converses("88=1009:the message is too long|", "/short",
              "01:01234|00:56789|80:a");
}

static void gives_others(flow_gen *self, flow_request *r, void *arg)
{
    flow_stage *messages = flow_answer_websocket(r, NULL);

    if (flow_yield(self, "good"))
        flow_yield(self, flow_share(*(flow_value *)arg));
    flow_close(messages);
}

static void may_not_be_given(flow_value v, const char *why)
{
    flow_site *site = flow_site_new(NULL);

    flow_site_add(site, "/", gives_others, &v);
    is_heard("81:good|88=1011:|", heard_frames(flow_http(flow_generate(
        say_and_wait, flow_once(said(BEGINS("/"), "")), NULL), site)));
    CHECK(strstr(reports(), why) != NULL);
    flow_site_release(site);
    flow_drop(v);
}

TEST(a_page_gives_messages_of_text_that_is_utf_8_or_bytes)
{
    may_not_be_given(flow_int(1), "must be text or bytes");
    may_not_be_given(flow_literal("caf\xc3"), "must be UTF-8");
    may_not_be_given(flow_literal("\xff"), "must be UTF-8");
}

/* ---- Ending -------------------------------------------------------------- */
TEST(a_peer_that_closes_ends_the_messages)
{
    converses("88=1000:|", "/echo", "88=1000");
    converses("88=4000:|", "/echo", "88=4000:why");
    converses("88|", "/echo", "88");
}

TEST(what_comes_after_a_close_frame_is_not_read)
{
    converses("88=1000:|", "/echo", "88=1000|81:late|89:late|83:wrong");
}

TEST(a_page_that_fails_tells_the_peer_only_what_it_wants_to)
{
    converses("88=4001:enough|", "/tells", "81:a|81:b");
    converses("88=1011:|", "/fails", "81:a|81:b");
    CHECK(strstr(reports(), "a secret") != NULL);
}

TEST(a_connection_that_is_lost_ends_the_messages)
{
    converses("81:hello" END, "/echo", "81:hello");
    converses("81:hello" END, "/echo", "81:hello|81>5:par");
    converses("88=1000:|", "/echo", "");
}

TEST(a_page_that_does_not_listen_is_closed_when_it_next_speaks)
{
    converses("81:tick|88=1000:|", "/deaf", "81:a|82:b|88=1000");
}

static void leaves_after(double seconds, const char *wanted, const char *path,
                         const char *frames)
{
    flow_site *site = conversing_pages();
    char request[512];
    double begin = flow_now();

    snprintf(request, sizeof request, BEGINS("%s"), path);
    is_heard(wanted, heard_frames(flow_http(
        flow_generate(say_and_wait, flow_once(said(request, frames)), NULL),
        site)));
    CHECK(flow_now() - begin >= seconds - 0.001
          && flow_now() - begin <= seconds + 0.001);
    flow_site_release(site);
}

TEST(a_page_that_works_when_its_peer_leaves_has_two_seconds)
{
    done = 0;
    leaves_after(1, "88=1000:|", "/works", "81:a|88=1000");
    CHECK(done == 1);
}

TEST(a_page_that_does_not_end_is_closed_after_two_seconds)
{
    leaves_after(2, "88=1000:|", "/waits", "88=1000");
}

TEST(a_peer_that_does_not_answer_the_end_is_left_after_two_seconds)
{
    leaves_after(2, "88=1000:|", "/whole", "");
    leaves_after(0, "88=1000:|", "/whole", "81:a|88=1000");
}

TEST(what_a_peer_says_before_it_agrees_to_the_end_is_thrown_away)
{
    leaves_after(0, "88=1000:|", "/whole", "81:a|89:b|82:c|88=1000");
}

TEST(a_silent_peer_is_sent_a_ping_and_is_lost_without_an_answer)
{
    leaves_after(60, "89:|88=1000:|", "/echo", "");
}

static void answer_pings(flow_gen *self, flow_stage *all, void *arg)
{
    flow_value v;

    if (flow_next(self, all, &v))
        flow_yield(self, v);
    for (int n = 0; n < *(int *)arg; n++)
        if (flow_cooperate(self, 40))
            flow_yield(self, flow_bytes("\x8a\x80\0\0\0\0", 6));
    flow_cooperate(self, 1e6);
}

TEST(a_peer_that_answers_pings_stays)
{
    flow_site *site = conversing_pages();
    int times = 3;
    double begin = flow_now();

    is_heard("89:|89:|89:|89:|88=1000:|", heard_frames(flow_http(
        flow_generate(answer_pings, flow_once(said(BEGINS("/echo"), "")),
                      &times), site)));
    CHECK(flow_now() - begin >= 179 && flow_now() - begin <= 181);
    flow_site_release(site);
}

TEST(a_peer_is_not_lost_while_nobody_listens_to_it)
{
    leaves_after(86402, "88=1000:|", "/waits", "81:a");
}

static void drain_in_a_while(flow_gen *self, flow_stage *none, void *site)
{
    (void)none;
    if (flow_cooperate(self, 0.5))
        flow_site_drain(site);
}

static void is_drained(double seconds, const char *wanted, const char *path)
{
    flow_site *site = conversing_pages();
    flow_deferred *drained = flow_spawn(drain_in_a_while, NULL, site);
    char request[512];
    double begin = flow_now();

    snprintf(request, sizeof request, BEGINS("%s"), path);
    is_heard(wanted, heard_frames(flow_http(flow_generate(
        say_and_wait, flow_once(said(request, "81:a")), NULL), site)));
    CHECK(flow_now() - begin >= seconds - 0.001
          && flow_now() - begin <= seconds + 0.001);
    flow_drop(flow_block_on(drained));
    flow_site_release(site);
}

TEST(a_site_that_is_drained_goes_away)
{
    is_drained(2.5, "81:a|88=1001:|", "/echo");
    is_drained(2.5, "88=1001:|", "/waits");
    is_drained(2.5, "81:tick|88=1001:|", "/deaf");
}

/* ---- Closing ------------------------------------------------------------- */
TEST(a_conversation_may_be_closed_at_any_moment)
{
    static const char *const paths[] = {
        "/echo", "/early", "/deaf", "/works", "/fails", "/whole"
    };

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        for (int stop = 0; stop < 8; stop++) {
            flow_site *site = conversing_pages();
            char request[512];
            flow_stage *s;
            flow_value v;

            snprintf(request, sizeof request, BEGINS("%s"), paths[i]);
            s = flow_http(flow_chunk(flow_once(
                said(request, "81:a|01:b|89:c|80:d|88=1000")), 11), site);
            for (int n = 0; n < stop && flow_block(s, &v); n++)
                flow_drop(v);
            flow_site_release(site);
            flow_close(s);
        }
    reports();
}

/* Messages that somebody else reads, and keeps longer than the page lives. */
static flow_stage *lent;

static void lends(flow_gen *self, flow_request *r, void *arg)
{
    lent = flow_answer_websocket(r, arg);
    flow_yield(self, "begun");
    flow_cooperate(self, 5);
}

TEST(messages_may_outlive_their_page)
{
    flow_site *site = flow_site_new(NULL);
    flow_stage *s;
    flow_value v;

    lent = NULL;
    flow_site_add(site, "/", lends, NULL);
    s = flow_http(flow_once(said(BEGINS("/"), "81:a|88=1000")), site);
    while (lent == NULL && flow_block(s, &v))
        flow_drop(v);
    flow_close(s);
    if (lent != NULL)
        expect("", lent);
    flow_site_release(site);
}

TEST(another_flow_may_read_the_messages)
{
    flow_site *site = flow_site_new(NULL);
    flow_deferred *others;
    flow_stage *s;
    flow_value v;

    lent = NULL;
    flow_site_add(site, "/", lends, NULL);
    s = flow_http(flow_generate(say_and_wait, flow_once(
        said(BEGINS("/"), "81:a|81:b|81:c|88=1000")), NULL), site);
    while (lent == NULL && flow_block(s, &v))
        flow_drop(v);
    others = flow_run(flow_collect(lent));
    is_heard("", heard_frames(s));
    CHECK(flow_fired(others));
    v = flow_block_on(others);
    CHECK(v.kind == FLOW_LIST && v.size == 3);
    flow_drop(v);
    flow_site_release(site);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(the_answer_proves_that_the_key_was_understood),
        CASE(lists_of_tokens_are_read_as_lists),
        CASE(what_is_no_request_for_a_websocket_is_told_to_be_one),
        CASE(other_versions_are_told_the_one_that_is_spoken),
        CASE(a_key_is_16_bytes_in_base64),
        CASE(who_asks_for_a_websocket_has_no_body),
        CASE(one_of_the_protocols_is_agreed_on),
        CASE(only_pages_of_the_same_host_may_converse),
        CASE(pages_of_other_hosts_may_be_allowed),
        CASE(a_page_looks_at_its_request_before_it_converses),
        CASE(messages_come_and_go),
        CASE(a_page_may_speak_first),
        CASE(a_page_that_is_over_at_once_has_conversed),
        CASE(what_is_said_before_a_page_has_answered_is_not_lost),
        CASE(every_split_of_a_conversation_means_the_same),
        CASE(every_split_of_the_head_of_a_large_message_means_the_same),
        CASE(a_page_that_is_asked_later_gets_what_came_with_its_request),
        CASE(a_message_is_held_as_it_comes_and_not_as_it_is_announced),
        CASE(a_message_that_is_too_long_is_refused),
        CASE(a_page_gives_messages_of_text_that_is_utf_8_or_bytes),
        CASE(a_peer_that_closes_ends_the_messages),
        CASE(what_comes_after_a_close_frame_is_not_read),
        CASE(a_page_that_fails_tells_the_peer_only_what_it_wants_to),
        CASE(a_connection_that_is_lost_ends_the_messages),
        CASE(a_page_that_does_not_listen_is_closed_when_it_next_speaks),
        CASE(a_page_that_works_when_its_peer_leaves_has_two_seconds),
        CASE(a_page_that_does_not_end_is_closed_after_two_seconds),
        CASE(a_peer_that_does_not_answer_the_end_is_left_after_two_seconds),
        CASE(what_a_peer_says_before_it_agrees_to_the_end_is_thrown_away),
        CASE(a_silent_peer_is_sent_a_ping_and_is_lost_without_an_answer),
        CASE(a_peer_that_answers_pings_stays),
        CASE(a_peer_is_not_lost_while_nobody_listens_to_it),
        CASE(a_site_that_is_drained_goes_away),
        CASE(a_conversation_may_be_closed_at_any_moment),
        CASE(messages_may_outlive_their_page),
        CASE(another_flow_may_read_the_messages),
    };

    return run_tests("websocket", tests, sizeof tests / sizeof *tests);
}
