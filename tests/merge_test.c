/* SPDX-License-Identifier: MIT */
/* Operators that read several stages as they come: merge, concurrent, race. */
#include "fan_tests.h"
#include "operator_functions.h"

#include <string.h>

/* ---- merge --------------------------------------------------------------- */
TEST(merge_takes_one_of_each_in_rotation)
{
    expect_merged("one 1 two 2 3",
           flow_merge(FLOW_STAGES(flow_list(FLOW_VALUES("one", "two")),
                                  numbers(3))));
    expect_merged("a 1 x b 2 y c 3 4",
           flow_merge(FLOW_STAGES(script("abc"), numbers(4), script("xy"))));
}

TEST(merge_passes_over_an_input_that_pauses)
{
    expect_merged("a 1 b 2 3 c",
           flow_merge(FLOW_STAGES(script("ab.c"), script("123"))));
    expect_merged("1 a 2 3 b",
                  flow_merge(FLOW_STAGES(script("_a___b"),
                                         script("1__2_3"))));
}

TEST(merge_of_one_is_that_one_and_of_none_ends)
{
    expect_merged("a b c", flow_merge(FLOW_STAGES(script("a.b_c"))));
    expect_merged("", flow_merge(NULL, 0));
    expect_merged("", flow_merge(FLOW_STAGES(script(""), script("."))));
}

TEST(merge_takes_row_sets_in_rotation_too)
{
    expect_merged("1 a 2 b 3 c 4",
           flow_merge(FLOW_STAGES(flow_list(FLOW_VALUES(1, 2, 3, 4)),
                                  flow_read_ahead(script("abc"), 8))));
}

TEST(merge_reads_ahead_without_changing_the_order)
{
    expect_merged("a 1 b 2 3 c",
           flow_read_ahead(flow_merge(FLOW_STAGES(script("ab.c"),
                                                  script("123"))), 4));
}

TEST(merge_nests)
{
    expect_merged("a x b c y z",
           flow_merge(FLOW_STAGES(
               flow_merge(FLOW_STAGES(script("a._b"), script("_.c"))),
               flow_merge(FLOW_STAGES(script("x__y__z"))))));
}

TEST(merge_gives_what_others_have_ready_before_a_failure)
{
    expect_merged("1 2 3 !Invalid: scripted",
           flow_merge(FLOW_STAGES(flow_list(FLOW_VALUES(1, 2, 3)),
                                  script("!"))));
    expect_merged("a 1 x 2 y 3 !Invalid: scripted",
           flow_merge(FLOW_STAGES(script("a!"),
                                  flow_list(FLOW_VALUES(1, 2, 3)),
                                  flow_list(FLOW_VALUES("x", "y")))));
}

TEST(merge_closes_the_others_when_one_fails)
{
    int closed = 0;
    flow_stage *s = flow_merge(FLOW_STAGES(watched_script("_a", &closed),
                                           script("!")));
    flow_value v;

    CHECK(!flow_block(s, &v));
    CHECK(flow_is(flow_failure(s), FLOW_EINVAL));
    CHECK(closed == 1);
    flow_close(s);
}

TEST(merge_closes_an_input_as_soon_as_it_has_ended)
{
    int closed = 0;
    flow_stage *s = flow_merge(FLOW_STAGES(watched_script("a", &closed),
                                           script("1_2")));

    CHECK(block_on(s, 3) == 3);
    CHECK(closed == 1);
    flow_close(s);
}

TEST(merge_lets_settled_errors_through)
{
    expect_merged("a 1 <Invalid: scripted> 2 3",
           flow_merge(FLOW_STAGES(flow_trap(script("a!"), FLOW_EINVAL),
                                  numbers(3))));
}

TEST(merge_asks_only_inputs_that_were_woken)
{
    enum { MANY = 200 };
    flow_stage *s[MANY];
    int asked = 0;

    for (int i = 0; i < MANY; i++)
        s[i] = i == 77 ? script("a.b_cd.e") : idle(&asked);

    flow_stage *m = flow_merge(s, MANY);

    CHECK(block_on(m, 5) == 5);
    CHECK(asked == MANY - 1);
    flow_close(m);
}

