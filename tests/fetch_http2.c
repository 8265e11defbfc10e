/* SPDX-License-Identifier: MIT */
/* fetch_http2 SITE AUTHORITY: fetches from a site that speaks HTTP/2 alone,
 * whose /big has 10000000 bytes; see the script beside it. */
#include "fetch_harness.h"

#include <string.h>

static const char *place, *authority;

static flow_stage *answer_of(const char *path, flow_stage *sent)
{
    flow_fetch_options o = { .authorities = authority };
    flow_value url = flow_textf("%s%s", place, path);

    return sent == NULL ? flow_fetch(url, &o) : flow_upload(url, sent, &o);
}

static size_t bytes_of(flow_stage *s)
{
    size_t n = 0;

    for (flow_value v; flow_block(s, &v); flow_drop(v))
        n += v.size;
    CHECK(flow_failure(s) == NULL);
    flow_close(s);
    return n;
}

TEST(a_page_is_fetched_by_http_2)
{
    begin_fetching();
    hears("hello\n", flow_fetch_body(answer_of("/hello", NULL)));
    flow_uv_close();
}

TEST(an_answer_that_is_not_read_holds_up_no_other)
{
    flow_stage *one, *other;
    flow_value v;

    begin_fetching();
    one = flow_fetch_body(answer_of("/big", NULL));
    if (flow_block(one, &v))
        flow_drop(v);
    other = flow_fetch_body(answer_of("/big", NULL));
    CHECK(bytes_of(other) == 10000000);
    CHECK(bytes_of(one) > 9000000);
    flow_uv_close();
}

TEST(an_upload_goes_by_http_2)
{
    begin_fetching();
    hears("hello\n", flow_fetch_body(answer_of("/hello", script("a.bc"))));
    flow_uv_close();
}

TEST(closing_breaks_off_one_stream_alone)
{
    flow_stage *one;
    flow_value v;

    begin_fetching();
    one = flow_fetch_body(answer_of("/big", NULL));
    if (flow_block(one, &v))
        flow_drop(v);
    flow_close(one);
    hears("hello\n", flow_fetch_body(answer_of("/hello", NULL)));
    flow_uv_close();
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        CASE(a_page_is_fetched_by_http_2),
        CASE(an_answer_that_is_not_read_holds_up_no_other),
        CASE(an_upload_goes_by_http_2),
        CASE(closing_breaks_off_one_stream_alone),
    };

    if (argc != 3)
        return 2;
    place = argv[1];
    authority = argv[2];
    no_proxy();
    return run_tests("fetch_http2", tests, sizeof tests / sizeof *tests);
}
