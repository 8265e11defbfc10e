/* SPDX-License-Identifier: MIT */
/* A client of WebSocket, with our own server in memory and with one that says
 * what it likes. */
#include "websockets.h"

#include <stdlib.h>
#include <string.h>

/* As expect, but where memory is lacking on the server's side, its client is
 * told something else. */
static void yields(const char *wanted, flow_stage *s)
{
    char *got = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&got, &size);

    for (flow_value v; flow_block(s, &v); flow_drop(v)) {
        flow_write(to, &v);
        fputc(' ', to);
    }
    if (flow_failure(s) != NULL)
        fprintf(to, "!%s: %s ", flow_class_of(flow_failure(s))->name,
                flow_message(flow_failure(s)));
    flow_close(s);
    fclose(to);
    if (size > 0)
        got[size - 1] = '\0';
    is_heard(wanted, got);
    free(got);
}

static size_t piece;                /* bytes of those on their way; 0: any  */

static flow_stage *pieces_of(flow_value v, void *arg)
{
    (void)arg;
    return flow_chunk(flow_once(v), piece);
}

static flow_stage *cut(flow_stage *s)
{
    return piece > 0 ? flow_flat_map(s, pieces_of, NULL) : s;
}

static flow_stage *dial(flow_stage *sent, void *site)
{
    return cut(flow_http(cut(sent), site));
}

static void hears(const char *wanted, const char *path, flow_stage *sent,
                  const flow_websocket_options *o)
{
    flow_site *site = conversing_pages();
    char url[256];

    snprintf(url, sizeof url, "ws://here%s", path);
    yields(wanted, flow_websocket(url, sent, o, dial, site));
    flow_site_release(site);
}

static flow_stage *words(void)
{
    return flow_list(FLOW_VALUES("one", "", "three"));
}

/* ---- Messages ------------------------------------------------------------ */
TEST(what_is_sent_to_an_echo_comes_back)
{
    hears("one  three", "/echo", words(), NULL);
    hears("hello one  three", "/early", words(), NULL);
}

TEST(text_and_bytes_stay_what_they_are)
{
    flow_site *site = conversing_pages();
    flow_stage *s = flow_websocket("ws://here/echo", flow_list(FLOW_VALUES(
        "text", flow_bytes("bytes", 5))), NULL, dial, site);
    flow_value v = flow_none();

    CHECK(flow_block(s, &v) && v.kind == FLOW_TEXT);
    flow_drop(v);
    v = flow_none();
    CHECK(flow_block(s, &v) && v.kind == FLOW_BYTES);
    flow_drop(v);
    flow_close(s);
    flow_site_release(site);
}

TEST(every_split_of_what_is_on_its_way_means_the_same)
{
    for (piece = 1; piece < 300; piece += 1 + piece / 20)
        hears("one  three", "/echo", words(), NULL);
    piece = 0;
}

TEST(who_only_listens_sends_nothing)
{
    flow_site *site = conversing_pages();

    yields("tick tick tick", flow_take(flow_websocket("ws://here/deaf", NULL,
                                                      NULL, dial, site), 3));
    flow_site_release(site);
}

TEST(one_of_the_protocols_that_are_offered_is_agreed_on)
{
    flow_site *site = conversing_pages();
    flow_stage *s = flow_websocket("ws://here/spoken", NULL,
        &(flow_websocket_options){ .protocols = "three two" }, dial, site);
    flow_value v = flow_none();

    CHECK(strcmp(flow_websocket_protocol(s), "") == 0);
    CHECK(flow_block(s, &v) && v.size == 5);
    flow_drop(v);
    CHECK(strcmp(flow_websocket_protocol(s), "two") == 0);
    flow_close(s);
    s = flow_once(flow_none());
    CHECK(strcmp(flow_websocket_protocol(s), "") == 0);
    flow_close(s);
    flow_site_release(site);
}

/* ---- Ending -------------------------------------------------------------- */
TEST(a_server_that_closes_by_another_code_than_1000_fails)
{
    hears("", "/whole", NULL, NULL);
    hears("!WebSocketError: enough", "/tells", words(), NULL);
    hears("!WebSocketError: ", "/fails", words(), NULL);
    reports();
}

TEST(a_failure_of_what_is_sent_is_one_of_what_is_received)
{
    hears("a !Invalid: scripted", "/echo", script("a!"), NULL);
    hears("!Invalid: a message must be text or bytes", "/echo",
          flow_once(flow_of(1)), NULL);
}

