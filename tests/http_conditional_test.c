/* SPDX-License-Identifier: MIT */
/* Conditional requests, and the dates and tags they are made of. */
#include "http_pages.h"

#include "http/date.h"
#include "http/ranges.h"
#include "http/tag.h"

#include <string.h>

#define HOST "Host: here\r\n\r\n"
#define DAY "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER "Sun, 06 Nov 1994 08:49:38 GMT"

/* ---- A site -------------------------------------------------------------- */
static bool goes_on;                        /* the page after its first piece */
static unsigned changes;

static void tagged(flow_gen *self, flow_request *r, void *tag)
{
    flow_answer_header(r, "ETag", "%s", (const char *)tag);
    goes_on = flow_yield(self, "tag");
}

static void dated(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    flow_answer_modified(r, 784111777);     /* DAY                          */
    goes_on = flow_yield(self, "date");
}

static void both(flow_gen *self, flow_request *r, void *arg)
{
    flow_answer_header(r, "Cache-Control", "no-cache");
    flow_answer_header(r, "Content-Language", "en");
    flow_answer_header(r, "Content-Type", "text/plain");
    flow_answer_modified(r, 784111777);
    tagged(self, r, arg);
}

static void empty(flow_gen *self, flow_request *r, void *tag)
{
    (void)self;
    flow_answer_header(r, "ETag", "%s", (const char *)tag);
}

static void plain(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    goes_on = flow_yield(self, (const char *)arg);
}

static void created(flow_gen *self, flow_request *r, void *arg)
{
    flow_answer_status(r, 201);
    tagged(self, r, arg);
}

/* Of something that is there if it has a tag. */
static void change(flow_gen *self, flow_request *r, void *tag)
{
    if (tag != NULL)
        flow_answer_header(r, "ETag", "%s", (const char *)tag);
    if (!flow_request_holds(r))
        return;
    changes++;
    flow_answer_header(r, "ETag", "\"new\"");
    flow_yield(self, "changed");
}

static void heedless(flow_gen *self, flow_request *r, void *tag)
{
    flow_answer_header(r, "ETag", "%s", (const char *)tag);
    flow_request_holds(r);
    goes_on = flow_yield(self, "all the same");
}

static flow_site *site(void)
{
    flow_site *site = flow_site_new(NULL);

    goes_on = true;
    changes = 0;
    flow_site_add(site, "/tag", tagged, (void *)"\"a\"");
    flow_site_add(site, "/weak", tagged, (void *)"W/\"a\"");
    flow_site_add(site, "/bad", tagged, (void *)"a");
    flow_site_add(site, "/date", dated, NULL);
    flow_site_add(site, "/both", both, (void *)"\"a\"");
    flow_site_add(site, "/empty", empty, (void *)"\"a\"");
    flow_site_add(site, "/plain", plain, (void *)"plain");
    flow_site_add(site, "/created", created, (void *)"\"a\"");
    flow_site_add(site, "/heedless", heedless, (void *)"\"a\"");
    flow_site_add(site, "/work", change, (void *)"\"a\"");
    flow_site_add(site, "PUT /work", change, (void *)"\"a\"");
    flow_site_add(site, "PUT /new", change, NULL);
    flow_site_add(site, "PUT /tag", tagged, (void *)"\"new\"");
    return site;
}

/* The status of what is asked with those headers. */
static void gives(int status, const char *what, const char *headers)
{
    char begin[32], request[1024];

    snprintf(begin, sizeof begin, "HTTP/1.1 %d ", status);
    snprintf(request, sizeof request, "%s HTTP/1.1\r\n%s\r\n" HOST, what,
             headers);
    answers_from_with(site(), begin, request);
}

/* ---- If-None-Match ------------------------------------------------------- */
TEST(who_has_a_page_is_not_sent_it_again)
{
    answers_from(site(), "HTTP/1.1 304 Not Modified|ETag: \"a\"||",
                 "GET /tag HTTP/1.1\r\nIf-None-Match: \"a\"\r\n" HOST);
    CHECK(!goes_on);
    gives(200, "GET /tag", "If-None-Match: \"b\"");
    CHECK(goes_on);
}

TEST(what_comes_after_a_page_that_was_not_sent_is_answered)
{
    answers_from(site(), "HTTP/1.1 304 Not Modified|ETag: \"a\"||"
                 "HTTP/1.1 200 OK|Content-Type: text/html; charset=utf-8|"
                 "Content-Length: 5||plain",
                 "GET /tag HTTP/1.1\r\nIf-None-Match: \"a\"\r\n" HOST
                 "GET /plain HTTP/1.1\r\n" HOST);
}

