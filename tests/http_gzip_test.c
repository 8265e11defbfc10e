/* SPDX-License-Identifier: MIT */
/* Answers that are compressed: which, for whom, and that zlib reads them. */
#include "http_pages.h"

#include "http/coding.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { ROOM = 1000000 };

/* ---- What the client makes of it ----------------------------------------- */
static struct {
    char raw[ROOM];             /* as it came                               */
    size_t size;
    char head[2048];            /* its lines end with '|'                   */
    char packed[ROOM];          /* the body, of its chunks or to the end    */
    size_t packed_size;
    char text[ROOM];
    size_t text_size;
    bool whole, failed;
} got;

static bool says(const char *header)
{
    return strstr(got.head, header) != NULL;
}

/* Behind the head. */
static const char *read_head(void)
{
    const char *end = strstr(got.raw, "\r\n\r\n");
    size_t n = 0;

    if (end == NULL)
        return NULL;
    for (const char *s = got.raw; s < end && n + 2 < sizeof got.head; s++)
        if (*s != '\r')
            got.head[n++] = *s == '\n' ? '|' : *s;
    got.head[n] = '|';
    got.head[n + 1] = '\0';
    return end + 4;
}

static void read_chunks(const char *s, const char *end)
{
    char *behind;

    while (s < end) {
        size_t n = strtoul(s, &behind, 16);

        got.whole = n == 0;
        if (behind + 2 + n + 2 > end || n == 0)
            return;
        memcpy(got.packed + got.packed_size, behind + 2, n);
        got.packed_size += n;
        s = behind + 2 + n + 2;
    }
}

/* As far as it goes. */
static void inflate_text(void)
{
    z_stream z = {
        .next_in = (unsigned char *)got.packed,
        .avail_in = (unsigned)got.packed_size,
        .next_out = (unsigned char *)got.text, .avail_out = ROOM
    };

    MUST(inflateInit2(&z, 16 + 15) == Z_OK);
    got.whole = inflate(&z, Z_SYNC_FLUSH) == Z_STREAM_END && got.whole;
    got.text_size = ROOM - z.avail_out;
    inflateEnd(&z);
}

static void read_answer(void)
{
    const char *body = read_head(), *end = got.raw + got.size;

    got.packed_size = got.text_size = 0;
    got.whole = false;
    if (body == NULL)
        return;
    if (says("|Transfer-Encoding: chunked|")) {
        read_chunks(body, end);
    } else {
        got.packed_size = (size_t)(end - body);
        memcpy(got.packed, body, got.packed_size);
        got.whole = true;
    }
    if (says("|Content-Encoding: gzip|")) {
        inflate_text();
    } else {
        got.text_size = got.packed_size;
        memcpy(got.text, got.packed, got.packed_size);
    }
}

static void take(flow_value v)
{
    size_t n;
    const char *chars = flow_chars(&v, &n);

    MUST(got.size + n < ROOM);
    memcpy(got.raw + got.size, chars, n);
    got.size += n;
    got.raw[got.size] = '\0';
    flow_drop(v);
}

/* ---- Pages --------------------------------------------------------------- */
static const char *name, *value;            /* a header; NULL: none         */
static int status;
static size_t size;                         /* of the page                  */
static flow_site_options site_options;

/* Not the same over and over. */
static char letter(size_t at)
{
    return "abcdefghijklmnop"[(at * at / 7 + at / 50) % 16];
}

static flow_value letters(size_t from, size_t n)
{
    char *to;
    flow_value v = flow_buffer(n, &to);

    for (size_t i = 0; to != NULL && i < n; i++)
        to[i] = letter(from + i);
    if (to != NULL)
        v.kind = FLOW_TEXT;
    return v;
}

static void say_header(flow_request *r)
{
    if (status != 0)
        flow_answer_status(r, status);
    if (name != NULL)
        flow_answer_header(r, name, "%s", value);
}

static void whole(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    say_header(r);
    flow_yield(self, letters(0, size));
}

static void untyped(flow_gen *self, flow_request *r, void *arg)
{
    flow_value text = letters(0, size);

    (void)arg;
    say_header(r);
    if (text.kind == FLOW_TEXT)
        text.kind = FLOW_BYTES;
    flow_yield(self, text);
}

static void pieces(flow_gen *self, flow_request *r, void *arg)
{
    size_t at = 0, n = 1;

    (void)arg;
    say_header(r);
    for (; at < size; at += n, n = 3 * n % 30000 + 1)
        if (!flow_yield(self, letters(at, at + n < size ? n : size - at)))
            return;
}