TEST(an_answer_that_is_no_websocket_fails_by_its_status)
{
    hears("!HTTPError: the server has answered 404 and no WebSocket", "/none",
          words(), NULL);
    hears("!HTTPError: the server has answered 401 and no WebSocket",
          "/guarded", words(), NULL);
}

TEST(a_url_says_where_the_page_is)
{
    static const char *const wrong[] = {
        "http://here/echo", "ws:/here", "ws://", "ws:///echo", "",
        "ws://user@here/echo", "ws://here/echo#a", "ws://here/ec ho",
        "ws://here/\r\nX: y", "ws://h\xc3\xa9/"
    };
    flow_site *site = conversing_pages();

    yields("a", flow_websocket("wss://here/echo?b=c", script("a"), NULL, dial,
                               site));
    yields("!HTTPError: the server has answered 404 and no WebSocket",
           flow_websocket("WS://here?b=c", script("a"), NULL, dial, site));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char says[128];

        snprintf(says, sizeof says, "!Invalid: give a URL as ws://host/path, "
                 "not '%s'", wrong[i]);
        yields(says, flow_websocket(wrong[i], script("a"), NULL, dial, site));
    }
    flow_site_release(site);
}

TEST(names_of_protocols_cannot_hold_more)
{
    hears("!Invalid: these are no names of protocols: 'a\r\nX: y'", "/echo",
          script("a"), &(flow_websocket_options){ .protocols = "a\r\nX: y" });
}

static void hears_with(const char *wanted, const char *header)
{
    const char *const headers[] = { "X-First: 1", header, NULL };

    hears(wanted, "/guarded", words(),
          &(flow_websocket_options){ .headers = headers });
}

TEST(headers_go_with_the_request)
{
    hears_with("one  three", "Cookie: key=1");
    hears_with("!HTTPError: the server has answered 401 and no WebSocket",
               "Cookie: lock=1");
    hears_with("!HTTPError: the server has answered 401 and no WebSocket",
               NULL);
}

TEST(headers_cannot_hold_more_nor_be_those_of_the_handshake)
{
    static const char *const no_headers[] = {
        "Cookie", "", ": key=1", "Coo kie: key=1",
        "Cookie: key=1\r\nHost: there", "Cookie: key=1\n"
    }, *const ours[] = {
        "Host", "UPGRADE", "Connection", "Content-Length", "transfer-encoding",
        "Sec-WebSocket-Key", "Sec-WebSocket-Protocol"
    };
    char header[64], says[160];

    for (size_t i = 0; i < sizeof no_headers / sizeof *no_headers; i++) {
        snprintf(says, sizeof says, "!Invalid: give a header as \"Cookie: "
                 "a=b\", not '%s'", no_headers[i]);
        hears_with(says, no_headers[i]);
    }
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        snprintf(header, sizeof header, "%s: x", ours[i]);
        snprintf(says, sizeof says, "!Invalid: the header %s is made by the "
                 "WebSocket itself", ours[i]);
        hears_with(says, header);
    }
}

/* ---- A server that says what it likes ------------------------------------ */
static const char *likes;

/* After an answer that is right. */
static flow_stage *dial_liar(flow_stage *sent, void *site)
{
    return flow_concat(FLOW_STAGES(flow_take(flow_http(sent, site), 1),
                                   flow_skip(flow_chunk(flow_once(
                                       said("", likes)), 2), 1)));
}

static void liar_is_heard(const char *wanted, const char *frames)
{
    flow_site *site = conversing_pages();

    likes = frames;
    yields(wanted, flow_websocket("ws://here/waits", never(), NULL, dial_liar,
                                  site));
    flow_site_release(site);
}

TEST(a_server_that_is_lost_has_not_ended)
{
    liar_is_heard("a !SystemError: the connection of a WebSocket was lost: "
                  "Connection reset by peer", "81-:a");
    liar_is_heard("a", "81-:a|88-=1000");
    liar_is_heard("a", "81-:a|88-=1001");
    liar_is_heard("a", "81-:a|88-");
}

TEST(pings_that_cannot_be_answered_are_not_gathered)
{
    liar_is_heard("a", "89-*100:x|89-*100:y|81-:a|89-*100:z|88-=1000");
}

TEST(a_server_that_breaks_the_rules_is_told_which)
{
    liar_is_heard("a !WebSocketError: a frame is masked", "81-:a|81:b");
    liar_is_heard("!WebSocketError: a text is not UTF-8", "81-:\xff");
    liar_is_heard("!WebSocketError: a reserved bit is set", "c1-:a");
    liar_is_heard("!WebSocketError: there is no such code to close",
                  "88-=1005");
    liar_is_heard("!WebSocketError: the message is too long",
                  "82->1048577:");
}