TEST(a_304_says_only_what_it_must)
{
    answers_from(site(), "HTTP/1.1 304 Not Modified|Cache-Control: no-cache|"
                 "ETag: \"a\"||",
                 "GET /both HTTP/1.1\r\nIf-None-Match: \"a\"\r\n" HOST);
}

TEST(a_304_has_the_tag_of_what_would_be_sent_compressed)
{
    answers_from(site(), "HTTP/1.1 304 Not Modified|ETag: W/\"a\"||",
                 "GET /tag HTTP/1.1\r\nAccept-Encoding: gzip\r\n"
                 "If-None-Match: W/\"a\"\r\n" HOST);
}

TEST(any_tag_of_a_list_in_one_or_more_lines_will_do)
{
    gives(304, "GET /tag", "If-None-Match: \"b\", W/\"c\" ,\"a\"");
    gives(304, "GET /tag", "If-None-Match: , ,\"a\",");
    gives(304, "GET /tag", "If-None-Match: \"b\"\r\nIf-None-Match: \"a\"");
    gives(200, "GET /tag", "If-None-Match: \"b\", \"c\", \"aa\", \"A\"");
}

TEST(a_star_is_any_tag)
{
    gives(304, "GET /tag", "If-None-Match: *");
    gives(304, "GET /date", "If-None-Match: *");
    gives(200, "GET /plain", "If-None-Match: *");
    gives(200, "GET /tag", "If-None-Match: \"*\"");
}

TEST(a_weak_tag_is_good_enough_to_look_at)
{
    gives(304, "GET /tag", "If-None-Match: W/\"a\"");
    gives(304, "GET /weak", "If-None-Match: \"a\"");
    gives(304, "GET /weak", "If-None-Match: W/\"a\"");
}

TEST(what_comes_after_no_tag_is_not_read)
{
    gives(200, "GET /tag", "If-None-Match: a");
    gives(200, "GET /tag", "If-None-Match: a, \"a\"");
    gives(200, "GET /tag", "If-None-Match: \"a");
    gives(200, "GET /tag", "If-None-Match: \"b\" \"a\"");
    gives(200, "GET /tag", "If-None-Match: w/\"a\"");
    gives(200, "GET /tag", "If-None-Match: \"a\"x");
    gives(200, "GET /tag", "If-None-Match: *, \"b\"");
}

TEST(tags_come_before_dates)
{
    gives(200, "GET /both", "If-None-Match: \"b\"\r\nIf-Modified-Since: " DAY);
    gives(304, "GET /both", "If-None-Match: \"a\"\r\nIf-Modified-Since: "
          BEFORE);
}

/* ---- If-Modified-Since --------------------------------------------------- */
TEST(a_page_that_has_not_changed_is_not_sent_again)
{
    answers_from(site(), "HTTP/1.1 304 Not Modified|Last-Modified: " DAY "||",
                 "GET /date HTTP/1.1\r\nIf-Modified-Since: " DAY "\r\n" HOST);
    CHECK(!goes_on);
    gives(304, "GET /date", "If-Modified-Since: " AFTER);
    gives(200, "GET /date", "If-Modified-Since: " BEFORE);
    CHECK(goes_on);
}

TEST(what_is_no_date_is_as_if_not_said)
{
    gives(200, "GET /date", "If-Modified-Since: Sun, 6 Nov 2044 08:49:37 GMT");
    gives(200, "GET /date", "If-Modified-Since: 1");
    gives(200, "GET /date", "If-Modified-Since: ");
    gives(200, "GET /date", "If-Modified-Since: " DAY "\r\n"
          "If-Modified-Since: " DAY);
    gives(200, "GET /tag", "If-Modified-Since: " DAY);
}

/* ---- If-Match, If-Unmodified-Since --------------------------------------- */
TEST(who_wants_just_what_it_knows_is_told_when_that_is_gone)
{
    answers_from(site(), "HTTP/1.1 412 Precondition Failed|"
                 "Content-Type: text/plain; charset=utf-8|Content-Length: 24||"
                 "412 Precondition Failed|",
                 "GET /tag HTTP/1.1\r\nIf-Match: \"b\"\r\n" HOST);
    CHECK(!goes_on);
    gives(200, "GET /tag", "If-Match: \"b\", \"a\"");
    gives(200, "GET /tag", "If-Match: *");
    gives(200, "GET /date", "If-Match: *");
    gives(412, "GET /date", "If-Match: \"a\"");
}

