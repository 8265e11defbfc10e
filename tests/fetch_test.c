/* SPDX-License-Identifier: MIT */
/* Fetching from a site of our own, in the same loop. */
#include "fetch_harness.h"

#include <string.h>

/* ---- Answers ------------------------------------------------------------- */
TEST(an_answer_is_its_head_and_then_its_body)
{
    struct site s = site();
    flow_stage *answer = flow_fetch(at(&s, "/hello"), NULL);
    flow_value head, piece;

    if (flow_block(answer, &head)) {
        CHECK(flow_fetched_status(&head) == 200);
        CHECK(is(flow_fetched_header(&head, "content-LENGTH"), "5"));
        CHECK(is(flow_fetched_header(&head, "Content-Type"),
                 "text/html; charset=utf-8"));
        CHECK(flow_fetched_header(&head, "Content") == NULL);
        CHECK(ends_with(flow_fetched_url(&head), "/hello"));
        flow_drop(head);
    }
    if (flow_block(answer, &piece)) {
        CHECK(piece.kind == FLOW_BYTES && piece.size == 5);
        flow_drop(piece);
    }
    CHECK(!flow_block(answer, &piece) && flow_failure(answer) == NULL);
    flow_close(answer);
    leave(&s);
}

TEST(a_head_is_read_line_by_line)
{
    struct site s = site();
    flow_stage *answer = flow_fetch(at(&s, "/headers?v=x"), NULL);
    flow_value head;
    const char *line;
    size_t n = 0;

    if (flow_block(answer, &head)) {
        while ((line = flow_fetched_line(&head, n)) != NULL) {
            CHECK(strchr(line, ':') != NULL);
            n++;
        }
        CHECK(n >= 3);
        flow_drop(head);
    }
    flow_close(answer);
    leave(&s);
}

TEST(what_is_no_head_has_nothing_of_one)
{
    flow_value v = flow_int(3);

    MUST(flow_fetched_status(&v) == 0);
    MUST(flow_fetched_header(&v, "a") == NULL);
    MUST(flow_fetched_line(&v, 0) == NULL);
    MUST(flow_fetched_url(&v) == NULL);
}

TEST(a_body_that_grows_comes_whole)
{
    struct site s = site();

    hears("onetwothree", body(&s, "/parts"));
    leave(&s);
}

TEST(an_answer_without_a_body_is_a_head)
{
    struct site s = site();

    hears_answer("204", flow_fetch(at(&s, "/none"), NULL));
    hears_answer("200", flow_fetch(at(&s, "/hello"), &(flow_fetch_options){
        .method = "HEAD" }));
    leave(&s);
}

TEST(a_status_that_refuses_is_an_answer)
{
    struct site s = site();

    hears_answer("418 418 Other\nshort and stout\n",
                 flow_fetch(at(&s, "/teapot"), NULL));
    leave(&s);
}

TEST(the_body_of_what_is_refused_is_a_failure)
{
    struct site s = site();
    flow_stage *page = body(&s, "/no");
    flow_value v;

    CHECK(!flow_block(page, &v));
    CHECK(flow_failure(page) != NULL
          && flow_is(flow_failure(page), FLOW_ESTATUS)
          && flow_is(flow_failure(page), FLOW_EFETCH)
          && flow_code(flow_failure(page)) == 404
          && ends_with(flow_message(flow_failure(page)), "status 404"));
    flow_close(page);
    leave(&s);
}

static int times;

static void busy_at_first(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    if (++times < 3)
        flow_fail(self, FLOW_EHTTP, 503, "later");
    else
        flow_yield(self, "now");
}

static flow_stage *tried(void *site)
{
    return flow_fetch_body(flow_upload(at(site, "/busy"), script("ab"), NULL));
}

static flow_stage *tried_in_vain(void *site)
{
    times++;
    return body(site, "/no");
}