static flow_stage *dial_answer(flow_stage *sent, void *answer)
{
    flow_close(sent);
    return flow_once(flow_of((const char *)answer));
}

static void answer_is_refused(const char *wanted, const char *answer)
{
    yields(wanted, flow_websocket("ws://here/", never(), NULL, dial_answer,
                                  (void *)answer));
}

#define NOT_UNDERSTOOD                                                       \
    "!Format: the server has not understood what a WebSocket is"
#define UPGRADED                                                             \
    "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"

TEST(only_the_right_answer_is_believed)
{
    answer_is_refused(NOT_UNDERSTOOD, UPGRADED "\r\n");
    answer_is_refused(NOT_UNDERSTOOD, UPGRADED "Sec-WebSocket-Accept: "
                      "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    answer_is_refused("!HTTPError: the server has answered 200 and no "
                      "WebSocket", "HTTP/1.1 200 OK\r\n"
                      "Content-Length: 3\r\n\r\nabc");
    answer_is_refused("!Format: the server's answer is malformed: a line must "
                      "end with CR LF, and these be nowhere else",
                      "HTTP/1.1 101 OK\nUpgrade: websocket\n\n");
    answer_is_refused("!SystemError: the connection of a WebSocket was lost: "
                      "Connection reset by peer", "HTTP/1.1 101 O");
}

static flow_stage *with_more(flow_stage *s, const char *header)
{
    return flow_concat(FLOW_STAGES(flow_once(flow_of(header)), s));
}

/* Puts a header behind the status line, which is of a fixed size. */
static flow_stage *dial_talker(flow_stage *sent, void *site)
{
    flow_stage *parts[2];

    flow_tee(flow_join(flow_take(flow_http(sent, site), 1), 4096), 2, parts, 2);
    return flow_concat(FLOW_STAGES(
        flow_take(flow_chunk(parts[0], 34), 1),
        with_more(flow_skip(flow_chunk(parts[1], 34), 1), likes)));
}

static void talker_is_refused(const char *header)
{
    flow_site *site = conversing_pages();

    likes = header;
    yields("!Format: the server speaks what it was not offered",
           flow_websocket("ws://here/waits", never(),
                          &(flow_websocket_options){ .protocols = "a b" },
                          dial_talker, site));
    flow_site_release(site);
}

TEST(what_was_not_offered_is_refused)
{
    talker_is_refused("Sec-WebSocket-Extensions: permessage-deflate\r\n");
    talker_is_refused("Sec-WebSocket-Protocol: c\r\n");
    talker_is_refused("Sec-WebSocket-Protocol: A\r\n");
    talker_is_refused("Sec-WebSocket-Protocol: a, b\r\n");
}

/* ---- Time ---------------------------------------------------------------- */
static flow_stage *dial_silent(flow_stage *sent, void *site)
{
    return flow_concat(FLOW_STAGES(flow_take(flow_http(sent, site), 1),
                                   never()));
}

TEST(a_silent_server_is_lost)
{
    flow_site *site = conversing_pages();
    double begin = flow_now();

    yields("!SystemError: the connection of a WebSocket was lost: Connection "
           "reset by peer",
           flow_websocket("ws://here/waits", never(),
                          &(flow_websocket_options){ .idle = 10 },
                          dial_silent, site));
    CHECK(flow_now() - begin >= 9.999 && flow_now() - begin <= 10.001);
    flow_site_release(site);
}

/* A server that has agreed hears all, and speaks each second, but never closes.
 */
static void tick_on(flow_gen *self, flow_stage *both, void *arg)
{
    (void)arg;
    for (flow_value v; flow_next(self, both, &v); flow_drop(v))
        if (v.kind == FLOW_INT)
            flow_yield(self, flow_bytes("\x81\x04tick", 6));
}

static flow_stage *dial_ticking(flow_stage *sent, void *site)
{
    flow_stage *parts[2];

    flow_tee(sent, 64, parts, 2);
    return flow_concat(FLOW_STAGES(
        flow_take(flow_http(parts[0], site), 1),
        flow_generate(tick_on, flow_merge(FLOW_STAGES(parts[1],
                                                      flow_ticks(1))), NULL)));
}

static flow_stage *from_ticking(flow_site *site, flow_stage *sent)
{
    return flow_websocket("ws://here/waits", sent, NULL, dial_ticking, site);
}

