/* SPDX-License-Identifier: MIT */
/* Server-sent events: in memory, on a virtual clock. */
#include "http_pages.h"

#include <string.h>

#define HOST "Host: here\r\n\r\n"
#define HEAD "HTTP/1.1 200 OK|Content-Type: text/event-stream|"              \
    "Cache-Control: no-store|"

/* ---- Asking -------------------------------------------------------------- */
typedef flow_stage *making(void);

static making *make;

static void page(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    flow_answer_events(self, r, make());
}

static flow_site *site_of(flow_page *p, making *m)
{
    flow_site *site = flow_site_new(NULL);

    make = m;
    flow_site_add(site, "/", p, NULL);
    return site;
}

/* By a client that stays to listen. */
static flow_stage *staying(const char *request)
{
    return flow_concat(FLOW_STAGES(asking(request, 0), never()));
}

static void is_answered(const char *wanted, flow_page *p, making *m,
                        const char *request)
{
    flow_site *site = site_of(p, m);
    const char *got = heard(flow_http(staying(request), site));

    if (strcmp(got, wanted) != 0 && !disturbed())
        fprintf(stderr, "wanted: %s\nheard:  %s\n", wanted, got);
    CHECK(strcmp(got, wanted) == 0);
    flow_site_release(site);
}

/* What comes of these events, of which all are there. */
#define GIVE(wanted, m)                                                      \
    is_answered(HEAD "Connection: close||:||" wanted, page, (m),             \
                "GET / HTTP/1.0\r\n\r\n")

/* They are refused before anything of them is sent. */
static void is_refused(const char *why, making *m)
{
    is_answered("HTTP/1.1 500 Internal Server Error|"
                "Content-Type: text/plain; charset=utf-8|Content-Length: 26|"
                "Connection: close||500 Internal Server Error|", page, m,
                "GET / HTTP/1.0\r\n\r\n");
    CHECK(strstr(reports(), why) != NULL);
}

/* ---- What events are ----------------------------------------------------- */
static flow_stage *two_texts(void)
{
    return flow_list(FLOW_VALUES("one", " two: 2"));
}

TEST(a_text_is_an_event)
{
    GIVE("data: one||data:  two: 2||", two_texts);
}

static flow_stage *tuples(void)
{
    return flow_list(FLOW_VALUES(
        flow_tuple(FLOW_VALUES("price", "3")),
        flow_tuple(FLOW_VALUES("price", "4", "a 7")),
        flow_tuple(FLOW_VALUES(flow_none(), "5", flow_none())),
        flow_tuple(FLOW_VALUES(flow_none(), "", ""))));
}

TEST(a_tuple_names_an_event_and_its_id)
{
    GIVE("event: price|data: 3||event: price|id: a 7|data: 4||data: 5||"
         "id: |data: ||", tuples);
}

static flow_stage *many_lines(void)
{
    return flow_list(FLOW_VALUES("a\nb", "a\rb", "a\r\nb", "a\n", "\n\r\r\n",
                                 "a\n\nevent: b\rid: c\r\ndata: d"));
}

TEST(each_line_of_the_data_is_one_of_the_event)
{
    GIVE("data: a|data: b||data: a|data: b||data: a|data: b||data: a|data: ||"
         "data: |data: |data: |data: ||"
         "data: a|data: |data: event: b|data: id: c|data: data: d||",
         many_lines);
}

static flow_stage *line_in_name(void)
{
    return flow_once(flow_tuple(FLOW_VALUES("a\nb", "c")));
}

static flow_stage *line_in_id(void)
{
    return flow_once(flow_tuple(FLOW_VALUES("a", "b", "c\rdata: d")));
}

static flow_stage *zero_in_id(void)
{
    return flow_once(flow_tuple(FLOW_VALUES("a", "b", flow_text("c\0d", 3))));
}

TEST(a_name_or_an_id_is_one_line)
{
    is_refused("the name and the id of an event must be one line",
               line_in_name);
    is_refused("the name and the id of an event must be one line", line_in_id);
    is_refused("the name and the id of an event must be one line", zero_in_id);
}

static flow_stage *number(void)
{
    return flow_once(flow_int(1));
}

static flow_stage *bytes(void)
{
    return flow_once(flow_bytes("a", 1));
}

static flow_stage *one_in_tuple(void)
{
    return flow_once(flow_tuple(FLOW_VALUES("a")));
}

static flow_stage *no_data(void)
{
    return flow_once(flow_tuple(FLOW_VALUES("a", flow_none())));
}

static flow_stage *number_as_id(void)
{
    return flow_once(flow_tuple(FLOW_VALUES("a", "b", 1)));
}

TEST(other_values_are_no_events)
{
    is_refused("an event must be a text, or a tuple", number);
    is_refused("an event must be a text, or a tuple", bytes);
    is_refused("an event must be a text, or a tuple", one_in_tuple);
    is_refused("an event must be a text, or a tuple", no_data);
    is_refused("an event must be a text, or a tuple", number_as_id);
}

