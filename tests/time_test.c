/* SPDX-License-Identifier: MIT */
/* Operators that know the time: prefetch, ticks, throttle, within, deadline. */
#include "fan_tests.h"
#include "operator_functions.h"

#include <math.h>

static double now(void)
{
    flow_host *h = flow_host_here();

    return h->now(h);
}

/* ---- prefetch ------------------------------------------------------------ */
TEST(prefetch_gives_what_its_source_gives)
{
    expect("1 2 3 4 5", flow_prefetch(numbers(5), 2));
    expect("a b c d", flow_prefetch(script("a.b_c.d"), 3));
    expect("", flow_prefetch(script(""), 1));
    expect("1 2 3", flow_prefetch(flow_list(FLOW_VALUES(1, 2, 3)), 8));
}

TEST(prefetch_gives_a_failure_after_the_values)
{
    expect("a b !Invalid: scripted", flow_prefetch(script("a.b!"), 4));
    expect("!Invalid: scripted", flow_prefetch(script("_!"), 1));
}

/* Counts what it has given; each value takes a second. */
static void slow(flow_gen *self, flow_stage *source, void *arg)
{
    int *given = arg;

    (void)source;
    while (*given < 6 && flow_cooperate(self, 1))
        flow_yield(self, ++*given);
}

/* Takes a second for each value. */
static void slow_reader(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v))
        if (flow_cooperate(self, 1))
            flow_yield(self, v);
        else
            flow_drop(v);
}

TEST(prefetch_lets_source_and_reader_work_at_the_same_time)
{
    int given = 0;
    double begun = now();

    expect("1 2 3 4 5 6",
           flow_generate(slow_reader,
                         flow_prefetch(flow_generate(slow, NULL, &given), 2),
                         NULL));
    CHECK(now() - begun < 7.5);
}

TEST(prefetch_is_bounded)
{
    int given = 0;
    flow_stage *s = flow_prefetch(flow_generate(slow, NULL, &given), 2);
    flow_host *h = flow_host_here();

    CHECK(block_on(s, 1) == 1);
    while (h->turn(h, true))
        ;
    CHECK(given == 3);
    flow_close(s);
}

TEST(prefetch_reads_nothing_before_it_is_asked)
{
    int given = 0;
    flow_stage *s = flow_prefetch(flow_generate(slow, NULL, &given), 2);
    flow_host *h = flow_host_here();

    while (h->turn(h, true))
        ;
    CHECK(given == 0);
    flow_close(s);
}

TEST(prefetch_reports_a_failure_that_nobody_came_for)
{
    flow_stage *s = flow_prefetch(script("ab!"), 4);
    flow_host *h = flow_host_here();

    CHECK(block_on(s, 1) == 1);
    while (h->turn(h, true))
        ;
    flow_close(s);
    CHECK(reports()[0] != '\0');
}

TEST(prefetch_wants_room)
{
    expect("!Invalid: flow_prefetch: give room for 1 value or more, not 0",
           flow_prefetch(script("a"), 0));
}

TEST(prefetch_of_a_source_that_wakes_itself)
{
    expect("1", flow_prefetch(restless(3), 2));
}

/* ---- ticks --------------------------------------------------------------- */
TEST(ticks_come_each_in_its_time)
{
    double begun = now();

    expect("1 2 3", flow_take(flow_ticks(2), 3));
    CHECK(now() - begun >= 6 && now() - begun < 6.5);
}

TEST(ticks_of_a_part_of_a_second_all_come)
{
    double begun = now();

    expect("100", flow_skip(flow_take(flow_ticks(0.1), 100), 99));
    CHECK(now() - begun > 9.9 && now() - begun < 10.1);
}

/* Takes three seconds for the first. */
static void slow_at_first(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    if (flow_next(self, source, &v) && flow_yield(self, v)
        && flow_cooperate(self, 3.5))
        while (flow_next(self, source, &v))
            flow_yield(self, v);
}

TEST(ticks_that_nobody_asked_for_are_left_out)
{
    double begun = now();

    expect("1 4 5 6",
           flow_take(flow_generate(slow_at_first, flow_ticks(1), NULL), 4));
    CHECK(now() - begun >= 6 && now() - begun < 6.1);
}

TEST(ticks_need_time_between_them)
{
    expect("!Invalid: flow_ticks: give a number of seconds above 0",
           flow_ticks(0));
    expect("!Invalid: flow_ticks: give a number of seconds above 0",
           flow_ticks((double)NAN));
}

/* ---- throttle ------------------------------------------------------------ */
TEST(throttle_lets_one_value_through_in_so_many_seconds)
{
    double begun = now();

    expect("a b c", flow_throttle(script("abc"), 2));
    CHECK(now() - begun >= 4 && now() - begun < 4.5);
}

TEST(throttle_does_not_slow_a_slow_source)
{
    double begun = now();

    expect("a b c", flow_throttle(script("a__b__c"), 1.5));
    CHECK(now() - begun < 4.5);
}