TEST(a_server_is_not_waited_for_when_what_is_sent_fails)
{
    flow_site *site = conversing_pages();
    double begin = flow_now();

    yields("tick tick !Invalid: scripted", from_ticking(site, script("__.!")));
    CHECK(flow_now() - begin >= 3.999 && flow_now() - begin <= 4.001);
    flow_site_release(site);
}

TEST(what_a_server_says_before_it_agrees_to_the_end_is_received)
{
    flow_site *site = conversing_pages();

    yields("tick tick tick", flow_take(from_ticking(site, script("a")), 3));
    flow_site_release(site);
}

/* A server that has agreed, and then only hears. */
static size_t pings;

static void count_pings(flow_gen *self, flow_stage *bytes, void *arg)
{
    (void)arg;
    for (flow_value v; flow_next(self, bytes, &v); flow_drop(v))
        pings += v.size > 0 && *flow_chars(&v, NULL) == '\x89';
}

static flow_stage *dial_counting(flow_stage *sent, void *site)
{
    flow_stage *parts[2];

    pings = 0;
    flow_tee(sent, 64, parts, 2);
    return flow_concat(FLOW_STAGES(
        flow_take(flow_http(parts[0], site), 1),
        flow_generate(count_pings, parts[1], NULL)));
}

static void sends_pings(size_t wanted, flow_stage *sent)
{
    flow_site *site = conversing_pages();

    yields("!SystemError: the connection of a WebSocket was lost: Connection "
           "reset by peer", flow_websocket("ws://here/waits", sent, NULL,
                                           dial_counting, site));
    CHECK(pings == wanted);
    flow_site_release(site);
}

TEST(a_client_that_has_said_its_last_sends_no_pings)
{
    sends_pings(1, never());
    sends_pings(0, script("a"));
}

TEST(pings_are_answered_both_ways)
{
    flow_site *site = conversing_pages();
    flow_websocket_options o = { .idle = 10 };
    double begin = flow_now();

    /* The page's own idle is 60. */
    yields("", flow_websocket("ws://here/waits", flow_concat(FLOW_STAGES(
        flow_skip(flow_take(flow_ticks(200), 1), 1), flow_list(NULL, 0))), &o,
        dial, site));
    CHECK(flow_now() - begin >= 199.999 && flow_now() - begin <= 203);
    flow_site_release(site);
}

/* ---- Closing ------------------------------------------------------------- */
TEST(a_client_may_be_closed_at_any_moment)
{
    for (int stop = 0; stop < 5; stop++) {
        flow_site *site = conversing_pages();
        flow_stage *s = flow_websocket("ws://here/echo", words(), NULL, dial,
                                       site);
        flow_value v;

        for (int n = 0; n < stop && flow_block(s, &v); n++)
            flow_drop(v);
        flow_site_release(site);
        flow_close(s);
    }
}

int main(void)
{
    static const struct test tests[] = {
        CASE(what_is_sent_to_an_echo_comes_back),
        CASE(text_and_bytes_stay_what_they_are),
        CASE(every_split_of_what_is_on_its_way_means_the_same),
        CASE(who_only_listens_sends_nothing),
        CASE(one_of_the_protocols_that_are_offered_is_agreed_on),
        CASE(a_server_that_closes_by_another_code_than_1000_fails),
        CASE(a_failure_of_what_is_sent_is_one_of_what_is_received),
        CASE(an_answer_that_is_no_websocket_fails_by_its_status),
        CASE(a_url_says_where_the_page_is),
        CASE(names_of_protocols_cannot_hold_more),
        CASE(headers_go_with_the_request),
        CASE(headers_cannot_hold_more_nor_be_those_of_the_handshake),
        CASE(a_server_that_is_lost_has_not_ended),
        CASE(pings_that_cannot_be_answered_are_not_gathered),
        CASE(a_server_that_breaks_the_rules_is_told_which),
        CASE(only_the_right_answer_is_believed),
        CASE(what_was_not_offered_is_refused),
        CASE(a_silent_server_is_lost),
        CASE(a_server_is_not_waited_for_when_what_is_sent_fails),
        CASE(what_a_server_says_before_it_agrees_to_the_end_is_received),
        CASE(a_client_that_has_said_its_last_sends_no_pings),
        CASE(pings_are_answered_both_ways),
        CASE(a_client_may_be_closed_at_any_moment),
    };

    return run_tests("websocket_client", tests, sizeof tests / sizeof *tests);
}