TEST(a_peer_with_too_much_to_do_may_be_asked_once_more)
{
    struct site s = site();

    times = 0;
    flow_site_add(s.site, "POST /busy", busy_at_first, NULL);
    hears("now", flow_retry(tried, &s, FLOW_EBUSY, 5, 0.001));
    CHECK(times == 3);
    times = 0;
    hears("!StatusError", flow_retry(tried_in_vain, &s, FLOW_EBUSY, 5, 0.001));
    CHECK(times == 1);
    leave(&s);
}

TEST(a_body_is_made_of_an_answer_only)
{
    expect("!Invalid: flow_fetch_body reads what flow_fetch has made, from its "
           "begin", flow_fetch_body(numbers(2)));
}

TEST(a_body_of_nothing_fails)
{
    expect("!Invalid: asked a stage that is NULL", flow_fetch_body(NULL));
}

/* ---- What is asked ------------------------------------------------------- */
TEST(a_url_is_a_value_too)
{
    struct site s = site();

    hears("<x>", flow_fetch_body(flow_fetch(at(&s, "/echo?a=x"), NULL)));
    leave(&s);
}

TEST(headers_and_a_method_are_sent)
{
    static const char *const headers[] = {
        "Cookie: a=b", "X-Empty:", "User-Agent: me", NULL
    };
    struct site s = site();

    hears("PATCH|b||me", flow_fetch_body(flow_fetch(at(&s, "/shown"),
        &(flow_fetch_options){ .method = "PATCH", .headers = headers })));
    leave(&s);
}

TEST(a_user_and_a_password_stand_in_the_url)
{
    struct site s = site();
    flow_stage *answer = flow_fetch(flow_textf("http://anna:secret@" HERE
                                               ":%d/secret", s.port), NULL);
    flow_value head;

    if (flow_block(answer, &head)) {
        CHECK(flow_fetched_status(&head) == 200);
        CHECK(strstr(flow_fetched_url(&head), "secret@") == NULL);
        flow_drop(head);
    }
    flow_close(answer);
    leave(&s);
}

/* ---- Uploads ------------------------------------------------------------- */
/* What a page that counts says of it; length 0: it is not said before. */
static flow_stage *uploaded(const struct site *s, flow_stage *sent,
                            size_t length)
{
    return flow_fetch_body(flow_upload(at(s, "/count"), sent,
        &(flow_fetch_options){ .length = length }));
}

TEST(an_upload_of_unknown_length_goes_in_chunks)
{
    struct site s = site();

    hears("6 bytes", uploaded(&s, script("ab.c..def"), 0));
    leave(&s);
}

TEST(an_upload_has_the_length_that_is_said)
{
    struct site s = site();

    hears("3 bytes", uploaded(&s, script("a.bc"), 3));
    leave(&s);
}

TEST(an_upload_of_another_length_fails)
{
    struct site s = site();

    hears("!Invalid", uploaded(&s, script("abc"), 2));
    hears("!Invalid", uploaded(&s, script("a.b"), 3));
    reports();
    leave(&s);
}

TEST(a_failure_of_what_is_uploaded_is_that_of_the_answer)
{
    struct site s = site();

    hears("!Invalid", uploaded(&s, script("a.b!"), 0));
    hears("!Invalid", uploaded(&s, numbers(3), 0));
    reports();
    leave(&s);
}

TEST(an_upload_may_be_empty)
{
    struct site s = site();

    hears("0 bytes", uploaded(&s, script(""), 0));
    hears("0 bytes", flow_fetch_body(flow_fetch(at(&s, "/count"),
        &(flow_fetch_options){ .method = "POST" })));
    leave(&s);
}

static void many_bytes(flow_gen *self, flow_stage *source, void *arg)
{
    enum { PIECE = 10000, PIECES = 100 };
    char *chars;
    flow_value piece = flow_buffer(PIECE, &chars);

    (void)source;
    (void)arg;
    if (chars != NULL)
        memset(chars, 'x', PIECE);
    for (int n = 0; n < PIECES && flow_yield(self, flow_share(piece)); n++)
        ;
    flow_drop(piece);
}