/* ---- When they are sent -------------------------------------------------- */
static flow_stage *late(void)
{
    return script("a_b");
}

TEST(each_event_is_sent_when_it_comes)
{
    is_answered(HEAD "Transfer-Encoding: chunked|Connection: close||"
                "3|:|||9|data: a|||9|data: b|||0||", page, late,
                "GET / HTTP/1.1\r\nConnection: close\r\n" HOST);
}

TEST(the_head_is_sent_before_there_is_an_event)
{
    flow_site *site = site_of(page, never);
    flow_stage *answer = flow_http(staying("GET / HTTP/1.0\r\n\r\n"), site);
    flow_value v;
    bool sent = flow_block(answer, &v);

    CHECK(sent && flow_now() == 0);
    if (sent)
        flow_drop(v);
    flow_close(answer);
    flow_site_release(site);
    reports();
}

static flow_value as_text(flow_value v, void *arg)
{
    (void)arg;
    return flow_textf("%d", (int)v.as.num);
}

static flow_stage *far_between(void)
{
    return flow_map(flow_take(flow_ticks(31), 2), as_text, NULL);
}

TEST(silence_is_broken_by_comments)
{
    GIVE(":||:||data: 1||:||:||data: 2||", far_between);
    CHECK(flow_now() == 62);
}

/* ---- How they end -------------------------------------------------------- */
static flow_stage *none(void)
{
    return flow_list(NULL, 0);
}

TEST(there_may_be_no_events)
{
    is_answered(HEAD "Content-Length: 3|Connection: close||:||", page, none,
                "GET / HTTP/1.1\r\nConnection: close\r\n" HOST);
}

static flow_stage *failing(void)
{
    return script("!");
}

static flow_stage *failing_later(void)
{
    return script("a!");
}

TEST(events_that_fail_fail_the_page)
{
    is_refused("scripted", failing);
    is_answered(HEAD "Connection: close||:||data: a||!Invalid", page,
                failing_later, "GET / HTTP/1.0\r\n\r\n");
}

static int closed;

static flow_stage *watched(void)
{
    return watched_script("a_b_c_d", &closed);
}

TEST(events_are_closed_when_the_client_goes)
{
    flow_site *site = site_of(page, watched);
    flow_stage *answer = flow_http(staying("GET / HTTP/1.0\r\n\r\n"), site);
    flow_value v;

    closed = 0;
    for (int n = 0; n < 3 && flow_block(answer, &v); n++)
        flow_drop(v);
    CHECK(closed == 0);
    flow_close(answer);
    CHECK(closed == 1);
    flow_site_release(site);
    reports();
}

TEST(a_head_alone_has_no_events)
{
    is_answered(HEAD "Connection: close||", page, watched,
                "HEAD / HTTP/1.0\r\n\r\n");
}

static void too_late(flow_gen *self, flow_request *r, void *arg)
{
    flow_yield(self, "no event");
    page(self, r, arg);
}

TEST(a_page_of_events_has_nothing_else)
{
    closed = 0;
    is_answered("HTTP/1.1 500 Internal Server Error|"
                "Content-Type: text/plain; charset=utf-8|Content-Length: 26|"
                "Connection: close||500 Internal Server Error|", too_late,
                watched, "GET / HTTP/1.0\r\n\r\n");
    CHECK(strstr(reports(), "too late for the header") != NULL);
    CHECK(closed == 1);
}

/* ---- Coming again -------------------------------------------------------- */
static void goes_on(flow_gen *self, flow_request *r, void *arg)
{
    const char *id = flow_request_last_event_id(r);

    (void)arg;
    flow_answer_events(self, r, flow_once(
        flow_textf("after %s", id != NULL ? id : "nothing")));
}

TEST(a_client_that_comes_again_says_what_it_has)
{
    is_answered(HEAD "Connection: close||:||data: after 7||", goes_on, NULL,
                "GET / HTTP/1.0\r\nlast-event-id: 7\r\n\r\n");
    is_answered(HEAD "Connection: close||:||data: after nothing||", goes_on,
                NULL, "GET / HTTP/1.0\r\n\r\n");
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_text_is_an_event),
        CASE(a_tuple_names_an_event_and_its_id),
        CASE(each_line_of_the_data_is_one_of_the_event),
        CASE(a_name_or_an_id_is_one_line),
        CASE(other_values_are_no_events),
        CASE(each_event_is_sent_when_it_comes),
        CASE(the_head_is_sent_before_there_is_an_event),
        CASE(silence_is_broken_by_comments),
        CASE(there_may_be_no_events),
        CASE(events_that_fail_fail_the_page),
        CASE(events_are_closed_when_the_client_goes),
        CASE(a_head_alone_has_no_events),
        CASE(a_page_of_events_has_nothing_else),
        CASE(a_client_that_comes_again_says_what_it_has),
    };

    return run_tests("http_events", tests, sizeof tests / sizeof *tests);
}
