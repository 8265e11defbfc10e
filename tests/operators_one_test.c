/* SPDX-License-Identifier: MIT */
/* Operators that change or choose the values of one source. */
#include "operator_functions.h"

/* A source whose whole list is one row set, with values that must be dropped.
 */
static flow_stage *letters(void)
{
    return flow_list(FLOW_VALUES(counted("a"), counted("b"), counted("c"),
                                 counted("d")));
}

/* ---- map --------------------------------------------------------------- */
TEST(map_applies_its_function_to_each_value)
{
    expect("2 4 6", flow_map(numbers(3), twice, NULL));
}

TEST(map_changes_whole_row_sets)
{
    expect("2 4 6 8 10 12 14 16 18",
           flow_map(flow_read_ahead(numbers(9), 4), twice, NULL));
}

TEST(map_pauses_with_its_source)
{
    expect("a b c", flow_map(script("a.b_c"), same, NULL));
}

TEST(map_passes_settled_errors_untouched)
{
    expect("2 <Invalid: settled> 4",
           flow_map(flow_list(FLOW_VALUES(1, settled(), 2)), twice, NULL));
}

TEST(map_gives_results_before_its_functions_failure_and_drops_the_rest)
{
    expect("a b !Invalid: not that",
           flow_map(letters(), but_not, &(int){ 'c' }));
    expect("!Invalid: not that", flow_map(letters(), but_not, &(int){ 'a' }));
    expect("1 2 !Invalid: not that",
           flow_map(numbers(9), but_not, &(int){ 3 }));
}

TEST(map_passes_its_sources_failure_after_the_results)
{
    expect("a b !Invalid: scripted", flow_map(script("a.b!c"), same, NULL));
}

static flow_value settles(flow_value v, void *arg)
{
    (void)arg;
    flow_drop(v);
    return settled();
}

TEST(map_gives_a_settled_error_that_its_function_answers)
{
    expect("<Invalid: settled>", flow_map(flow_once(flow_none()), settles,
                                          NULL));
}

TEST(map_without_a_function_fails_and_closes_its_source)
{
    int closed = 0;

    expect("!Invalid: flow_map: give it a function, not NULL",
           flow_map(watched_script("ab", &closed), NULL, NULL));
    CHECK(closed == 1);
}

TEST(map_of_no_stage_fails)
{
    expect("!Invalid: asked a stage that is NULL", flow_map(NULL, same, NULL));
}

/* ---- enumerate --------------------------------------------------------- */
TEST(enumerate_counts_from_a_number)
{
    expect("(-1, 'a') (0, 'b') (1, 'c')",
           flow_enumerate(script("a.bc"), -1));
}

TEST(enumerate_does_not_count_settled_errors)
{
    expect("(0, 1) <Invalid: settled> (1, 2)",
           flow_enumerate(flow_list(FLOW_VALUES(1, settled(), 2)), 0));
}

/* ---- scan -------------------------------------------------------------- */
TEST(scan_gives_running_values_but_not_its_start)
{
    expect("11 13 16", flow_scan(numbers(3), flow_int(10), add, NULL));
    expect("a ab abc", flow_scan(script("a.b_c"), flow_literal(""), join,
                                 NULL));
}

TEST(scan_of_nothing_is_nothing)
{
    expect("", flow_scan(numbers(0), counted("start"), join, NULL));
}

TEST(scan_passes_settled_errors_untouched)
{
    expect("1 <Invalid: settled> 3",
           flow_scan(flow_list(FLOW_VALUES(1, settled(), 2)), flow_int(0), add,
                     NULL));
}

static flow_value fails_at_three(flow_value a, flow_value b, void *arg)
{
    flow_value v = add(a, b, arg);

    return v.as.num < 3 ? v : flow_error(FLOW_ELIMIT, 0, "three");
}

TEST(scan_fails_with_its_function)
{
    expect("1 !Limit: three",
           flow_scan(flow_read_ahead(numbers(5), 5), flow_int(0),
                     fails_at_three, NULL));
}

TEST(scan_fails_with_its_start)
{
    int closed = 0;

    expect("!Invalid: no start",
           flow_scan(watched_script("a", &closed),
                     flow_error(FLOW_EINVAL, 0, "no start"), add, NULL));
    CHECK(closed == 1);
}

TEST(scan_without_a_function_fails)
{
    expect("!Invalid: flow_scan: give it a function, not NULL",
           flow_scan(numbers(1), counted("start"), NULL, NULL));
}

/* ---- filter ------------------------------------------------------------ */
TEST(filter_keeps_what_passes)
{
    expect("1 3 5", flow_filter(numbers(6), is_odd, NULL));
    expect("1 3 5 7 9", flow_filter(flow_read_ahead(numbers(9), 4), is_odd,
                                    NULL));
    expect("a c d", flow_filter(letters(), is_no_b, NULL));
}