TEST(merge_is_not_held_up_by_an_input_that_wakes_itself)
{
    expect_merged("a b 1", flow_merge(FLOW_STAGES(restless(5), script("ab"))));
    expect_merged("1", flow_merge(FLOW_STAGES(restless(3))));
    expect_merged("1", flow_race(FLOW_STAGES(never(), restless(3))));
    expect_merged("1 a", flow_merge(FLOW_STAGES(restless(0), script("._a"))));
}

TEST(merge_may_be_closed_with_inputs_that_wake_each_other)
{
    for (int first = 0; first < 2; first++) {
        flow_chan *c = flow_chan_new(1);
        flow_stage *reader = flow_from_chan(c);
        flow_stage *writer = flow_generate(ends_channel, NULL, c);
        flow_stage *s = first == 0
                        ? flow_merge(FLOW_STAGES(reader, writer))
                        : flow_merge(FLOW_STAGES(writer, reader));

        CHECK(block_on(s, 1) == 1);
        flow_close(s);
        flow_chan_release(c);
    }
}

TEST(merge_says_what_is_wrong_with_its_inputs)
{
    expect_merged("!Invalid: flow_merge: input 2 is NULL, give a stage",
           flow_merge(FLOW_STAGES(script("a"), NULL)));
    expect_merged("!Invalid: flow_merge: give an array of stages, not NULL",
           flow_merge(NULL, 3));
}

/* ---- concurrent ---------------------------------------------------------- */
/* Takes one value of each stage it is handed. */
static void takes_one(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value box, v;

    (void)arg;
    while (flow_next(self, source, &box)) {
        flow_stage *s = flow_stage_of(&box);

        if (s != NULL && flow_next(self, s, &v))
            flow_yield(self, v);
        flow_drop(box);
    }
}

/* Takes all that is ready. */
static void takes_all_ready(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value box, *set;
    size_t n;

    (void)arg;
    while (flow_next(self, source, &box)) {
        flow_stage *s = flow_stage_of(&box);

        flow_drop(box);
        if (s != NULL && flow_next_set(self, s, &set, &n))
            flow_yield(self, flow_pack(set, n));
    }
}

/* Reads a stage it was handed to its end, waiting for it alone. */
static void takes_whole(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value box, v;

    (void)arg;
    while (flow_next(self, source, &box)) {
        flow_stage *s = flow_stage_of(&box);

        flow_drop(box);
        while (flow_next(self, s, &v))
            flow_yield(self, v);
    }
}

TEST(concurrent_hands_out_stages_in_rotation)
{
    expect_merged("a 1 b 2 3 c",
           flow_generate(takes_one,
                         flow_concurrent(FLOW_STAGES(script("ab.c"),
                                                     script("123"))),
                         NULL));
}

TEST(concurrent_hands_out_a_stage_once_for_what_is_ready)
{
    expect_merged("[1, 2] ['a'] ['b']",
           flow_generate(takes_all_ready,
                         flow_concurrent(FLOW_STAGES(
                             flow_list(FLOW_VALUES(1, 2)), script("ab"))),
                         NULL));
}

TEST(concurrent_lets_its_reader_ask_the_stage_itself)
{
    expect_merged("a b c 1 2 3",
           flow_generate(takes_whole,
                         flow_concurrent(FLOW_STAGES(script("a.b_c"),
                                                     script("1.2.3"))),
                         NULL));
}

TEST(concurrent_hands_out_each_only_once_in_a_row_set)
{
    flow_stage *s = flow_concurrent(FLOW_STAGES(script("ab"), script("1")));

    expect_merged("['a'] ['1'] ['b']",
           flow_generate(takes_all_ready, flow_read_ahead(s, 8), NULL));
}

TEST(concurrent_hands_out_what_is_ready_before_a_failure)
{
    expect_merged("1 2 3 !Invalid: scripted",
           flow_generate(takes_one,
                         flow_concurrent(FLOW_STAGES(
                             flow_list(FLOW_VALUES(1, 2, 3)), script("!"))),
                         NULL));
}