TEST(a_weak_tag_is_not_good_enough_to_be_sure)
{
    gives(412, "GET /tag", "If-Match: W/\"a\"");
    gives(412, "GET /weak", "If-Match: \"a\"");
    gives(412, "GET /weak", "If-Match: W/\"a\"");
}

TEST(who_wants_it_unchanged_is_told_when_it_has_changed)
{
    gives(412, "GET /date", "If-Unmodified-Since: " BEFORE);
    gives(200, "GET /date", "If-Unmodified-Since: " DAY);
    gives(200, "GET /date", "If-Unmodified-Since: never");
    gives(200, "GET /both", "If-Match: \"a\"\r\nIf-Unmodified-Since: " BEFORE);
    gives(304, "GET /both", "If-Match: \"a\"\r\nIf-None-Match: \"a\"");
}

/* ---- Which pages --------------------------------------------------------- */
TEST(a_head_is_conditional_as_well)
{
    answers_from(site(), "HTTP/1.1 304 Not Modified|ETag: \"a\"||",
                 "HEAD /tag HTTP/1.1\r\nIf-None-Match: \"a\"\r\n" HOST);
    gives(412, "HEAD /tag", "If-Match: \"b\"");
}

TEST(a_page_without_bytes_is_conditional_as_well)
{
    gives(304, "GET /empty", "If-None-Match: \"a\"");
    gives(200, "GET /empty", "If-None-Match: \"b\"");
}

TEST(only_what_would_be_200_is_conditional)
{
    gives(201, "GET /created", "If-None-Match: \"a\"");
    gives(404, "GET /none", "If-None-Match: \"a\"");
    gives(200, "GET /plain", "If-Match: \"a\"");
    gives(405, "DELETE /tag", "If-Match: \"b\"");
}

/* It says the tag of what it has made. */
TEST(a_page_that_changes_something_is_not_judged_by_what_it_says_after)
{
    gives(200, "PUT /tag", "If-Match: \"a\"");
    gives(200, "PUT /tag", "If-None-Match: \"new\"");
}

TEST(a_page_may_ask_before_it_changes_something)
{
    answers_from(site(), "HTTP/1.1 200 OK|ETag: \"new\"|"
                 "Content-Type: text/html; charset=utf-8|Content-Length: 7||"
                 "changed", "PUT /work HTTP/1.1\r\nIf-Match: \"a\"\r\n" HOST);
    CHECK(changes == 1);
    gives(412, "PUT /work", "If-Match: \"b\"");
    CHECK(changes == 0);
    gives(412, "PUT /work", "If-None-Match: \"a\"");
    gives(412, "PUT /work", "If-None-Match: *");
    CHECK(changes == 0);
    gives(200, "PUT /work", "If-None-Match: \"b\"");
    gives(200, "PUT /work", "If-Modified-Since: " AFTER);
}

TEST(what_is_not_there_yet_has_no_tag)
{
    gives(200, "PUT /new", "If-None-Match: *");
    CHECK(changes == 1);
    gives(412, "PUT /new", "If-Match: *");
    CHECK(changes == 0);
}

TEST(a_page_may_ask_before_it_works_long)
{
    gives(304, "GET /work", "If-None-Match: \"a\"");
    CHECK(changes == 0);
    gives(200, "GET /work", "If-None-Match: \"new\"");
    CHECK(changes == 1);
}

TEST(a_page_that_goes_on_all_the_same_is_not_sent)
{
    gives(304, "GET /heedless", "If-None-Match: \"a\"");
    CHECK(!goes_on);
}

TEST(a_tag_without_quotes_fails_its_page)
{
    gives(500, "GET /bad", "X: y");
    CHECK(strstr(reports(), "a tag is to be in double quotes: a") != NULL);
}

static void modified(flow_gen *self, flow_request *r, void *when)
{
    flow_answer_modified(r, *(const int64_t *)when);
    flow_yield(self, "x");
}

static void says_nothing_of(int64_t when)
{
    flow_site *site = flow_site_new(NULL);

    flow_site_add(site, "/", modified, &when);
    answers_from(site, "HTTP/1.1 200 OK|Content-Type: text/html; charset=utf-8|"
                 "Content-Length: 1||x", "GET / HTTP/1.1\r\n" HOST);
}