TEST(throttle_holds_up_neither_end_nor_failure)
{
    double begun = now();

    expect("a", flow_throttle(script("a"), 10));
    expect("a !Invalid: scripted", flow_throttle(script("a!"), 10));
    CHECK(now() - begun < 1);
}

TEST(throttle_by_nothing_and_by_nonsense)
{
    expect("a b c", flow_throttle(script("ab.c"), 0));
    expect("!Invalid: flow_throttle: give a number of seconds, 0 or more",
           flow_throttle(script("a"), -1));
    expect("!Invalid: flow_throttle: give a number of seconds, 0 or more",
           flow_throttle(script("a"), (double)NAN));
}

/* ---- within -------------------------------------------------------------- */
TEST(within_hands_on_what_comes_in_time)
{
    expect("a b c", flow_within(script("_a_b_.c"), 1.5));
    expect("1 2 3", flow_within(flow_list(FLOW_VALUES(1, 2, 3)), 0));
}

TEST(within_fails_when_a_value_is_too_long_in_coming)
{
    int closed = 0;
    double begun = now();

    expect("a b !Timeout: no value within 1.5 s",
           flow_within(watched_script("a_b__c", &closed), 1.5));
    CHECK(closed == 1);
    CHECK(now() - begun < 2.6);
    expect("!Timeout: no value within 3 s", flow_within(never(), 3));
}

TEST(within_does_not_count_while_nobody_asks)
{
    flow_stage *s = flow_within(script("a_b"), 1.5);
    flow_host *h = flow_host_here();

    CHECK(block_on(s, 1) == 1);
    while (h->turn(h, true))
        ;
    if (disturbed())
        flow_close(s);
    else
        expect("b", s);
}

TEST(within_leaves_no_timer_behind)
{
    double begun = now();
    flow_host *h = flow_host_here();

    expect("a", flow_within(script(".a"), 100));
    while (h->turn(h, true))
        ;
    CHECK(now() - begun < 1);
}

TEST(within_passes_failures)
{
    expect("a !Invalid: scripted", flow_within(script("a_!"), 2));
    expect("!Invalid: flow_within: give a number of seconds, 0 or more",
           flow_within(script("a"), -0.5));
}

/* ---- deadline ------------------------------------------------------------ */
TEST(deadline_hands_on_what_comes_in_time)
{
    expect("a b c", flow_deadline(script("_a_b.c"), 2.5));
}

TEST(deadline_fails_when_not_all_has_come)
{
    int closed = 0;
    double begun = now();

    expect("a b !Timeout: no end within 2.5 s",
           flow_deadline(watched_script("_a_b_c", &closed), 2.5));
    CHECK(closed == 1);
    CHECK(now() - begun < 2.6);
}

TEST(deadline_counts_while_nobody_asks)
{
    expect("a b !Timeout: no end within 1.5 s",
           flow_generate(slow_reader, flow_deadline(script("abc"), 1.5),
                         NULL));
}

TEST(deadline_leaves_no_timer_behind)
{
    double begun = now();
    flow_host *h = flow_host_here();

    expect("a", flow_deadline(script("_a"), 100));
    while (h->turn(h, true))
        ;
    CHECK(now() - begun < 2);
    expect("!Invalid: flow_deadline: give a number of seconds, 0 or more",
           flow_deadline(script("a"), -1));
}

int main(void)
{
    static const struct test tests[] = {
        CASE(prefetch_gives_what_its_source_gives),
        CASE(prefetch_gives_a_failure_after_the_values),
        CASE(prefetch_lets_source_and_reader_work_at_the_same_time),
        CASE(prefetch_is_bounded),
        CASE(prefetch_reads_nothing_before_it_is_asked),
        CASE(prefetch_reports_a_failure_that_nobody_came_for),
        CASE(prefetch_wants_room),
        CASE(prefetch_of_a_source_that_wakes_itself),
        CASE(ticks_come_each_in_its_time),
        CASE(ticks_of_a_part_of_a_second_all_come),
        CASE(ticks_that_nobody_asked_for_are_left_out),
        CASE(ticks_need_time_between_them),
        CASE(throttle_lets_one_value_through_in_so_many_seconds),
        CASE(throttle_does_not_slow_a_slow_source),
        CASE(throttle_holds_up_neither_end_nor_failure),
        CASE(throttle_by_nothing_and_by_nonsense),
        CASE(within_hands_on_what_comes_in_time),
        CASE(within_fails_when_a_value_is_too_long_in_coming),
        CASE(within_does_not_count_while_nobody_asks),
        CASE(within_leaves_no_timer_behind),
        CASE(within_passes_failures),
        CASE(deadline_hands_on_what_comes_in_time),
        CASE(deadline_fails_when_not_all_has_come),
        CASE(deadline_counts_while_nobody_asks),
        CASE(deadline_leaves_no_timer_behind),
    };
    return run_tests("time", tests, sizeof tests / sizeof *tests);
}