TEST(filter_without_a_test_keeps_what_is_true)
{
    expect("1 yes 2.5", flow_filter(flow_list(FLOW_VALUES(
        0, 1, "", "yes", flow_none(), 2.5, false)), NULL, NULL));
}

TEST(filter_may_keep_nothing)
{
    expect("", flow_filter(letters(), nothing_passes, NULL));
    expect("", flow_filter(script("a.b_c"), nothing_passes, NULL));
    expect("!Invalid: scripted",
           flow_filter(script("a.b!c"), nothing_passes, NULL));
}

TEST(filter_keeps_settled_errors)
{
    expect("<Invalid: settled>",
           flow_filter(flow_list(FLOW_VALUES(1, settled(), 2)),
                       nothing_passes, NULL));
}

/* ---- take -------------------------------------------------------------- */
TEST(take_gives_the_first_n)
{
    expect("1 2", flow_take(numbers(5), 2));
    expect("1 2 3", flow_take(numbers(3), 3));
    expect("1 2 3", flow_take(numbers(3), 9));
    expect("a b c", flow_take(script("a._bcd"), 3));
}

TEST(take_drops_the_rest_of_a_row_set)
{
    expect("a b c", flow_take(letters(), 3));
    expect("a", flow_take(letters(), 1));
    expect("1 2 3 4 5", flow_take(flow_read_ahead(numbers(9), 4), 5));
}

TEST(take_of_none_does_not_ask)
{
    int closed = 0;

    expect("", flow_take(never(), 0));
    expect("", flow_take(watched_script("!", &closed), 0));
    CHECK(closed == 1);
}

TEST(take_never_asks_for_more_than_it_gives)
{
    expect("a b", flow_take(script("ab.!"), 2));
    expect("1 2", flow_take(flow_concat(FLOW_STAGES(numbers(2), never())), 2));
}

TEST(take_passes_a_failure_that_comes_before_it_has_enough)
{
    expect("a !Invalid: scripted", flow_take(script("a!"), 2));
}

TEST(take_closes_its_source_with_the_last_value)
{
    int closed = 0;
    flow_stage *s = flow_take(watched_script("abc", &closed), 2);
    flow_value v;

    if (flow_block(s, &v))
        flow_drop(v);
    CHECK(closed == 0);
    if (flow_block(s, &v))
        flow_drop(v);
    CHECK(closed == 1);
    CHECK(!flow_block(s, &v));
    CHECK(flow_failure(s) == NULL);
    flow_close(s);
}

TEST(take_drops_a_value_kept_back_when_it_is_closed)
{
    flow_stage *s = flow_take(letters(), 3);
    flow_value v;

    if (flow_block(s, &v))
        flow_drop(v);
    if (flow_block(s, &v))
        flow_drop(v);
    flow_close(s);
}

TEST(take_does_not_count_settled_errors)
{
    expect("1 <Invalid: settled> 2",
           flow_take(flow_list(FLOW_VALUES(1, settled(), 2, 3)), 2));
}

/* ---- take_while -------------------------------------------------------- */
TEST(take_while_ends_at_the_first_that_does_not_pass)
{
    expect("1 2", flow_take_while(numbers(5), is_below, &(int){ 3 }));
    expect("a", flow_take_while(script("a_ba"), is_no_b, NULL));
    expect("a", flow_take_while(letters(), is_no_b, NULL));
    expect("", flow_take_while(letters(), nothing_passes, NULL));
    expect("1 2", flow_take_while(numbers(2), is_below, &(int){ 3 }));
}

TEST(take_while_closes_its_source_when_it_ends)
{
    int closed = 0;

    flow_stage *s = flow_take_while(watched_script("abc", &closed), is_no_b,
                                    NULL);
    for (flow_value v; flow_block(s, &v);)
        flow_drop(v);
    CHECK(closed == 1);
    CHECK(flow_failure(s) == NULL);
    flow_close(s);
}

TEST(take_while_does_not_test_settled_errors)
{
    expect("<Invalid: settled>",
           flow_take_while(flow_list(FLOW_VALUES(settled(), 7)), nothing_passes,
                           NULL));
}

TEST(take_while_passes_a_failure)
{
    expect("a !Invalid: scripted",
           flow_take_while(script("a!"), is_no_b, NULL));
}

TEST(take_while_without_a_test_fails)
{
    expect("!Invalid: flow_take_while: give it a test, not NULL",
           flow_take_while(numbers(1), NULL, NULL));
}

/* ---- skip -------------------------------------------------------------- */
TEST(skip_leaves_out_the_first_n)
{
    expect("3 4 5", flow_skip(numbers(5), 2));
    expect("1 2", flow_skip(numbers(2), 0));
    expect("", flow_skip(numbers(2), 3));
    expect("d", flow_skip(letters(), 3));
    expect("6 7 8 9", flow_skip(flow_read_ahead(numbers(9), 4), 5));
    expect("b c", flow_skip(script("a_b.c"), 1));
}