TEST(a_second_that_is_not_over_is_not_said)
{
    says_nothing_of(time(NULL) + 100);
    says_nothing_of(INT64_MAX);
    says_nothing_of(-1);
}

/* ---- Dates --------------------------------------------------------------- */
static bool is_date(const char *s, time_t when)
{
    time_t read;

    return flow__date_read(s, &read) && read == when;
}

TEST(dates_are_read_in_all_three_ways)
{
    CHECK(is_date(DAY, 784111777));
    CHECK(is_date("Sunday, 06-Nov-94 08:49:37 GMT", 784111777));
    CHECK(is_date("Sun Nov  6 08:49:37 1994", 784111777));
    CHECK(is_date("Wed Nov 16 08:49:37 1994", 784975777));
    CHECK(is_date("Thu, 01 Jan 1970 00:00:00 GMT", 0));
    CHECK(is_date("Thu, 29 Feb 2024 23:59:59 GMT", 1709251199));
    CHECK(is_date("Sat, 31 Dec 2016 23:59:60 GMT", 1483228800));
}

TEST(a_year_of_two_digits_is_the_nearest)
{
    time_t now = time(NULL);
    struct tm t;
    char date[64];

    gmtime_r(&now, &t);
    strftime(date, sizeof date, "%A, %d-%b-%y %H:%M:%S GMT", &t);
    CHECK(is_date(date, now));
}

TEST(what_is_only_like_a_date_is_none)
{
    static const char *const none[] = {
        "", "Sun", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun,06 Nov 1994 08:49:37 GMT",
        "sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 +0000",
        DAY " ", " " DAY, DAY "; length=1", "Mon, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06  Nov 1994 08:49:37 GMT",
        "Wed, 30 Feb 1994 08:49:37 GMT", "Thu, 00 Jan 1970 00:00:00 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov +994 08:49:37 GMT",
        "Sun, 0x Nov 1994 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun Nov 06 08:49:37 1994 ",
        "Sun Nov   6 08:49:37 1994", "Sun Nov  6 08:49:37 94"
    };

    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        time_t when;

        if (flow__date_read(none[i], &when))
            fprintf(stderr, "this was read as a date: '%s'\n", none[i]);
        CHECK(!flow__date_read(none[i], &when));
    }
}

TEST(a_date_is_written_so_that_it_is_read)
{
    char date[FLOW__DATE];

    for (time_t when = 0; when < (time_t)1 << 37; when = 3 * when + 1) {
        flow__date_write(date, when);
        CHECK(is_date(date, when));
    }
}

/* ---- Ranges -------------------------------------------------------------- */
/* Of 100 bytes, as "0+10 50+1"; "all", "nothing". */
static void asks_for(const char *wanted, const char *header)
{
    struct flow__ranges r;
    char got[1024] = "";
    enum flow__asked asked = flow__ranges_read(header, 100, &r);

    for (size_t i = 0; asked == FLOW__PARTS && i < r.n; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%d+%d",
                 i > 0 ? " " : "", (int)r.part[i].from, (int)r.part[i].size);
    if (asked != FLOW__PARTS)
        strcpy(got, asked == FLOW__ALL ? "all" : "nothing");
    if (strcmp(got, wanted) != 0)
        fprintf(stderr, "%s: %s, and not %s\n", header, got, wanted);
    CHECK(strcmp(got, wanted) == 0);
}

TEST(a_range_has_its_first_and_last_byte)
{
    asks_for("0+1", "bytes=0-0");
    asks_for("10+10", "bytes=10-19");
    asks_for("10+90", "bytes=10-");
    asks_for("90+10", "bytes=90-1000");
    asks_for("99+1", "bytes=99-99999999999999999999999999999999");
    asks_for("0+100", "Bytes=0-");
}

TEST(a_range_may_be_the_last_bytes)
{
    asks_for("99+1", "bytes=-1");
    asks_for("0+100", "bytes=-100");
    asks_for("0+100", "bytes=-18446744073709551617");
}

TEST(a_range_behind_the_end_is_nothing)
{
    asks_for("nothing", "bytes=100-");
    asks_for("nothing", "bytes=100-200");
    asks_for("nothing", "bytes=99999999999999999999-");
    asks_for("nothing", "bytes=-0");
    asks_for("nothing", "bytes=100-,-0");
    asks_for("5+1", "bytes=100-,5-5");
}

