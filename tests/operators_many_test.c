/* SPDX-License-Identifier: MIT */
/* Operators that make one of many, many of one, or one stage of several. */
#include "operator_functions.h"

/* ---- reduce ------------------------------------------------------------ */
TEST(reduce_gives_the_last_running_value)
{
    expect("6", flow_reduce(numbers(3), flow_int(0), add, NULL));
    expect("145", flow_reduce(flow_read_ahead(numbers(9), 4), flow_int(100),
                              add, NULL));
}

TEST(reduce_of_nothing_gives_its_start)
{
    expect("start", flow_reduce(numbers(0), counted("start"), join, NULL));
}

TEST(reduce_keeps_what_it_has_while_its_source_pauses)
{
    expect("abc", flow_reduce(script("a.b_c"), flow_literal(""), join,
                              NULL));
}

TEST(reduce_lets_settled_errors_go_ahead)
{
    expect("<Invalid: settled> 3",
           flow_reduce(flow_list(FLOW_VALUES(1, settled(), 2)), flow_int(0),
                       add, NULL));
}

TEST(reduce_gives_nothing_but_a_failure)
{
    expect("!Invalid: scripted",
           flow_reduce(script("ab!"), flow_literal(""), join, NULL));
    expect("!Invalid: no start",
           flow_reduce(numbers(2), flow_error(FLOW_EINVAL, 0, "no start"), add,
                       NULL));
    expect("!Invalid: flow_reduce: give it a function, not NULL",
           flow_reduce(numbers(2), counted("start"), NULL, NULL));
}

static flow_value fails_at_three(flow_value a, flow_value b, void *arg)
{
    flow_value v = add(a, b, arg);

    return v.as.num < 3 ? v : flow_error(FLOW_ELIMIT, 0, "three");
}

TEST(reduce_fails_with_its_function_after_settled_errors)
{
    expect("<Invalid: settled> !Limit: three",
           flow_reduce(flow_list(FLOW_VALUES(1, settled(), 2, 3)), flow_int(0),
                       fails_at_three, NULL));
}

/* ---- collect ----------------------------------------------------------- */
TEST(collect_gives_one_list)
{
    expect("[1, 2, 3]", flow_collect(numbers(3)));
    expect("[]", flow_collect(numbers(0)));
    expect("[1, 2, 3, 4, 5]", flow_collect(flow_read_ahead(numbers(5), 2)));
}

TEST(collect_keeps_what_it_has_while_its_source_pauses)
{
    expect("['a', 'b', 'c']", flow_collect(script("a.b_c")));
}

TEST(collect_keeps_settled_errors_in_the_list)
{
    expect("[1, <Invalid: settled>]",
           flow_collect(flow_list(FLOW_VALUES(1, settled()))));
}

TEST(collect_gives_nothing_but_a_failure)
{
    expect("!Invalid: scripted", flow_collect(script("ab!")));
}

TEST(collect_most_fails_beyond_its_bound)
{
    expect("[1, 2]", flow_collect_most(numbers(2), 2));
    expect("!Limit: flow_collect_most: more than 2 values; allow more, or "
           "flow_take some",
           flow_collect_most(flow_list(FLOW_VALUES(counted("a"), counted("b"),
                                                   counted("c"))), 2));
    expect("[]", flow_collect_most(numbers(0), 0));
}

static flow_value length(flow_value list, void *arg)
{
    flow_value v = flow_int(list.size);

    (void)arg;
    flow_drop(list);
    return v;
}

TEST(collect_gathers_many)
{
    expect("1000", flow_map(flow_collect(flow_read_ahead(numbers(1000), 7)),
                            length, NULL));
}

/* ---- for_each ---------------------------------------------------------- */
static flow_value count(flow_value v, void *arg)
{
    ++*(int *)arg;
    return v;                   /* for_each drops it                        */
}

TEST(for_each_calls_and_gives_nothing)
{
    int calls = 0;

    expect("", flow_for_each(script("a.b_c"), count, &calls));
    CHECK(calls == 3);
}