TEST(a_long_upload_is_taken_as_the_peer_takes_it)
{
    struct site s = site();

    hears("1000000 bytes", uploaded(&s, flow_generate(many_bytes, NULL, NULL),
                                    0));
    leave(&s);
}

/* ---- What is wrong from the beginning ------------------------------------ */
TEST(what_is_no_url_fails)
{
    begin_fetching();
    hears("!Invalid", flow_fetch("example.org", NULL));
    hears("!Invalid", flow_fetch("", NULL));
    hears("!Invalid", flow_fetch(3, NULL));
    flow_uv_close();
}

TEST(other_protocols_are_not_spoken)
{
    begin_fetching();
    hears("!FetchError", flow_fetch("file:///etc/passwd", NULL));
    hears("!FetchError", flow_fetch("ftp://" HERE "/", NULL));
    flow_uv_close();
}

/* Nothing is sent to s, and the error has no control but a tab. */
static void refuses(const struct site *s, const char *words, flow_stage *answer)
{
    const flow_value *failure;
    flow_value v;

    CHECK(!flow_block(answer, &v));
    failure = flow_failure(answer);
    CHECK(failure != NULL && flow_is(failure, FLOW_EINVAL)
          && strstr(flow_message(failure), words) != NULL);
    for (const char *c = failure != NULL ? flow_message(failure) : "";
         *c != '\0'; c++)
        CHECK((*c >= ' ' && *c <= '~') || *c == '\t');
    CHECK(connections_made() == 0 && s->port > 0);
    flow_close(answer);
}

static void refuses_header(const struct site *s, const char *words,
                           const char *header)
{
    const char *const headers[] = { "Accept: text/html", header, NULL };

    refuses(s, words, flow_fetch(at(s, "/hello"), &(flow_fetch_options){
        .headers = headers }));
    refuses(s, words, flow_upload(at(s, "/count"), script("a"),
        &(flow_fetch_options){ .headers = headers }));
}

TEST(headers_that_cannot_be_said_are_not_sent)
{
    struct site s = site();

    refuses_header(&s, "0x0D at 4", "a: b\r\nc: d");
    refuses_header(&s, "0x0A at 4", "a: b\nc: d");
    refuses_header(&s, "0x0D at 4", "a: b\r");
    refuses_header(&s, "0x0A at 1", "a\nb: c");
    refuses_header(&s, "0x0D at 0", "\r\nGET / HTTP/1.1");
    refuses_header(&s, "0x01 at 3", "a: \001");
    refuses_header(&s, "0x7F at 3", "a: \177");
    refuses_header(&s, "'a b' is no name", "a b: c");
    refuses_header(&s, "'a ' is no name", "a : c");
    refuses_header(&s, "is no name", "a\tb: c");
    refuses_header(&s, "is no name", ": c");
    refuses_header(&s, "is no name", "no header");
    refuses_header(&s, "is no name", "no;");
    refuses_header(&s, "is no name", "");
    refuses_header(&s, "`length`", "Content-Length: 3");
    refuses_header(&s, "`length`", "transfer-encoding: chunked");
    leave(&s);
}

static void refuses_method(const struct site *s, const char *words,
                           const char *method)
{
    flow_fetch_options o = { .method = method };

    refuses(s, words, flow_fetch(at(s, "/hello"), &o));
    refuses(s, words, flow_upload(at(s, "/count"), script("a"), &o));
}

TEST(methods_that_cannot_be_said_are_not_sent)
{
    struct site s = site();

    refuses_method(&s, "0x0D at 14", "GET / HTTP/1.1\r\nX: y");
    refuses_method(&s, "0x0A at 3", "GET\n");
    refuses_method(&s, "0x01 at 0", "\001GET");
    refuses_method(&s, "'G T' is no method", "G T");
    refuses_method(&s, "'' is no method", "");
    leave(&s);
}

