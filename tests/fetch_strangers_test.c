/* SPDX-License-Identifier: MIT */
/* Fetching from peers that do what they should not. */
#include "fetch_harness.h"

#include <curl/curl.h>
#include <string.h>

/* ---- Peers --------------------------------------------------------------- */
struct said { const char *chars; size_t n; };

/* How much of "\r\n\r\n" has come, when n bytes more have. */
static size_t end_in(size_t come, const char *s, size_t n)
{
    for (size_t i = 0; i < n && come < 4; i++)
        come = s[i] == "\r\n\r\n"[come] ? come + 1 : s[i] == '\r';
    return come;
}

static bool passes_head(flow_gen *self, flow_stage *received)
{
    size_t come = 0, n;
    flow_value v;

    while (come < 4 && flow_next(self, received, &v)) {
        const char *s = flow_chars(&v, &n);

        come = end_in(come, s, n);
        flow_drop(v);
    }
    return come == 4;
}

/* Says that to whoever has asked; nothing of it, and stays. */
static void replies(flow_gen *self, flow_stage *received, void *arg)
{
    const struct said *said = arg;

    if (!passes_head(self, received))
        return;
    if (said->n == 0)
        flow_cooperate(self, 1000);
    else
        flow_yield(self, flow_bytes(said->chars, said->n));
}

static size_t asked;

static flow_stage *peer(flow_stage *received, void *said)
{
    asked++;
    return flow_generate(replies, received, said);
}

static flow_value url_of(int port)
{
    return flow_textf("http://" HERE ":%d/", port);
}

/* Of what such a peer says that is heard. */
static void hears_bytes(const char *wanted, struct said said,
                        const flow_fetch_options *o)
{
    int port;
    flow_deferred *service = serving(peer, &said, &port);

    asked = 0;
    hears_answer(wanted, flow_fetch(url_of(port), o));
    reports();
    served(service);
}

static void hears_with(const char *wanted, const char *said,
                       const flow_fetch_options *o)
{
    hears_bytes(wanted, (struct said){ said, strlen(said) }, o);
}

static void hears_of(const char *wanted, const char *said)
{
    hears_with(wanted, said, NULL);
}

/* The peer sends whoever asks to that page of the site. */
static void hears_of_page(const char *wanted, const struct site *s,
                          const char *page, const flow_fetch_options *o)
{
    char text[128];
    struct said said = { text, 0 };
    int port;
    flow_deferred *service;

    said.n = (size_t)snprintf(text, sizeof text, "HTTP/1.1 302 Found\r\n"
                              "Location: http://" HERE ":%d%s\r\n"
                              "Content-Length: 4\r\n\r\nlost", s->port, page);
    service = serving(peer, &said, &port);
    hears_answer(wanted, flow_fetch(url_of(port), o));
    reports();
    flow_outcome(service);
    flow_release(service);
}

#define OK "HTTP/1.1 200 OK\r\n"

/* ---- Bodies that are not what they should be ----------------------------- */
TEST(a_body_that_is_cut_off_is_a_failure)
{
    hears_of("200 abc!FetchError", OK "Content-Length: 10\r\n\r\nabc");
    hears_of("200 abc!FetchError", OK "Transfer-Encoding: chunked\r\n\r\n"
             "3\r\nabc\r\n");
    hears_of("200 ab!FetchError", OK "Transfer-Encoding: chunked\r\n\r\n"
             "3\r\nab");
}

TEST(chunks_that_are_none_are_a_failure)
{
    hears_of("200 !FetchError", OK "Transfer-Encoding: chunked\r\n\r\n"
             "xyz\r\nabc\r\n0\r\n\r\n");
    hears_of("200 abc!FetchError", OK "Transfer-Encoding: chunked\r\n\r\n"
             "3\r\nabcdef\r\n0\r\n\r\n");
}

TEST(a_body_ends_with_its_connection_if_nothing_else_is_said)
{
    hears_of("200 abc", "HTTP/1.0 200 OK\r\n\r\nabc");
}

TEST(what_follows_a_body_is_not_of_it)
{
    hears_of("200 abc", OK "Content-Length: 3\r\n\r\nabcdef");
    hears_of("200 abc", OK "Transfer-Encoding: chunked\r\n\r\n"
             "3\r\nabc\r\n0\r\nX-Trailer: y\r\n\r\n");
}

TEST(a_body_that_is_too_long_is_a_failure)
{
    hears_with("200 !Limit", OK "Content-Length: 6\r\n\r\nabcdef",
               &(flow_fetch_options){ .longest = 5 });
    hears_with("200 abcdef", OK "Content-Length: 6\r\n\r\nabcdef",
               &(flow_fetch_options){ .longest = 6 });
}