TEST(for_each_fails_with_its_function)
{
    expect("!Invalid: not that",
           flow_for_each(numbers(9), but_not, &(int){ 3 }));
    expect("!Invalid: not that",
           flow_for_each(flow_list(FLOW_VALUES(counted("a"), counted("b"),
                                               counted("c"))),
                         but_not, &(int){ 'b' }));
}

TEST(for_each_gives_settled_errors)
{
    int calls = 0;

    expect("<Invalid: settled>",
           flow_for_each(flow_list(FLOW_VALUES(1, settled(), 2)), count,
                         &calls));
    CHECK(calls == 2);
}

TEST(for_each_without_a_function_fails)
{
    expect("!Invalid: flow_for_each: give it a function, not NULL",
           flow_for_each(numbers(1), NULL, NULL));
}

/* ---- batch ------------------------------------------------------------- */
/* As script, but of numbers, which need no memory: a list that a failure cuts
 * short would be given before it. */
static void plays(flow_gen *self, flow_stage *source, void *arg)
{
    bool goes_on = true;

    (void)source;
    for (const char *c = arg; goes_on && *c != '\0'; c++)
        if (*c == '.' || *c == '_')
            goes_on = flow_cooperate(self, *c == '_' ? 1.0 : 0.0);
        else
            goes_on = flow_yield(self, *c - '0');
}

static flow_stage *digits(const char *text)
{
    return flow_generate(plays, NULL, (void *)(uintptr_t)text);
}

TEST(batch_gives_lists_of_n)
{
    expect("[1, 2] [3, 4] [5]", flow_batch(numbers(5), 2, 0));
    expect("[1, 2] [3, 4]", flow_batch(numbers(4), 2, 0));
    expect("[1] [2]", flow_batch(numbers(2), 1, 0));
    expect("[1, 2, 3] [4, 5]",
           flow_batch(flow_read_ahead(numbers(5), 4), 3, 0));
    expect("", flow_batch(numbers(0), 3, 0));
}

TEST(batch_keeps_what_it_has_while_its_source_pauses)
{
    expect("[1, 2] [3]", flow_batch(digits("1_2.3"), 2, 0));
}

TEST(batch_gives_what_it_has_before_a_failure)
{
    expect("[1, 2] [3] !Invalid: no more",
           flow_batch(flow_concat(FLOW_STAGES(numbers(3),
               flow_failed(flow_error(FLOW_EINVAL, 0, "no more")))), 2, 0));
}

TEST(batch_gives_a_list_when_its_time_has_come)
{
    expect("[1, 2, 3] [4]", flow_batch(digits("12_3__4"), 9, 1.5));
    expect("[1] [2, 3] [4]", flow_batch(digits("1__2.3__4"), 9, 1.5));
}

TEST(batch_counts_its_time_from_the_first_value_of_a_list)
{
    /* At 0 1 2 3 4 seconds; lists begin with 1, 3 and 5. */
    expect("[1, 2] [3, 4] [5]",
           flow_batch(digits("1_2_3_4_5"), 9, 1.5));
}

TEST(batch_that_is_full_does_not_wait_for_its_time)
{
    double began = flow_host_here()->now(flow_host_here());

    expect("[1, 2] [3]", flow_batch(digits("1.2.3"), 2, 1000));
    CHECK(flow_host_here()->now(flow_host_here()) - began < 1000);
}

TEST(batch_never_gives_an_empty_list)
{
    expect("[1] [2]", flow_batch(digits("___1___2___"), 2, 0.5));
}

TEST(batch_of_none_fails)
{
    expect("!Invalid: flow_batch: ask for lists of at least 1 value",
           flow_batch(numbers(1), 0, 0));
}

/* ---- unbatch ----------------------------------------------------------- */
TEST(unbatch_gives_the_items_of_lists_and_tuples)
{
    expect("1 2 3 4 [5]", flow_unbatch(flow_list(FLOW_VALUES(
        flow_pack(FLOW_VALUES(1, 2)), 3,
        flow_tuple(FLOW_VALUES(4, flow_pack(FLOW_VALUES(5))))))));
}

TEST(unbatch_passes_over_empty_lists)
{
    expect("None 1", flow_unbatch(flow_list(FLOW_VALUES(
        flow_pack(NULL, 0), flow_none(), flow_pack(NULL, 0), 1))));
    expect("", flow_unbatch(flow_once(flow_tuple(NULL, 0))));
}