static void grows(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    say_header(r);
    if (flow_yield(self, "one ") && flow_cooperate(self, 1)
        && flow_yield(self, "two ") && flow_yield(self, "three ")
        && flow_cooperate(self, 1) && flow_cooperate(self, 1))
        flow_yield(self, "four");
}

static void breaks(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    flow_yield(self, "one ");
    flow_cooperate(self, 1);
    flow_fail(self, FLOW_EFORMAT, 0, "a secret");
}

static flow_stage *answer_to(const char *request, flow_site **site)
{
    got.raw[0] = got.head[0] = '\0';
    got.size = 0;
    *site = flow_site_new(&site_options);
    flow_site_add(*site, "/whole", whole, NULL);
    flow_site_add(*site, "/bytes", untyped, NULL);
    flow_site_add(*site, "/pieces", pieces, NULL);
    flow_site_add(*site, "/grows", grows, NULL);
    flow_site_add(*site, "/breaks", breaks, NULL);
    return flow_http(flow_once(flow_literal(request)), *site);
}

static void ask(const char *request)
{
    flow_site *site;
    flow_stage *s = answer_to(request, &site);

    for (flow_value v; flow_block(s, &v);)
        take(v);
    got.failed = flow_failure(s) != NULL;
    flow_close(s);
    flow_site_release(site);
    read_answer();
}

#define HOST " HTTP/1.1\r\nHost: here\r\n"
#define ASK(path) ask("GET " path HOST "Accept-Encoding: gzip\r\n\r\n")

static void page_is(size_t n, const char *header, const char *is)
{
    size = n;
    name = header;
    value = is;
    status = 0;
    site_options = (flow_site_options){ 0 };
}

/* All of it has come, and nothing else. */
static bool is_the_page(void)
{
    for (size_t i = 0; i < got.text_size; i++)
        if (got.text[i] != letter(i))
            return false;
    return got.text_size == size && got.whole;
}

static bool is_compressed(void)
{
    return says("|Content-Encoding: gzip|") && is_the_page();
}

static bool is_plain(void)
{
    return !says("|Content-Encoding:") && is_the_page();
}

/* ---- Which answers ------------------------------------------------------- */
TEST(a_long_text_is_compressed)
{
    page_is(5000, NULL, NULL);
    ASK("/whole");
    CHECK(is_compressed());
    CHECK(got.packed_size < 3000);
    CHECK(says("|Vary: Accept-Encoding|Transfer-Encoding: chunked|"));
}

/* Unless some of the answer could not be made at all. */
TEST(without_memory_to_compress_it_goes_as_it_is)
{
    page_is(2000, NULL, NULL);
    ASK("/whole");
    MUST(is_compressed() || is_plain() || got.failed || got.size == 0
         || strstr(got.head, " 50") != NULL);
}

TEST(only_text_is_compressed)
{
    static const struct { const char *type; bool is_text; } all[] = {
        { "text/html", true }, { "TEXT/css; charset=utf-8", true },
        { "text/event-stream", true }, { "application/json", true },
        { "application/javascript;a=b", true }, { "application/xml", true },
        { "image/svg+xml", true }, { "application/ld+json", true },
        { "image/png", false }, { "application/octet-stream", false },
        { "video/mp4", false }, { "application/jsonx", false },
        { "application/gzip", false }, { "+xml", false }, { "text", false }
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        page_is(2000, "Content-Type", all[i].type);
        ASK("/bytes");
        CHECK(all[i].is_text ? is_compressed() : is_plain());
        CHECK(says("|Vary: Accept-Encoding|") == all[i].is_text);
    }
    page_is(2000, NULL, NULL);
    ASK("/bytes");
    CHECK(is_plain());
}

TEST(what_a_page_has_coded_or_keeps_as_it_is_is_left_alone)
{
    static const char *const all[][2] = {
        { "Content-Encoding", "identity" },
        { "Content-Range", "bytes 0-1999/5000" },
        { "Cache-Control", "private, No-Transform" }
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        page_is(2000, all[i][0], all[i][1]);
        ASK("/whole");
        CHECK(!says("|Content-Encoding: gzip|") && is_the_page());
        CHECK(!says("|Vary:"));
    }
}

TEST(what_is_short_goes_as_it_is)
{
    page_is(999, NULL, NULL);
    ASK("/whole");
    CHECK(is_plain());
    CHECK(says("|Content-Length: 999|") && !says("|Vary:"));
    page_is(999, "Content-Length", "999");
    ASK("/pieces");
    CHECK(is_plain());
    page_is(1000, "Content-Length", "1000");
    ASK("/pieces");
    CHECK(is_compressed() && !says("|Content-Length:"));
}

