/* SPDX-License-Identifier: MIT */
/* Zips, map_all and tee. */
#include "fan_tests.h"
#include "operator_functions.h"

/* ---- zip ----------------------------------------------------------------- */
TEST(zip_gives_tuples_of_one_value_each)
{
    expect("(1, 'a') (2, 'b')",
           flow_zip(FLOW_STAGES(numbers(2), script("ab"))));
    expect("('one', 1) ('two', 2) ('three', 3)",
           flow_zip(FLOW_STAGES(flow_list(FLOW_VALUES("one", "two", "three")),
                                numbers(3))));
}

TEST(zip_continues_shorter_inputs_with_none)
{
    expect("(1, 'a') (2, 'b') (3, None)",
           flow_zip(FLOW_STAGES(numbers(3), script("ab"))));
    expect("(None, 1) (None, 2)",
           flow_zip(FLOW_STAGES(script(""), numbers(2))));
}

TEST(zip_of_one_and_of_none)
{
    expect("('a',) ('b',)", flow_zip(FLOW_STAGES(script("a.b"))));
    expect("", flow_zip(NULL, 0));
    expect("", flow_zip(FLOW_STAGES(script(""), script("."))));
}

TEST(zip_keeps_what_it_has_while_an_input_pauses)
{
    expect("('a', '1', 'x') ('b', '2', 'y') ('c', None, 'z')",
           flow_zip(FLOW_STAGES(script("a_b.c"), script("_1.2"),
                                script(".x.y__z"))));
}

TEST(zip_lets_its_inputs_wait_at_the_same_time)
{
    flow_host *h = flow_host_here();
    double begun = h->now(h);

    expect("('a', '1', 'x')",
           flow_zip(FLOW_STAGES(script("__a"), script("__1"),
                                script("__x"))));
    CHECK(h->now(h) - begun < 2.5);
}

TEST(zip_shortest_ends_with_the_first_that_ends)
{
    int closed = 0;

    expect("(1, 'a') (2, 'b')",
           flow_zip_shortest(FLOW_STAGES(numbers(3), script("ab"))));
    expect("", flow_zip_shortest(FLOW_STAGES(script(""), never())));
    expect("('a', 1)",
           flow_zip_shortest(FLOW_STAGES(watched_script("ab_", &closed),
                                         numbers(1))));
    CHECK(closed == 1);
}

TEST(zip_strict_fails_unless_all_end_together)
{
    expect("(1, 'a') (2, 'b')",
           flow_zip_strict(FLOW_STAGES(numbers(2), script("a_b"))));
    expect("", flow_zip_strict(FLOW_STAGES(script("_"), script("."))));
    expect("(1, 'a') !Invalid: flow_zip_strict: input 2 ended before the "
           "others",
           flow_zip_strict(FLOW_STAGES(numbers(2), script("a"))));
    expect("!Invalid: flow_zip_strict: input 1 ended before the others",
           flow_zip_strict(FLOW_STAGES(script(""), script("_a"), never())));
}

TEST(zip_fails_with_its_first_failure)
{
    expect("(1, 'a') !Invalid: scripted",
           flow_zip(FLOW_STAGES(numbers(3), script("a!"))));
    expect("!Invalid: scripted",
           flow_zip(FLOW_STAGES(never(), script(".!"))));
}

TEST(zip_lets_settled_errors_go_by)
{
    expect("(1, 'a') <Invalid: scripted> (2, None) (3, None)",
           flow_zip(FLOW_STAGES(numbers(3),
                                flow_trap(script("a!"), FLOW_EINVAL))));
}

TEST(zip_reads_ahead)
{
    expect("(1, 'a') (2, 'b') (3, 'c') (4, None)",
           flow_read_ahead(flow_zip(FLOW_STAGES(numbers(4), script("ab.c"))),
                           3));
}

TEST(zip_says_what_is_wrong_with_its_inputs)
{
    expect("!Invalid: flow_zip: input 1 is NULL, give a stage",
           flow_zip(FLOW_STAGES(NULL, script("a"))));
    expect("!Invalid: flow_zip_strict: give an array of stages, not NULL",
           flow_zip_strict(NULL, 2));
}

TEST(map_all_maps_tuples)
{
    expect("3 5 7", flow_map_all(FLOW_STAGES(numbers(3),
                                             flow_skip(numbers(4), 1)),
                                 sum, NULL));
    expect("(1, 'a')", flow_map_all(FLOW_STAGES(numbers(1), script("a")),
                                    NULL, NULL));
}

/* ---- tee ----------------------------------------------------------------- */
TEST(tee_gives_all_values_to_each_reader)
{
    flow_stage *s[2];

    flow_tee(script("ab.c"), 8, s, 2);
    expect("('a', 'a') ('b', 'b') ('c', 'c')",
           flow_zip(FLOW_STAGES(s[0], s[1])));
}