TEST(unbatch_undoes_batch)
{
    expect("a b c d e", flow_unbatch(flow_batch(script("ab.c_de"), 2, 0)));
    expect("5050", flow_reduce(flow_unbatch(flow_batch(numbers(100), 40, 0)),
                               flow_int(0), add, NULL));
}

TEST(unbatch_leaves_a_list_that_others_hold_as_it_is)
{
    flow_value list = flow_pack(FLOW_VALUES(1, 2, 3));

    expect("2 4 6", flow_map(flow_unbatch(flow_once(flow_share(list))), twice,
                             NULL));
    expect("[1, 2, 3]", flow_once(list));
}

TEST(unbatch_passes_failures_and_settled_errors)
{
    expect("a !Invalid: scripted", flow_unbatch(script("a!")));
    expect("<Invalid: settled> 1", flow_unbatch(flow_list(FLOW_VALUES(
        settled(), flow_tuple(FLOW_VALUES(1))))));
}

/* ---- flat_map ---------------------------------------------------------- */
static flow_stage *up_to(flow_value v, void *arg)
{
    (void)arg;
    return flow_read_ahead(numbers((int)v.as.num), 2);
}

TEST(flat_map_reads_one_stage_after_the_other)
{
    expect("1 1 2 1 2 3", flow_flat_map(numbers(3), up_to, NULL));
    expect("", flow_flat_map(numbers(0), up_to, NULL));
    expect("1", flow_flat_map(flow_list(FLOW_VALUES(0, 0, 1, 0)), up_to, NULL));
}

/* The script that a text is. Scripts of the tests are literals. */
static flow_stage *play(flow_value v, void *arg)
{
    const char *text = v.as.chars;

    (void)arg;
    return script(text);
}

TEST(flat_map_pauses_with_each_of_them)
{
    expect("a b c d", flow_flat_map(flow_list(FLOW_VALUES("a.b", "_", "c_d.")),
                                    play, NULL));
}

TEST(flat_map_ends_with_a_failure_of_either)
{
    expect("a !Invalid: scripted",
           flow_flat_map(flow_list(FLOW_VALUES("a!", "b")), play, NULL));
    expect("1 !Invalid: no more", flow_flat_map(flow_concat(FLOW_STAGES(
        numbers(1), flow_failed(flow_error(FLOW_EINVAL, 0, "no more")))),
        up_to, NULL));
}

TEST(flat_map_passes_settled_errors)
{
    expect("1 <Invalid: settled> 1 2",
           flow_flat_map(flow_list(FLOW_VALUES(1, settled(), 2)), up_to, NULL));
}

static flow_stage *no_stage(flow_value v, void *arg)
{
    (void)arg;
    flow_drop(v);
    return NULL;
}

TEST(flat_map_fails_when_its_function_answers_no_stage)
{
    expect("!Invalid: flow_flat_map: its function answered NULL; for no values "
           "answer flow_list(NULL, 0)",
           flow_flat_map(numbers(2), no_stage, NULL));
    expect("!Invalid: flow_flat_map: give it a function, not NULL",
           flow_flat_map(numbers(2), NULL, NULL));
}

/* ---- concat ------------------------------------------------------------ */
TEST(concat_gives_one_after_the_other)
{
    expect("1 2 a b 1", flow_concat(FLOW_STAGES(numbers(2), script("a_b"),
                                                numbers(0), numbers(1))));
}

TEST(concat_of_none_is_empty)
{
    expect("", flow_concat(NULL, 0));
}

TEST(concat_closes_each_when_it_ends)
{
    int first = 0, second = 0;
    flow_stage *s = flow_concat(FLOW_STAGES(watched_script("a", &first),
                                            watched_script("b", &second)));
    flow_value v;

    for (int n = 0; n < 2; n++)
        if (flow_block(s, &v))
            flow_drop(v);
    CHECK(first == 1);
    CHECK(second == 0);
    flow_close(s);
    CHECK(second == 1);
}