TEST(an_answer_without_a_body_has_no_coding)
{
    page_is(2000, NULL, NULL);
    status = 304;
    ASK("/whole");
    CHECK(!says("|Content-Encoding:") && got.packed_size == 0);
}

TEST(a_site_may_be_plain)
{
    page_is(2000, NULL, NULL);
    site_options.plain = true;
    ASK("/whole");
    CHECK(is_plain() && !says("|Vary:"));
}

/* ---- For whom ------------------------------------------------------------ */
TEST(a_client_says_what_it_accepts_by_weights)
{
    static const char *const wanted[] = {
        "gzip", "GZip", "x-gzip", "deflate, gzip", "gzip;q=1.0", "br,gzip;q=0.5",
        "gzip; q=0.001", "gzip\t;\tq=1.", "*", "*;q=0.1", "identity, gzip",
        "identity;q=0.5, gzip;q=0.5", "identity;q=0, *", ",gzip,", " gzip ",
        "gzip;Q=1.000", "deflate;q=0, *"
    };
    static const char *const not_wanted[] = {
        "", "br", "gzip;q=0", "gzip;q=0.000", "gzip;q=0, *", "*;q=0",
        "identity", "identity, gzip;q=0.9", "gzip;q=0.5, *", "gzip2", "gzi",
        "*;q=0, br", "gzip;q=2", "gzip;q=1.001", "gzip;q=0.0001", "gzip;q=",
        "gzip;q=.5", "gzip;q=-1", "gzip;q=1;a=b", "gzip q=1", "gzip;q = 1",
        "gzip;level=1", "gzip br", "gzip, b@d", "\"gzip\"", "gzip;", "q=1"
    };

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        MUST(flow__coding_wants_gzip(wanted[i]));
    for (size_t i = 0; i < sizeof not_wanted / sizeof *not_wanted; i++)
        MUST(!flow__coding_wants_gzip(not_wanted[i]));
    MUST(!flow__coding_wants_gzip(NULL));
}

TEST(a_client_that_does_not_ask_for_gzip_gets_none_and_that_may_vary)
{
    static const char *const requests[] = {
        "GET /whole" HOST "\r\n",
        "GET /whole" HOST "Accept-Encoding: gzip;q=0\r\n\r\n",
        "GET /whole" HOST "Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n\r\n",
        "GET /whole HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n"
    };

    page_is(2000, NULL, NULL);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        ask(requests[i]);
        CHECK(is_plain());
        CHECK(says("|Vary: Accept-Encoding|Content-Length: 2000|"));
    }
}

/* ---- What is said -------------------------------------------------------- */
TEST(a_strong_tag_becomes_a_weak_one)
{
    page_is(2000, "ETag", "\"one\"");
    ASK("/whole");
    CHECK(says("|ETag: W/\"one\"|"));
    ask("GET /whole" HOST "\r\n");
    CHECK(says("|ETag: \"one\"|"));
    page_is(2000, "ETag", "W/\"one\"");
    ASK("/whole");
    CHECK(says("|ETag: W/\"one\"|"));
}

TEST(what_has_not_changed_has_the_tag_and_varies_as_if_it_had)
{
    page_is(2000, "ETag", "\"one\"");
    ask("GET /whole" HOST "Accept-Encoding: gzip\r\n"
        "If-None-Match: W/\"one\"\r\n\r\n");
    CHECK(says("HTTP/1.1 304 ") && says("|ETag: W/\"one\"|"));
    CHECK(says("|Vary: Accept-Encoding|") && !says("|Content-Encoding:"));
    ask("GET /whole" HOST "If-None-Match: W/\"one\"\r\n\r\n");
    CHECK(says("HTTP/1.1 304 ") && says("|ETag: \"one\"|"));
    CHECK(says("|Vary: Accept-Encoding|"));
}

TEST(parts_of_what_is_compressed_are_not_offered)
{
    page_is(2000, "Accept-Ranges", "bytes");
    ASK("/whole");
    CHECK(!says("|Accept-Ranges:"));
    ask("GET /whole" HOST "\r\n");
    CHECK(says("|Accept-Ranges: bytes|"));
}

TEST(what_else_a_page_varies_with_is_said_as_well)
{
    page_is(2000, "Vary", "Cookie");
    ASK("/whole");
    CHECK(says("|Vary: Cookie|") && says("|Vary: Accept-Encoding|"));
}

/* The first header is the date. */
static const char *behind_date(const char *head)
{
    const char *behind = strstr(head, "GMT|");

    return behind != NULL ? behind : head;
}