TEST(tee_lets_one_reader_be_ahead_by_its_room)
{
    flow_stage *s[2];

    flow_tee(numbers(40), 41, s, 2);
    expect("820", flow_reduce(s[0], flow_int(0), add, NULL));
    expect("820", flow_reduce(s[1], flow_int(0), add, NULL));
}

TEST(tee_holds_a_fast_reader_until_the_slowest_follows)
{
    flow_stage *s[2];

    flow_tee(numbers(6), 2, s, 2);
    CHECK(block_on(s[0], 2) == 2);

    flow_value v;

    CHECK(!flow_block(s[0], &v));
    CHECK(flow_failure(s[0]) != NULL
          && flow_is(flow_failure(s[0]), FLOW_ESTUCK));
    flow_close(s[0]);
    expect("1 2 3 4 5 6", s[1]);
}

TEST(tee_wakes_a_reader_that_waits_for_room)
{
    flow_stage *s[2];

    flow_tee(script("ab.cd_ef"), 1, s, 2);
    expect_merged("a a b b c c d d e e f f",
                  flow_merge(FLOW_STAGES(s[0], s[1])));
}

TEST(tee_readers_wait_for_the_source_together)
{
    flow_stage *s[3];

    flow_tee(script("_a__b"), 4, s, 3);
    expect_merged("a a a b b b",
                  flow_merge(FLOW_STAGES(s[0], s[1], s[2])));
}

TEST(tee_gives_a_failure_to_each_reader_after_its_values)
{
    flow_stage *s[2];

    flow_tee(script("a.b!"), 8, s, 2);
    expect("a b !Invalid: scripted", s[0]);
    expect("a b !Invalid: scripted", s[1]);
}

TEST(tee_is_not_held_up_by_a_closed_reader)
{
    flow_stage *s[3];
    int closed = 0;

    flow_tee(watched_script("abcdef", &closed), 2, s, 3);
    flow_close(s[1]);
    CHECK(block_on(s[0], 2) == 2);
    flow_close(s[2]);
    if (disturbed())
        flow_close(s[0]);
    else
        expect("c d e f", s[0]);
    CHECK(closed == 1);
}

TEST(tee_closes_its_source_with_the_last_reader)
{
    flow_stage *s[2];
    int closed = 0;

    flow_tee(watched_script("abc", &closed), 4, s, 2);
    flow_close(s[0]);
    CHECK(closed == 0);
    CHECK(block_on(s[1], 1) == 1);
    flow_close(s[1]);
    CHECK(closed == 1);
}

/* Reads the stage it finds there, and hands on what it gives. */
static void reads_there(flow_gen *self, flow_stage *source, void *arg)
{
    flow_stage **there = arg;
    flow_value v;

    (void)source;
    flow_yield(self, 1);
    if (flow_next(self, *there, &v))
        flow_yield(self, v);
}

TEST(tee_survives_a_source_that_reads_a_reader)
{
    flow_stage *s[2] = { NULL, NULL }, *there = NULL;

    flow_tee(flow_generate(reads_there, NULL, &there), 4, s, 2);
    there = s[1];
    expect("1 1", s[0]);
    flow_close(s[1]);
}

TEST(tee_says_what_is_wrong)
{
    flow_stage *s[2];
    int closed = 0;

    flow_tee(watched_script("a", &closed), 0, s, 2);
    expect("!Invalid: flow_tee: give room for 1 value or more", s[0]);
    expect("!Invalid: flow_tee: give room for 1 value or more", s[1]);
    flow_tee(NULL, 1, s, 1);
    expect("!Invalid: flow_tee: its source is NULL, give a stage", s[0]);
    flow_tee(watched_script("a", &closed), 1, NULL, 0);
    CHECK(closed == 2);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(zip_gives_tuples_of_one_value_each),
        CASE(zip_continues_shorter_inputs_with_none),
        CASE(zip_of_one_and_of_none),
        CASE(zip_keeps_what_it_has_while_an_input_pauses),
        CASE(zip_lets_its_inputs_wait_at_the_same_time),
        CASE(zip_shortest_ends_with_the_first_that_ends),
        CASE(zip_strict_fails_unless_all_end_together),
        CASE(zip_fails_with_its_first_failure),
        CASE(zip_lets_settled_errors_go_by),
        CASE(zip_reads_ahead),
        CASE(zip_says_what_is_wrong_with_its_inputs),
        CASE(map_all_maps_tuples),
        CASE(tee_gives_all_values_to_each_reader),
        CASE(tee_lets_one_reader_be_ahead_by_its_room),
        CASE(tee_holds_a_fast_reader_until_the_slowest_follows),
        CASE(tee_wakes_a_reader_that_waits_for_room),
        CASE(tee_readers_wait_for_the_source_together),
        CASE(tee_gives_a_failure_to_each_reader_after_its_values),
        CASE(tee_is_not_held_up_by_a_closed_reader),
        CASE(tee_closes_its_source_with_the_last_reader),
        CASE(tee_survives_a_source_that_reads_a_reader),
        CASE(tee_says_what_is_wrong),
    };
    return run_tests("zip", tests, sizeof tests / sizeof *tests);
}
