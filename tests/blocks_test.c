/* SPDX-License-Identifier: MIT */
/* flow_block: the driver that runs the loop until there is a value. */
#include "harness.h"

#include <string.h>

TEST(block_gives_value_after_value_and_then_the_end)
{
    flow_stage *s = numbers(3);
    flow_value v;
    int64_t n = 0;

    while (flow_block(s, &v)) {
        MUST(v.as.num == n + 1);
        n++;
    }
    CHECK(n == 3 && flow_failure(s) == NULL);
    MUST(n == 3 || flow_failure(s) != NULL);
    MUST(!flow_block(s, &v) && !flow_block(s, &v));
    flow_close(s);
}

TEST(block_runs_the_loop_until_there_is_a_value)
{
    flow_host *h = flow_host_here();
    double start = h->now(h);
    flow_stage *s = script("a_b__c");
    flow_value v;
    int n = 0;

    for (; flow_block(s, &v); n++)
        flow_drop(v);
    CHECK(n == 3 && h->now(h) >= start + 3);
    (void)flow_failure(s);
    flow_close(s);
}

TEST(the_failure_block_ended_with_is_told)
{
    flow_stage *s = script("a!");
    flow_value v;

    CHECK(flow_failure(s) == NULL);
    if (flow_block(s, &v))
        flow_drop(v);
    CHECK(flow_failure(s) == NULL);
    CHECK(!flow_block(s, &v));
    CHECK(flow_failure(s) != NULL && flow_is(flow_failure(s), FLOW_EINVAL)
          && strcmp(flow_message(flow_failure(s)), "scripted") == 0);
    (void)flow_failure(s);
    flow_close(s);
}

TEST(the_failure_stays_when_block_asks_again)
{
    flow_stage *s = script("!");
    flow_value v;

    CHECK(!flow_block(s, &v) && !flow_block(s, &v));
    CHECK(flow_failure(s) != NULL);
    (void)flow_failure(s);
    flow_close(s);
}

TEST(a_failure_that_was_looked_at_is_not_reported)
{
    flow_stage *s = script("!");
    flow_value v;

    CHECK(!flow_block(s, &v));
    CHECK(flow_failure(s) != NULL);
    flow_close(s);
    CHECK(strcmp(reports(), "") == 0);
}

TEST(a_failure_that_nobody_looked_at_is_reported)
{
    flow_stage *s = script("!");
    flow_value v;

    CHECK(!flow_block(s, &v));
    flow_close(s);
    CHECK(strstr(reports(), "scripted") != NULL);
}

TEST(a_flow_that_nothing_can_wake_is_stuck)
{
    flow_stage *s = never();
    flow_value v;

    CHECK(!flow_block(s, &v));
    CHECK(flow_failure(s) != NULL && flow_is(flow_failure(s), FLOW_ESTUCK));
    (void)flow_failure(s);
    flow_close(s);
}

static void reads_never(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)source;
    (void)arg;
    flow_stage *s = never();
    flow_yield(self, 1);
    while (flow_next(self, s, &v))
        flow_drop(v);
    flow_close(s);
}

TEST(a_generator_that_nothing_can_wake_is_stuck_after_its_values)
{
    flow_stage *s = flow_generate(reads_never, NULL, NULL);
    flow_value v;

    CHECK(flow_block(s, &v) && v.as.num == 1);
    CHECK(!flow_block(s, &v));
    CHECK(flow_failure(s) != NULL && flow_is(flow_failure(s), FLOW_ESTUCK));
    (void)flow_failure(s);
    flow_close(s);
}

static void blocks_inside(flow_gen *self, flow_stage *source, void *arg)
{
    flow_stage *s = numbers(3);
    flow_value v;

    (void)source;
    if (flow_block(s, &v))
        ++*(int *)arg;
    if (flow_failure(s) != NULL)
        flow_raise(self, flow_share(*flow_failure(s)));
    flow_close(s);
}

TEST(block_inside_a_flow_fails_as_nested)
{
    int got = 0;
    flow_stage *s = flow_generate(blocks_inside, NULL, &got);
    flow_value v;

    CHECK(!flow_block(s, &v));
    CHECK(flow_failure(s) != NULL && flow_is(flow_failure(s), FLOW_ENESTED));
    MUST(got == 0);
    (void)flow_failure(s);
    flow_close(s);
}

static void passes_on(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v))
        flow_yield(self, v);
}

TEST(two_flows_may_be_blocked_on_by_turns)
{
    flow_stage *a = flow_generate(passes_on, script("a_b_c"), NULL);
    flow_stage *b = flow_generate(passes_on, script("d__ef"), NULL);
    char got[16] = "";
    flow_value v, w;
    size_t n;

    while (flow_block(a, &v)) {
        strncat(got, flow_chars(&v, &n), 1);
        flow_drop(v);
        if (!flow_block(b, &w))
            break;
        strncat(got, flow_chars(&w, &n), 1);
        flow_drop(w);
    }
    CHECK(strcmp(got, "adbecf") == 0);
    (void)flow_failure(a);
    (void)flow_failure(b);
    flow_close(a);
    flow_close(b);
}

static void fails_when_closed(flow_gen *self, flow_stage *source, void *arg)
{
    flow_stage *s = never();
    flow_value v;

    (void)source;
    (void)arg;
    if (!flow_next(self, s, &v))
        flow_fail(self, FLOW_EINVAL, 0, "could not be saved");
    flow_close(s);
}

TEST(a_stuck_body_that_fails_when_it_is_closed_is_reported)
{
    flow_stage *s = flow_generate(fails_when_closed, NULL, NULL);
    flow_value v;

    CHECK(!flow_block(s, &v) && flow_failure(s) != NULL);
    flow_close(s);
    CHECK(strstr(reports(), "could not be saved") != NULL);
    CHECK(strstr(reports(), "Stuck") == NULL);
}

TEST(blocking_on_nothing_answers_false)
{
    flow_value v;

    MUST(!flow_block(NULL, &v));
}

/* ---- All at once --------------------------------------------------------- */
TEST(block_all_answers_the_list_of_all_values)
{
    expect("[1, 2, 3]", flow_once(flow_block_all(numbers(3))));
    expect("[]", flow_once(flow_block_all(numbers(0))));
}

TEST(block_all_answers_the_failure_instead)
{
    expect("!Invalid: scripted", flow_once(flow_block_all(script("ab!"))));
    expect("!Invalid: asked a stage that is NULL",
           flow_once(flow_block_all(NULL)));
}

int main(void)
{
    static const struct test tests[] = {
        CASE(block_gives_value_after_value_and_then_the_end),
        CASE(block_runs_the_loop_until_there_is_a_value),
        CASE(the_failure_block_ended_with_is_told),
        CASE(the_failure_stays_when_block_asks_again),
        CASE(a_failure_that_was_looked_at_is_not_reported),
        CASE(a_failure_that_nobody_looked_at_is_reported),
        CASE(a_flow_that_nothing_can_wake_is_stuck),
        CASE(a_generator_that_nothing_can_wake_is_stuck_after_its_values),
        CASE(block_inside_a_flow_fails_as_nested),
        CASE(two_flows_may_be_blocked_on_by_turns),
        CASE(a_stuck_body_that_fails_when_it_is_closed_is_reported),
        CASE(blocking_on_nothing_answers_false),
        CASE(block_all_answers_the_list_of_all_values),
        CASE(block_all_answers_the_failure_instead),
    };
    return run_tests("blocks", tests, sizeof tests / sizeof *tests);
}