/* ---- Heads --------------------------------------------------------------- */
TEST(what_is_no_http_is_a_failure)
{
    hears_of("!FetchError", "hello\r\n");
    hears_of("!FetchError", "HTTP/1.1 2\r\n\r\n");
}

TEST(a_connection_that_ends_without_an_answer_is_a_failure)
{
    hears_of("!FetchError", OK "Content-Length: 3\r\n");
}

TEST(a_head_that_is_too_long_is_a_failure)
{
    enum { LINES = 2000 };
    static const char line[] = "X-Header: a value that is rather long ...\r\n";
    static char head[sizeof OK + LINES * sizeof line];
    char *to = stpcpy(head, OK);

    for (int n = 0; n < LINES; n++)
        to = stpcpy(to, line);
    hears_of("!Limit", head);
}

TEST(heads_before_the_last_are_not_told)
{
    hears_of("200 abc", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"
             OK "Content-Length: 3\r\n\r\nabc");
}

TEST(a_header_may_go_on_in_another_line)
{
    static const char text[] = OK "X-Long: one\r\n  two\r\n"
        "Content-Length: 0\r\n\r\n";
    struct said said = { text, sizeof text - 1 };
    int port;
    flow_deferred *service = serving(peer, &said, &port);
    flow_stage *answer = flow_fetch(url_of(port), NULL);
    flow_value head;

    if (flow_block(answer, &head)) {
        CHECK(is(flow_fetched_header(&head, "X-Long"), "one two"));
        CHECK(is(flow_fetched_header(&head, "Content-Length"), "0"));
        flow_drop(head);
    }
    flow_close(answer);
    reports();
    served(service);
}

/* ---- Redirects ----------------------------------------------------------- */
TEST(a_redirect_is_followed)
{
    struct site s = site();

    hears_of_page("200 hello", &s, "/hello", NULL);
    leave(&s);
}

TEST(redirects_that_go_round_are_given_up)
{
    hears_of("!FetchError", "HTTP/1.1 302 Found\r\nLocation: /again\r\n"
             "Content-Length: 0\r\n\r\n");
    CHECK(asked == 11);
    hears_with("!FetchError", "HTTP/1.1 302 Found\r\nLocation: /again\r\n"
               "Content-Length: 0\r\n\r\n",
               &(flow_fetch_options){ .redirects = 2 });
    CHECK(asked == 3);
}

TEST(a_redirect_may_be_an_answer)
{
    hears_with("302 look there", "HTTP/1.1 302 Found\r\nLocation: /there\r\n"
               "Content-Length: 10\r\n\r\nlook there",
               &(flow_fetch_options){ .redirects = -1 });
    hears_of("302 nowhere", "HTTP/1.1 302 Found\r\nLocation:\r\n"
             "Content-Length: 7\r\n\r\nnowhere");
    hears_of("304", "HTTP/1.1 304 Not Modified\r\n\r\n");
}

TEST(a_redirect_to_another_protocol_is_a_failure)
{
    hears_of("!FetchError", "HTTP/1.1 302 Found\r\n"
             "Location: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n");
    hears_of("!FetchError", "HTTP/1.1 302 Found\r\n"
             "Location: ftp://" HERE "/\r\nContent-Length: 0\r\n\r\n");
}

TEST(secrets_are_not_told_to_another_host)
{
    static const char *const headers[] = {
        "Cookie: a=b", "Authorization: mine", "User-Agent:", NULL
    };
    struct site s = site();

    hears_of_page("200 GET|||", &s, "/shown", &(flow_fetch_options){
        .headers = headers });
    leave(&s);
}

TEST(an_upload_that_is_wanted_elsewhere_is_a_failure)
{
    static const char text[] = "HTTP/1.1 307 Temporary\r\n"
        "Location: /there\r\nContent-Length: 0\r\n\r\n";
    struct said said = { text, sizeof text - 1 };
    int port;
    flow_deferred *service = serving(peer, &said, &port);

    hears("!FetchError", flow_fetch_body(flow_upload(url_of(port),
        saying("hello"), &(flow_fetch_options){ .length = 5 })));
    reports();
    served(service);
}

/* ---- What is packed ------------------------------------------------------ */
static const char packed[] = OK
    "Content-Encoding: gzip\r\nContent-Length: 39\r\n\r\n"
    "\037\213\010\000\000\000\000\000\002\377\313\110\315\311\311\327\121\050"
    "\110\114\316\116\115\121\050\317\057\312\111\001\000\110\357\056\314\023"
    "\000\000\000";