TEST(skip_leaves_settled_errors_in)
{
    expect("<Invalid: settled> 2",
           flow_skip(flow_list(FLOW_VALUES(settled(), 1, 2)), 1));
}

TEST(skip_passes_a_failure)
{
    expect("!Invalid: scripted", flow_skip(script("ab!"), 5));
}

/* ---- skip_while -------------------------------------------------------- */
TEST(skip_while_begins_with_the_first_that_does_not_pass)
{
    expect("3 4 1", flow_skip_while(flow_list(FLOW_VALUES(1, 2, 3, 4, 1)),
                                    is_below, &(int){ 3 }));
    expect("b c a", flow_skip_while(script("aa.b_ca"), is_no_b, NULL));
    expect("", flow_skip_while(numbers(2), is_below, &(int){ 3 }));
}

TEST(skip_while_does_not_test_settled_errors)
{
    expect("<Invalid: settled> 3",
           flow_skip_while(flow_list(FLOW_VALUES(1, settled(), 3)), is_below,
                           &(int){ 3 }));
}

TEST(skip_while_without_a_test_fails)
{
    expect("!Invalid: flow_skip_while: give it a test, not NULL",
           flow_skip_while(numbers(1), NULL, NULL));
}

/* ---- distinct ---------------------------------------------------------- */
TEST(distinct_leaves_out_what_equals_the_value_before)
{
    expect("1 2 1", flow_distinct(flow_list(FLOW_VALUES(1, 1, 2, 2, 2, 1))));
    expect("a b a", flow_distinct(script("aa.ab_ba")));
    expect("None 1 [1] [2]", flow_distinct(flow_list(FLOW_VALUES(
        flow_none(), flow_none(), 1, 1.0, flow_pack(FLOW_VALUES(1)),
        flow_pack(FLOW_VALUES(1)), flow_pack(FLOW_VALUES(2))))));
}

TEST(distinct_does_not_compare_settled_errors)
{
    expect("1 <Invalid: settled> <Invalid: settled> 2",
           flow_distinct(flow_list(FLOW_VALUES(1, settled(), 1, settled(),
                                               2))));
}

/* ---- Together ---------------------------------------------------------- */
TEST(operators_chain)
{
    flow_stage *s = flow_read_ahead(numbers(20), 8);

    s = flow_map(flow_filter(s, is_odd, NULL), twice, NULL);
    s = flow_enumerate(flow_take(flow_skip(s, 2), 3), 1);
    expect("(1, 10) (2, 14) (3, 18)", s);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(map_applies_its_function_to_each_value),
        CASE(map_changes_whole_row_sets),
        CASE(map_pauses_with_its_source),
        CASE(map_passes_settled_errors_untouched),
        CASE(map_gives_results_before_its_functions_failure_and_drops_the_rest),
        CASE(map_passes_its_sources_failure_after_the_results),
        CASE(map_gives_a_settled_error_that_its_function_answers),
        CASE(map_without_a_function_fails_and_closes_its_source),
        CASE(map_of_no_stage_fails),
        CASE(enumerate_counts_from_a_number),
        CASE(enumerate_does_not_count_settled_errors),
        CASE(scan_gives_running_values_but_not_its_start),
        CASE(scan_of_nothing_is_nothing),
        CASE(scan_passes_settled_errors_untouched),
        CASE(scan_fails_with_its_function),
        CASE(scan_fails_with_its_start),
        CASE(scan_without_a_function_fails),
        CASE(filter_keeps_what_passes),
        CASE(filter_without_a_test_keeps_what_is_true),
        CASE(filter_may_keep_nothing),
        CASE(filter_keeps_settled_errors),
        CASE(take_gives_the_first_n),
        CASE(take_drops_the_rest_of_a_row_set),
        CASE(take_of_none_does_not_ask),
        CASE(take_never_asks_for_more_than_it_gives),
        CASE(take_passes_a_failure_that_comes_before_it_has_enough),
        CASE(take_closes_its_source_with_the_last_value),
        CASE(take_drops_a_value_kept_back_when_it_is_closed),
        CASE(take_does_not_count_settled_errors),
        CASE(take_while_ends_at_the_first_that_does_not_pass),
        CASE(take_while_closes_its_source_when_it_ends),
        CASE(take_while_does_not_test_settled_errors),
        CASE(take_while_passes_a_failure),
        CASE(take_while_without_a_test_fails),
        CASE(skip_leaves_out_the_first_n),
        CASE(skip_leaves_settled_errors_in),
        CASE(skip_passes_a_failure),
        CASE(skip_while_begins_with_the_first_that_does_not_pass),
        CASE(skip_while_does_not_test_settled_errors),
        CASE(skip_while_without_a_test_fails),
        CASE(distinct_leaves_out_what_equals_the_value_before),
        CASE(distinct_does_not_compare_settled_errors),
        CASE(operators_chain),
    };

    return run_tests("operators_one", tests, sizeof tests / sizeof *tests);
}