TEST(ranges_that_are_malformed_are_not_there)
{
    static const char *const malformed[] = {
        "", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-", "bytes=0",
        "bytes=5-4", "bytes=0-1-2", "bytes=0--1", "bytes=+0-1", "bytes=0-+1",
        "bytes=0x0-1", "bytes=0 - 1", "bytes=0-1 2-3", "bytes=0-1;2-3",
        "bytes=0-1,x", "bytes:0-1", "byte=0-1", "lines=0-1", "bytes =0-1",
        "bytes=0-1,5-4"
    };

    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        asks_for("all", malformed[i]);
}

TEST(ranges_come_in_the_order_that_was_asked_for)
{
    asks_for("50+10 0+10", "bytes=50-59,0-9");
    asks_for("0+1 2+1 99+1", "bytes= 0-0 ,\t2-2,,-1,");
}

TEST(ranges_that_overlap_or_touch_become_one)
{
    asks_for("0+20", "bytes=0-9,10-19");
    asks_for("0+20", "bytes=5-19,0-9");
    asks_for("0+30 50+1", "bytes=0-9,50-50,20-29,10-19");
    asks_for("0+100", "bytes=0-,0-,0-,-100,50-");
}

TEST(sixteen_ranges_are_answered_and_no_more)
{
    char header[512] = "bytes=";
    struct flow__ranges r;

    for (int i = 0; i < 16; i++)
        snprintf(header + strlen(header), sizeof header - strlen(header),
                 "%d-%d,", 3 * i, 3 * i);
    CHECK(flow__ranges_read(header, 100, &r) == FLOW__PARTS && r.n == 16);
    strcat(header, "0-1,");
    CHECK(flow__ranges_read(header, 100, &r) == FLOW__PARTS && r.n == 16);
    strcat(header, "99-99");
    CHECK(flow__ranges_read(header, 100, &r) == FLOW__ALL);
}

TEST(nothing_has_no_parts)
{
    struct flow__ranges r;

    CHECK(flow__ranges_read("bytes=0-", 0, &r) == FLOW__ALL);
    CHECK(flow__ranges_read("bytes=-1", 0, &r) == FLOW__ALL);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(who_has_a_page_is_not_sent_it_again),
        CASE(what_comes_after_a_page_that_was_not_sent_is_answered),
        CASE(a_304_says_only_what_it_must),
        CASE(a_304_has_the_tag_of_what_would_be_sent_compressed),
        CASE(any_tag_of_a_list_in_one_or_more_lines_will_do),
        CASE(a_star_is_any_tag),
        CASE(a_weak_tag_is_good_enough_to_look_at),
        CASE(what_comes_after_no_tag_is_not_read),
        CASE(tags_come_before_dates),
        CASE(a_page_that_has_not_changed_is_not_sent_again),
        CASE(what_is_no_date_is_as_if_not_said),
        CASE(who_wants_just_what_it_knows_is_told_when_that_is_gone),
        CASE(a_weak_tag_is_not_good_enough_to_be_sure),
        CASE(who_wants_it_unchanged_is_told_when_it_has_changed),
        CASE(a_head_is_conditional_as_well),
        CASE(a_page_without_bytes_is_conditional_as_well),
        CASE(only_what_would_be_200_is_conditional),
        CASE(a_page_that_changes_something_is_not_judged_by_what_it_says_after),
        CASE(a_page_may_ask_before_it_changes_something),
        CASE(what_is_not_there_yet_has_no_tag),
        CASE(a_page_may_ask_before_it_works_long),
        CASE(a_page_that_goes_on_all_the_same_is_not_sent),
        CASE(a_tag_without_quotes_fails_its_page),
        CASE(a_second_that_is_not_over_is_not_said),
        CASE(dates_are_read_in_all_three_ways),
        CASE(a_year_of_two_digits_is_the_nearest),
        CASE(what_is_only_like_a_date_is_none),
        CASE(a_date_is_written_so_that_it_is_read),
        CASE(a_range_has_its_first_and_last_byte),
        CASE(a_range_may_be_the_last_bytes),
        CASE(a_range_behind_the_end_is_nothing),
        CASE(ranges_that_are_malformed_are_not_there),
        CASE(ranges_come_in_the_order_that_was_asked_for),
        CASE(ranges_that_overlap_or_touch_become_one),
        CASE(sixteen_ranges_are_answered_and_no_more),
        CASE(nothing_has_no_parts),
    };

    return run_tests("http_conditional", tests, sizeof tests / sizeof *tests);
}