TEST(what_is_packed_is_unpacked)
{
    struct said said = { packed, sizeof packed - 1 };

    hears_bytes("200 hello, packed world", said, NULL);
}

TEST(what_is_packed_may_stay_so)
{
    struct said said = { packed, sizeof packed - 1 };
    int port;
    flow_deferred *service = serving(peer, &said, &port);
    flow_stage *answer = flow_fetch_body(flow_fetch(url_of(port),
        &(flow_fetch_options){ .packed = true }));
    flow_value v;

    if (flow_block(answer, &v)) {
        CHECK(v.size == 39);
        flow_drop(v);
    }
    flow_close(answer);
    reports();
    served(service);
}

TEST(what_is_packed_wrongly_is_a_failure)
{
    hears_of("200 !FetchError", OK "Content-Encoding: gzip\r\n"
             "Content-Length: 5\r\n\r\nhello");
}

/* A frame of zstd of so many blocks, each of 4 bytes for 131072. */
static struct said bomb(size_t blocks)
{
    static const char block[] = "\002\000\020x";
    static char text[65536];
    char *to = text + snprintf(text, sizeof text, OK
                               "Content-Encoding: zstd\r\n"
                               "Content-Length: %zu\r\n\r\n", 6 + 4 * blocks);

    to = (char *)memcpy(to, "\050\265\057\375\000\070", 6) + 6;
    for (size_t n = 0; n < blocks; n++)
        to = (char *)memcpy(to, block, 4) + 4;
    return (struct said){ text, (size_t)(to - text) };
}

static bool unpacks_zstd(void)
{
    return (curl_version_info(CURLVERSION_NOW)->features
            & CURL_VERSION_ZSTD) != 0;
}

TEST(what_unpacks_to_too_much_is_a_failure)
{
    if (unpacks_zstd())
        hears_bytes("200 !Limit", bomb(1),
                    &(flow_fetch_options){ .longest = 1000 });
}

TEST(what_unpacks_to_too_much_at_once_is_a_failure)
{
    int port;
    struct said said = bomb(2000);              /* 250 MiB                  */
    flow_deferred *service = serving(peer, &said, &port);
    flow_stage *answer = flow_fetch_body(flow_fetch(url_of(port), NULL));
    flow_value v;
    size_t n = 0;

    for (; flow_block(answer, &v); flow_drop(v))
        n += v.size;
    CHECK(!unpacks_zstd() || (n <= 64 << 20 && flow_failure(answer) != NULL
                              && flow_is(flow_failure(answer), FLOW_ELIMIT)));
    flow_close(answer);
    reports();
    served(service);
}

/* ---- Time ---------------------------------------------------------------- */
TEST(a_peer_that_says_nothing_is_given_up)
{
    hears_with("!Timeout", "", &(flow_fetch_options){ .idle = 0.02 });
    hears_with("!Timeout", "", &(flow_fetch_options){ .total = 0.02 });
}

TEST(a_peer_that_says_no_more_is_given_up)
{
    struct site s = site();
    flow_stage *answer = body(&s, "/stuck");
    flow_value v;

    if (flow_block(answer, &v)) {
        CHECK(v.size == 5);
        flow_drop(v);
    }
    time_flies();
    hears("!Timeout", answer);
    reports();
    leave(&s);
}

/* There is more than is read ahead, so some of it is waited for. */
TEST(who_does_not_ask_is_not_idle)
{
    struct site s = site();
    flow_stage *answer = body(&s, "/endless");
    size_t n = 0;
    flow_value v;

    for (; n < 10 * 65536 && flow_block(answer, &v); n += v.size) {
        flow_drop(v);
        time_passes(3600);
    }
    CHECK(n >= 10 * 65536);
    flow_close(answer);
    reports();
    leave(&s);
}

/* ---- Places -------------------------------------------------------------- */
TEST(where_nobody_serves_is_a_failure)
{
    begin_fetching();
    hears("!FetchError", flow_fetch("http://" HERE ":1/", NULL));
    flow_uv_close();
}

TEST(a_name_without_an_address_is_a_failure)
{
    begin_fetching();
    hears("!ResolveError", flow_fetch("http://a-name-that-is-longer-than-the-"
        "sixty-three-letters-which-one-may-have/", NULL));
    flow_uv_close();
}