/* As a value, and as a C string. */
static void refuses_url(const struct site *s, const char *words,
                        const char *path)
{
    flow_value url = at(s, path);
    char text[256];

    snprintf(text, sizeof text, "%.*s", (int)url.size,
             url.kind == FLOW_TEXT ? flow_chars(&url, NULL) : "");
    refuses(s, words, flow_fetch(url, NULL));
    refuses(s, words, flow_fetch(text, NULL));
    refuses(s, words, flow_upload(text, script("a"), NULL));
    refuses(s, words, flow_fetch("http://" HERE ":1/", &(flow_fetch_options){
        .proxy = text }));
}

TEST(urls_that_cannot_be_said_are_not_sent)
{
    struct site s = site();

    refuses_url(&s, "%0D", "/hello\r\nX: y");
    refuses_url(&s, "%0A", "/hello?\nX: y");
    refuses_url(&s, "%20", "/hello HTTP/1.1");
    refuses_url(&s, "%09", "/hello?\t");
    refuses_url(&s, "%7F", "/\177");
    refuses_url(&s, "%C3", "/\303\244");
    refuses_url(&s, "%0A", "/#\n");
    refuses(&s, "0x0D at 11", flow_fetch("http://a:b@\r\n" HERE "/", NULL));
    refuses(&s, "0x0A at 8", flow_fetch("http://a\n:b@" HERE "/", NULL));
    refuses(&s, "0x20 at 0", flow_fetch(" http://" HERE "/", NULL));
    refuses(&s, "byte 0", flow_fetch(flow_text("http://a/\0b", 11), NULL));
    leave(&s);
}

TEST(without_libuv_it_fails)
{
    expect("!Invalid: the host of this thread is not one of libuv: call "
           "flow_host_use(flow_uv_host())",
           flow_fetch("http://" HERE "/", NULL));
}

TEST(an_upload_that_cannot_be_made_closes_what_it_got)
{
    int closed = 0;

    flow_close(flow_upload("nowhere", watched_script("a", &closed), NULL));
    CHECK(closed == 1);
}

/* ---- Closing ------------------------------------------------------------- */
TEST(what_is_closed_before_it_is_asked_was_never_fetched)
{
    begin_fetching();
    flow_close(flow_fetch("http://" HERE ":1/", NULL));
    flow_uv_close();
}

TEST(closing_breaks_off_one_answer_alone)
{
    struct site s = site();
    flow_stage *one = body(&s, "/endless"), *other = body(&s, "/parts");
    flow_value v;

    if (flow_block(one, &v))
        flow_drop(v);
    if (flow_block(other, &v))
        flow_drop(v);
    flow_close(one);
    hears("twothree", other);
    reports();
    leave(&s);
}

TEST(a_host_that_is_closed_too_early_fails_what_is_open)
{
    struct site s = site();
    flow_stage *answer = body(&s, "/endless");
    flow_value v;

    if (flow_block(answer, &v))
        flow_drop(v);
    flow_outcome(s.service);
    flow_release(s.service);
    flow_site_release(s.site);
    flow_uv_close();
    reports();
    flow_close(answer);
}

/* The connection is kept, and does not keep the loop. */
TEST(a_loop_ends_when_all_is_fetched)
{
    struct site s = site();

    hears("hello", body(&s, "/hello"));
    flow_drain(s.service, 0);
    flow_loop();
    flow_outcome(s.service);
    flow_release(s.service);
    flow_site_release(s.site);
    reports();
    flow_uv_close();
}

/* ---- Backpressure -------------------------------------------------------- */
TEST(an_answer_that_is_not_read_stops_its_page)
{
    struct site s = site();
    flow_stage *page = body(&s, "/endless");
    size_t before;
    flow_value v;

    if (flow_block(page, &v))
        flow_drop(v);
    run_for(0.05, NULL);
    before = endless_given();
    CHECK(before > 0 && before < ENDLESS_MOST);
    while (endless_given() == before && flow_block(page, &v))
        flow_drop(v);
    CHECK(endless_given() > before);
    flow_close(page);
    reports();
    leave(&s);
}