TEST(concurrent_boxes_may_outlive_their_stages)
{
    flow_stage *s = flow_concurrent(FLOW_STAGES(script("a")));
    flow_value box, v = flow_int(1);

    if (flow_block(s, &box)) {
        CHECK(flow_ready(flow_stage_of(&box)) == 1);
        flow_close(s);
        CHECK(flow_stage_of(&box) == NULL);
        flow_drop(box);
    } else {
        flow_close(s);
    }
    CHECK(flow_stage_of(&v) == NULL);
    CHECK(flow_stage_of(NULL) == NULL);
}

TEST(concurrent_asks_only_inputs_that_were_woken)
{
    enum { MANY = 100 };
    flow_stage *s[MANY];
    int asked = 0;

    for (int i = 0; i < MANY; i++)
        s[i] = i == 50 ? script("a.b.c") : idle(&asked);

    flow_stage *c = flow_generate(takes_one, flow_concurrent(s, MANY), NULL);

    CHECK(block_on(c, 3) == 3);
    CHECK(asked == MANY - 1);
    flow_close(c);
}

TEST(concurrent_of_none_ends)
{
    expect_merged("", flow_concurrent(NULL, 0));
    expect_merged("!Invalid: flow_concurrent: input 1 is NULL, give a stage",
           flow_concurrent(FLOW_STAGES(NULL, script("a"))));
}

/* ---- race ---------------------------------------------------------------- */
TEST(race_gives_all_of_the_first_that_answers)
{
    expect_merged("x y z", flow_race(FLOW_STAGES(script("_a"), script(".x_yz"),
                                          script("__b"))));
    expect_merged("a b", flow_race(FLOW_STAGES(script("ab"), script("xy"))));
    expect_merged("1 2 3", flow_race(FLOW_STAGES(never(),
                                          flow_list(FLOW_VALUES(1, 2, 3)))));
}

TEST(race_is_won_by_an_end)
{
    expect_merged("", flow_race(FLOW_STAGES(script("_a"), script("."))));
    expect_merged("", flow_race(NULL, 0));
}

TEST(race_is_won_by_a_failure)
{
    expect_merged("!Invalid: scripted",
           flow_race(FLOW_STAGES(script("_a"), script(".!"))));
}

TEST(race_closes_the_losers_at_once)
{
    int closed = 0;
    flow_stage *s = flow_race(FLOW_STAGES(watched_script("_a", &closed),
                                          script(".b.c"),
                                          watched_script("__d", &closed)));

    CHECK(block_on(s, 1) == 1);
    CHECK(closed == 2);
    flow_close(s);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(merge_takes_one_of_each_in_rotation),
        CASE(merge_passes_over_an_input_that_pauses),
        CASE(merge_of_one_is_that_one_and_of_none_ends),
        CASE(merge_takes_row_sets_in_rotation_too),
        CASE(merge_reads_ahead_without_changing_the_order),
        CASE(merge_nests),
        CASE(merge_gives_what_others_have_ready_before_a_failure),
        CASE(merge_closes_the_others_when_one_fails),
        CASE(merge_closes_an_input_as_soon_as_it_has_ended),
        CASE(merge_lets_settled_errors_through),
        CASE(merge_asks_only_inputs_that_were_woken),
        CASE(merge_is_not_held_up_by_an_input_that_wakes_itself),
        CASE(merge_may_be_closed_with_inputs_that_wake_each_other),
        CASE(merge_says_what_is_wrong_with_its_inputs),
        CASE(concurrent_hands_out_stages_in_rotation),
        CASE(concurrent_hands_out_a_stage_once_for_what_is_ready),
        CASE(concurrent_lets_its_reader_ask_the_stage_itself),
        CASE(concurrent_hands_out_each_only_once_in_a_row_set),
        CASE(concurrent_hands_out_what_is_ready_before_a_failure),
        CASE(concurrent_boxes_may_outlive_their_stages),
        CASE(concurrent_asks_only_inputs_that_were_woken),
        CASE(concurrent_of_none_ends),
        CASE(race_gives_all_of_the_first_that_answers),
        CASE(race_is_won_by_an_end),
        CASE(race_is_won_by_a_failure),
        CASE(race_closes_the_losers_at_once),
    };
    return run_tests("merge", tests, sizeof tests / sizeof *tests);
}