TEST(a_failure_does_not_tell_the_password)
{
    flow_stage *answer;
    flow_value v;

    begin_fetching();
    answer = flow_fetch("http://anna:secret@" HERE ":1/x", NULL);
    CHECK(!flow_block(answer, &v));
    CHECK(flow_failure(answer) != NULL
          && strstr(flow_message(flow_failure(answer)), "secret") == NULL
          && strstr(flow_message(flow_failure(answer)), HERE ":1/x") != NULL);
    flow_close(answer);
    answer = flow_fetch("http//anna:secret@" HERE "/", NULL);
    CHECK(!flow_block(answer, &v));
    CHECK(flow_failure(answer) != NULL
          && strstr(flow_message(flow_failure(answer)), "secret") == NULL);
    flow_close(answer);
    flow_uv_close();
}

TEST(a_proxy_is_asked_instead)
{
    struct site s = site();
    char proxy[64];

    snprintf(proxy, sizeof proxy, "http://" HERE ":%d", s.port);
    hears("hello", flow_fetch_body(flow_fetch("http://example.invalid/hello",
        &(flow_fetch_options){ .proxy = proxy })));
    leave(&s);
}

/* ---- Closing ------------------------------------------------------------- */
static void runs_turns(int n)
{
    flow_host *h = flow_host_here();

    while (n-- > 0)
        h->turn(h, false);
}

static void ignores(flow_waker *w)
{
    (void)w;
}

/* Asks, lets some turns pass, and closes. */
static void leaves_after(int turns, flow_stage *s)
{
    flow_waker w = { ignores, flow_host_here() };
    flow_value v;

    for (int n = 0; n <= turns; n++) {
        flow_status st = flow_pull(s, &w, &v);

        if (st == FLOW_READY || st == FLOW_FAILED)
            flow_drop(v);
        if (st == FLOW_DONE || st == FLOW_FAILED)
            break;
        runs_turns(1);
    }
    flow_close(s);
    runs_turns(1);
}

TEST(closing_at_any_moment_leaves_nothing)
{
    struct site s = site();

    for (int n = 0; n < 12; n++) {
        leaves_after(n, flow_fetch(at(&s, "/parts"), NULL));
        leaves_after(n, flow_fetch(at(&s, "/endless"), NULL));
        leaves_after(n, flow_upload(at(&s, "/count"), script("a.b.c"), NULL));
        leaves_after(n, flow_fetch("http://" HERE ":1/", NULL));
    }
    reports();
    leave(&s);
}

TEST(a_name_that_is_looked_up_is_not_waited_for)
{
    begin_fetching();
    for (int n = 0; n < 3; n++)
        leaves_after(n, flow_fetch("http://a-name-that-is-longer-than-the-"
            "sixty-three-letters-which-one-may-have/", NULL));
    flow_uv_close();
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_body_that_is_cut_off_is_a_failure),
        CASE(chunks_that_are_none_are_a_failure),
        CASE(a_body_ends_with_its_connection_if_nothing_else_is_said),
        CASE(what_follows_a_body_is_not_of_it),
        CASE(a_body_that_is_too_long_is_a_failure),
        CASE(what_is_no_http_is_a_failure),
        CASE(a_connection_that_ends_without_an_answer_is_a_failure),
        CASE(a_head_that_is_too_long_is_a_failure),
        CASE(heads_before_the_last_are_not_told),
        CASE(a_header_may_go_on_in_another_line),
        CASE(a_redirect_is_followed),
        CASE(redirects_that_go_round_are_given_up),
        CASE(a_redirect_may_be_an_answer),
        CASE(a_redirect_to_another_protocol_is_a_failure),
        CASE(secrets_are_not_told_to_another_host),
        CASE(an_upload_that_is_wanted_elsewhere_is_a_failure),
        CASE(what_is_packed_is_unpacked),
        CASE(what_is_packed_may_stay_so),
        CASE(what_is_packed_wrongly_is_a_failure),
        CASE(what_unpacks_to_too_much_is_a_failure),
        CASE(what_unpacks_to_too_much_at_once_is_a_failure),
        CASE(a_peer_that_says_nothing_is_given_up),
        CASE(a_peer_that_says_no_more_is_given_up),
        CASE(who_does_not_ask_is_not_idle),
        CASE(where_nobody_serves_is_a_failure),
        CASE(a_name_without_an_address_is_a_failure),
        CASE(a_failure_does_not_tell_the_password),
        CASE(a_proxy_is_asked_instead),
        CASE(closing_at_any_moment_leaves_nothing),
        CASE(a_name_that_is_looked_up_is_not_waited_for),
    };

    no_proxy();
    return run_tests("fetch_strangers", tests, sizeof tests / sizeof *tests);
}