/* ---- Connections --------------------------------------------------------- */
TEST(connections_are_kept_and_used_again)
{
    struct site s = site();

    hears("hello", body(&s, "/hello"));
    hears("onetwothree", body(&s, "/parts"));
    hears("6 bytes", uploaded(&s, script("abcdef"), 6));
    CHECK(connections_made() == 1);
    leave(&s);
}

static bool fetches(int port)
{
    struct site s = { .port = port };
    flow_value all;
    bool whole;

    flow_host_use(flow_uv_host());
    all = flow_block_all(body(&s, "/parts"));
    whole = all.kind == FLOW_LIST;
    flow_drop(all);
    flow_uv_close();
    flow_host_use(NULL);
    return whole;
}

TEST(each_thread_has_connections_of_its_own)
{
    struct site s = site();

    hears("hello", body(&s, "/hello"));
    CHECK(with_peer(fetches, s.port));
    CHECK(connections_made() == 2);
    leave(&s);
}

/* ---- Many ---------------------------------------------------------------- */
static flow_stage *one_of_many(flow_value n, void *site)
{
    (void)n;
    return flow_collect(body(site, "/parts"));
}

TEST(two_hundred_are_fetched_at_once_over_few_connections)
{
    struct site s = site();
    flow_stage *all = flow_parallel_unordered(numbers(200), 200, one_of_many,
                                              &s);
    flow_value v;
    size_t n = 0;

    for (; flow_block(all, &v); n++)
        flow_drop(v);
    CHECK(n == 200);
    CHECK(flow_failure(all) == NULL);
    CHECK(connections_made() <= 6);
    flow_close(all);
    reports();
    leave(&s);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(an_answer_is_its_head_and_then_its_body),
        CASE(a_head_is_read_line_by_line),
        CASE(what_is_no_head_has_nothing_of_one),
        CASE(a_body_that_grows_comes_whole),
        CASE(an_answer_without_a_body_is_a_head),
        CASE(a_status_that_refuses_is_an_answer),
        CASE(the_body_of_what_is_refused_is_a_failure),
        CASE(a_peer_with_too_much_to_do_may_be_asked_once_more),
        CASE(a_body_is_made_of_an_answer_only),
        CASE(a_body_of_nothing_fails),
        CASE(a_url_is_a_value_too),
        CASE(headers_and_a_method_are_sent),
        CASE(a_user_and_a_password_stand_in_the_url),
        CASE(an_upload_of_unknown_length_goes_in_chunks),
        CASE(an_upload_has_the_length_that_is_said),
        CASE(an_upload_of_another_length_fails),
        CASE(a_failure_of_what_is_uploaded_is_that_of_the_answer),
        CASE(an_upload_may_be_empty),
        CASE(a_long_upload_is_taken_as_the_peer_takes_it),
        CASE(what_is_no_url_fails),
        CASE(other_protocols_are_not_spoken),
        CASE(headers_that_cannot_be_said_are_not_sent),
        CASE(methods_that_cannot_be_said_are_not_sent),
        CASE(urls_that_cannot_be_said_are_not_sent),
        CASE(without_libuv_it_fails),
        CASE(an_upload_that_cannot_be_made_closes_what_it_got),
        CASE(what_is_closed_before_it_is_asked_was_never_fetched),
        CASE(closing_breaks_off_one_answer_alone),
        CASE(a_host_that_is_closed_too_early_fails_what_is_open),
        CASE(a_loop_ends_when_all_is_fetched),
        CASE(an_answer_that_is_not_read_stops_its_page),
        CASE(connections_are_kept_and_used_again),
        CASE(each_thread_has_connections_of_its_own),
        CASE(two_hundred_are_fetched_at_once_over_few_connections),
    };

    no_proxy();
    return run_tests("fetch", tests, sizeof tests / sizeof *tests);
}