TEST(concat_closes_the_others_at_a_failure)
{
    int closed = 0;
    flow_stage *s = flow_concat(FLOW_STAGES(
        script("a!"), watched_script("b", &closed),
        watched_script("c", &closed)));
    flow_value v;

    if (flow_block(s, &v))
        flow_drop(v);
    CHECK(closed == 0);
    CHECK(!flow_block(s, &v));
    CHECK(flow_is(flow_failure(s), FLOW_EINVAL));
    CHECK(closed == 2);
    flow_close(s);
}

TEST(concat_of_no_stage_fails_in_its_turn)
{
    expect("1 !Invalid: asked a stage that is NULL",
           flow_concat(FLOW_STAGES(numbers(1), NULL, numbers(1))));
}

/* ---- Arrays -------------------------------------------------------------- */
TEST(no_array_of_some_length_is_refused)
{
#define REFUSES(name)                                                        \
    "!Invalid: flow_" name ": give an array of stages, not NULL"

    expect(REFUSES("concat"), flow_concat(NULL, 1));
    expect(REFUSES("zip"), flow_zip(NULL, 2));
    expect(REFUSES("zip_shortest"), flow_zip_shortest(NULL, 2));
    expect(REFUSES("zip_strict"), flow_zip_strict(NULL, 2));
    expect(REFUSES("map_all"), flow_map_all(NULL, 2, NULL, NULL));
    expect(REFUSES("map_all"), flow_map_all(NULL, SIZE_MAX, same, NULL));
    expect(REFUSES("merge"), flow_merge(NULL, SIZE_MAX));
    expect(REFUSES("concurrent"), flow_concurrent(NULL, 2));
    expect(REFUSES("race"), flow_race(NULL, 2));
    expect("!Invalid: a list of 2 items: give an array of them, not NULL",
           flow_list(NULL, 2));
#undef REFUSES
}

int main(void)
{
    static const struct test tests[] = {
        CASE(reduce_gives_the_last_running_value),
        CASE(reduce_of_nothing_gives_its_start),
        CASE(reduce_keeps_what_it_has_while_its_source_pauses),
        CASE(reduce_lets_settled_errors_go_ahead),
        CASE(reduce_gives_nothing_but_a_failure),
        CASE(reduce_fails_with_its_function_after_settled_errors),
        CASE(collect_gives_one_list),
        CASE(collect_keeps_what_it_has_while_its_source_pauses),
        CASE(collect_keeps_settled_errors_in_the_list),
        CASE(collect_gives_nothing_but_a_failure),
        CASE(collect_most_fails_beyond_its_bound),
        CASE(collect_gathers_many),
        CASE(for_each_calls_and_gives_nothing),
        CASE(for_each_fails_with_its_function),
        CASE(for_each_gives_settled_errors),
        CASE(for_each_without_a_function_fails),
        CASE(batch_gives_lists_of_n),
        CASE(batch_keeps_what_it_has_while_its_source_pauses),
        CASE(batch_gives_what_it_has_before_a_failure),
        CASE(batch_gives_a_list_when_its_time_has_come),
        CASE(batch_counts_its_time_from_the_first_value_of_a_list),
        CASE(batch_that_is_full_does_not_wait_for_its_time),
        CASE(batch_never_gives_an_empty_list),
        CASE(batch_of_none_fails),
        CASE(unbatch_gives_the_items_of_lists_and_tuples),
        CASE(unbatch_passes_over_empty_lists),
        CASE(unbatch_undoes_batch),
        CASE(unbatch_leaves_a_list_that_others_hold_as_it_is),
        CASE(unbatch_passes_failures_and_settled_errors),
        CASE(flat_map_reads_one_stage_after_the_other),
        CASE(flat_map_pauses_with_each_of_them),
        CASE(flat_map_ends_with_a_failure_of_either),
        CASE(flat_map_passes_settled_errors),
        CASE(flat_map_fails_when_its_function_answers_no_stage),
        CASE(concat_gives_one_after_the_other),
        CASE(concat_of_none_is_empty),
        CASE(concat_closes_each_when_it_ends),
        CASE(concat_closes_the_others_at_a_failure),
        CASE(concat_of_no_stage_fails_in_its_turn),
        CASE(no_array_of_some_length_is_refused),
    };

    return run_tests("operators_many", tests, sizeof tests / sizeof *tests);
}