static void same_heads(const char *get, const char *head)
{
    char first[sizeof got.head];

    ask(get);
    CHECK(says("|Content-Encoding: gzip|"));
    strcpy(first, got.head);
    ask(head);
    CHECK(strcmp(behind_date(first), behind_date(got.head)) == 0);
    CHECK(got.packed_size == 0);
}

TEST(a_head_says_what_its_page_would)
{
    page_is(2000, NULL, NULL);
    same_heads("GET /whole" HOST "Accept-Encoding: gzip\r\n\r\n",
               "HEAD /whole" HOST "Accept-Encoding: gzip\r\n\r\n");
    same_heads("GET /pieces" HOST "Accept-Encoding: gzip\r\n\r\n",
               "HEAD /pieces" HOST "Accept-Encoding: gzip\r\n\r\n");
    same_heads("GET /grows" HOST "Accept-Encoding: gzip\r\n\r\n",
               "HEAD /grows" HOST "Accept-Encoding: gzip\r\n\r\n");
}

/* ---- As it is made ------------------------------------------------------- */
TEST(pages_of_many_pieces_are_compressed_whole)
{
    static const size_t sizes[] = { 1, 2, 2047, 4096, 300000 };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        page_is(sizes[i], NULL, NULL);
        ASK("/pieces");
        CHECK(sizes[i] == 1 ? is_plain() : is_compressed());
    }
}

TEST(a_page_that_grows_grows_at_its_client)
{
    char seen[256] = "";
    flow_site *site;
    flow_stage *s;
    size_t was = 0;
    double begun = flow_now();

    page_is(0, NULL, NULL);
    s = answer_to("GET /grows" HOST "Accept-Encoding: gzip\r\n\r\n", &site);
    for (flow_value v; flow_block(s, &v);) {
        take(v);
        read_answer();
        if (got.text_size > was)
            sprintf(seen + strlen(seen), "[%.0f]%.*s", flow_now() - begun,
                    (int)(got.text_size - was), got.text + was);
        was = got.text_size;
    }
    flow_close(s);
    flow_site_release(site);
    CHECK(strcmp(seen, "[0]one [1]two three [3]four") == 0);
    CHECK(got.whole);
}

TEST(a_connection_goes_on_behind_a_compressed_page)
{
    page_is(1500, NULL, NULL);
    ask("GET /whole" HOST "Accept-Encoding: gzip\r\n\r\n"
        "GET /whole" HOST "Accept-Encoding: gzip\r\n\r\n"
        "GET /none" HOST "\r\n");
    CHECK(is_compressed());
    CHECK(got.size > 15
          && strcmp(got.raw + got.size - 14, "404 Not Found\n") == 0);
}

TEST(a_page_that_fails_is_not_taken_for_a_whole_one)
{
    page_is(0, NULL, NULL);
    ASK("/breaks");
    CHECK(got.failed && !got.whole && got.text_size == 4);
}

TEST(a_page_of_another_length_than_it_says_fails)
{
    page_is(2000, "Content-Length", "2001");
    ASK("/pieces");
    CHECK(got.failed && !got.whole);
    page_is(2000, "Content-Length", "1999");
    ASK("/pieces");
    CHECK(got.failed && !got.whole);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_long_text_is_compressed),
        CASE(without_memory_to_compress_it_goes_as_it_is),
        CASE(only_text_is_compressed),
        CASE(what_a_page_has_coded_or_keeps_as_it_is_is_left_alone),
        CASE(what_is_short_goes_as_it_is),
        CASE(an_answer_without_a_body_has_no_coding),
        CASE(a_site_may_be_plain),
        CASE(a_client_says_what_it_accepts_by_weights),
        CASE(a_client_that_does_not_ask_for_gzip_gets_none_and_that_may_vary),
        CASE(a_strong_tag_becomes_a_weak_one),
        CASE(what_has_not_changed_has_the_tag_and_varies_as_if_it_had),
        CASE(parts_of_what_is_compressed_are_not_offered),
        CASE(what_else_a_page_varies_with_is_said_as_well),
        CASE(a_head_says_what_its_page_would),
        CASE(pages_of_many_pieces_are_compressed_whole),
        CASE(a_page_that_grows_grows_at_its_client),
        CASE(a_connection_goes_on_behind_a_compressed_page),
        CASE(a_page_that_fails_is_not_taken_for_a_whole_one),
        CASE(a_page_of_another_length_than_it_says_fails),
    };

    return run_tests("http_gzip", tests, sizeof tests / sizeof *tests);
}
