/* SPDX-License-Identifier: MIT */
/* The builder: what each step does to a value, and in which order. */
#include "builder_steps.h"

/* ---- Branches ---------------------------------------------------------- */
/* As up_to, in one row set. */
static flow_stage *up_to_at_once(flow_value v, void *arg)
{
    flow_value items[8];
    int64_t n = v.as.num < 8 ? v.as.num : 8;

    (void)arg;
    for (int64_t i = 0; i < n; i++)
        items[i] = flow_int(i + 1);
    return flow_list(items, (size_t)n);
}

/* 10 v + 1, + 2, + 3: items that say where they come from. */
static flow_stage *three_of(flow_value v, void *arg)
{
    int64_t n = 10 * v.as.num;

    (void)arg;
    return flow_list(FLOW_VALUES(n + 1, n + 2, n + 3));
}

static flow_stage *nothing_of(flow_value v, void *arg)
{
    (void)arg;
    flow_drop(v);
    return NULL;
}

TEST(a_builder_without_steps_gives_what_it_is_executed_with)
{
    expect("7", executes(flow_builder_new(), 7));
}

TEST(each_item_of_a_branch_goes_through_the_rest_before_the_next)
{
    flow_expand *const ways[] = { up_to, up_to_at_once };

    for (int i = 0; i < 2; i++) {
        flow_builder *b = flow_builder_new();

        begin_story();
        flow_add_branch(b, ways[i], NULL, NULL);
        flow_add_function(b, told, saw);
        flow_add_function(b, twice, NULL);
        flow_add_function(b, told, saw);
        expect("2 4 6", executes(b, 3));
        STORY_IS("1 2 2 4 3 6 ");
    }
}

TEST(on_finish_is_called_with_the_value_when_a_branch_is_exhausted)
{
    flow_builder *b = flow_builder_new();

    begin_story();
    flow_add_branch(b, up_to, told, finish);
    flow_add_function(b, told, saw);
    expect("1 2", executes(b, 2));
    STORY_IS("1 2 finish:2 ");
}

TEST(branches_nest)
{
    flow_builder *b = flow_builder_new();

    begin_story();
    flow_add_branch(b, up_to, told, finish);
    flow_add_branch(b, three_of, told, finish);
    expect("11 12 13 21 22 23", executes(b, 2));
    STORY_IS("finish:1 finish:2 finish:2 ");
}

TEST(a_branch_may_have_no_items)
{
    flow_expand *const ways[] = { nothing_of, up_to };

    for (int i = 0; i < 2; i++) {
        flow_builder *b = flow_builder_new();

        begin_story();
        flow_add_branch(b, ways[i], told, finish);
        flow_add_function(b, told, saw);
        expect("", executes(b, 0));
        STORY_IS("finish:0 ");
    }
}

TEST(a_branch_may_be_the_items_of_a_list_or_a_value_that_is_none)
{
    flow_builder *b = flow_builder_new();

    flow_add_branch(b, flow_each_item, NULL, NULL);
    flow_add_branch(b, flow_each_item, NULL, NULL);
    flow_stage *s = flow_builder_execute(b, flow_pack(FLOW_VALUES(
        1, flow_tuple(FLOW_VALUES(2, 3)), flow_pack(NULL, 0), "four")));
    flow_builder_release(b);
    expect("1 2 3 four", s);
}

TEST(a_branch_may_be_a_chain_of_operators_that_waits)
{
    static char text[] = "a._b";
    flow_builder *b = flow_builder_new();

    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_branch(b, script_of, NULL, text);
    flow_add_merge(b, flow_literal(""), join, NULL);
    expect("abab", executes(b, 2));
}

/* ---- Functions --------------------------------------------------------- */
TEST(a_function_makes_one_of_one)
{
    flow_builder *b = flow_builder_new();

    flow_add_function(flow_add_function(b, twice, NULL), twice, NULL);
    expect("20", executes(b, 5));
}

TEST(a_stop_ends_the_way_of_a_result_that_equals_it)
{
    flow_builder *b = flow_builder_new();

    begin_story();
    flow_add_branch(b, up_to, told, finish);
    flow_add_function(b, twice, NULL);
    flow_add_stop(b, flow_real(4));
    flow_add_function(b, told, saw);
    expect("2 6", executes(b, 3));
    STORY_IS("2 6 finish:3 ");
}

TEST(stop_is_compared_by_what_it_says)
{
    flow_builder *b = flow_builder_new();

    flow_add_branch(b, flow_each_item, NULL, NULL);
    flow_add_stop(b, counted("end"));
    flow_stage *s = flow_builder_execute(b, flow_pack(FLOW_VALUES(
        counted("a"), counted("end"), "end", "b")));
    flow_builder_release(b);
    expect("a b", s);
}

TEST(after_discard_nothing_goes_on)
{
    flow_builder *b = flow_builder_new();

    begin_story();
    flow_add_branch(b, up_to, told, finish);
    flow_add_function(b, told, saw);
    flow_add_discard(b);
    flow_add_function(b, fails, no);
    expect("", executes(b, 2));
    STORY_IS("1 2 finish:2 ");
}

/* ---- Scopes and merges ------------------------------------------------- */
TEST(a_merge_passes_one_value_on_when_the_execution_ends)
{
    flow_builder *b = flow_builder_new();

    begin_story();
    flow_add_branch(b, up_to, told, finish);
    flow_add_merge(b, flow_int(100), add, NULL);
    flow_add_function(b, told, saw);
    expect("110", executes(b, 4));
    STORY_IS("finish:4 110 ");
}

TEST(a_merge_of_nothing_passes_its_start_on)
{
    flow_builder *b = flow_builder_new();

    flow_add_discard(b);
    flow_add_merge(b, counted("start"), join, NULL);
    expect("start", executes(b, 4));
}

TEST(a_merge_in_a_scope_begins_anew_with_each)
{
    flow_builder *b = flow_builder_new();

    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_context(b, NULL, NULL);
    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_merge(b, flow_int(0), add, NULL);
    expect("1 3 6 10", executes(b, 4));
}

TEST(on_flush_gets_what_the_scope_began_with_and_what_was_merged)
{
    flow_builder *b = flow_builder_new();

    begin_story();
    flow_add_branch(b, up_to, told, finish);
    flow_add_context(b, told, flush);
    flow_add_branch(b, three_of, told, finish);
    flow_add_merge_running(b, flow_int(0), numbered, NULL);
    flow_add_function(b, sum, NULL);
    flow_add_merge(b, flow_int(0), add, NULL);
    flow_add_function(b, told, saw);
    expect("42 72", executes(b, 2));
    STORY_IS("finish:1 42 flush:(1, 3, 42) finish:2 72 flush:(2, 3, 72) "
             "finish:2 ");
}

TEST(a_merge_that_runs_passes_each_value_on)
{
    flow_builder *b = flow_builder_new();

    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_context(b, NULL, NULL);
    flow_add_branch(b, three_of, NULL, NULL);
    flow_add_merge_running(b, flow_int(10), numbered, NULL);
    expect("(11, 11) (12, 12) (13, 13) (11, 21) (12, 22) (13, 23)",
           executes(b, 2));
}

TEST(the_merges_of_a_scope_pass_on_in_the_order_of_steps)
{
    flow_builder *b = flow_builder_new();

    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_merge_to_list(b, 3);
    flow_add_branch(b, flow_each_item, NULL, NULL);
    flow_add_merge(b, flow_int(0), add, NULL);
    flow_add_merge_to_list(b, 1);
    expect("[6]", executes(b, 3));
}

TEST(scopes_in_scopes_close_from_the_inside)
{
    flow_builder *b = flow_builder_new();
    static char outer[] = "outer:", inner[] = "inner:";

    begin_story();
    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_context(b, told, outer);
    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_merge_running(b, flow_int(0), numbered, NULL);
    flow_add_function(b, sum, NULL);
    flow_add_context(b, told, inner);
    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_merge(b, flow_int(0), add, NULL);
    expect("3 3 10", executes(b, 2));
    STORY_IS("inner:(2, 3) outer:(1, 1) inner:(2, 3) inner:(4, 10) "
             "outer:(2, 2) ");
}

TEST(a_merge_to_list_gives_the_list_of_a_scope)
{
    flow_builder *b = flow_builder_new();

    begin_story();
    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_context(b, told, flush);
    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_stop(b, flow_int(1));
    flow_add_merge_to_list(b, 2);
    expect("[] [2] [2, 3]", executes(b, 3));
    STORY_IS("flush:(1, []) flush:(2, [2]) flush:(3, [2, 3]) ");
}

TEST(a_merge_to_list_has_a_bound)
{
    flow_builder *b = flow_builder_new();

    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_merge_to_list(b, 2);
    expect("!Limit: flow_add_merge_to_list: more than 2 values; allow more",
           executes(b, 3));
}

TEST(a_long_list_of_values_that_are_counted_is_merged)
{
    flow_builder *b = flow_builder_new();
    flow_value all[20];

    flow_add_branch(b, flow_each_item, NULL, NULL);
    flow_add_merge_to_list(b, SIZE_MAX);
    for (size_t i = 0; i < 20; i++)
        all[i] = flow_textf("%zu", i);
    flow_stage *s = flow_builder_execute(b, flow_pack(all, 20));
    flow_builder_release(b);
    expect("['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', "
           "'12', '13', '14', '15', '16', '17', '18', '19']", s);
}

/* ---- Chains ------------------------------------------------------------ */
TEST(a_chain_executes_its_parts_on_the_same_value_and_goes_on_with_it)
{
    flow_builder *b = flow_builder_new(), *one = flow_builder_new(),
                 *two = flow_builder_new();
    static char in_one[] = "one:", in_two[] = "two:";

    begin_story();
    flow_add_branch(one, up_to, told, finish);
    flow_add_function(one, told, in_one);
    flow_add_function(two, twice, NULL);
    flow_add_function(two, told, in_two);
    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_chain(flow_add_chain(b, one), two);
    flow_add_function(b, told, saw);
    flow_builder_release(one);
    flow_builder_release(two);
    expect("1 2", executes(b, 2));
    STORY_IS("one:1 finish:1 two:2 1 one:1 one:2 finish:2 two:4 2 ");
}

TEST(a_part_has_scopes_of_its_own)
{
    flow_builder *b = flow_builder_new(), *part = flow_builder_new();

    begin_story();
    flow_add_branch(part, up_to, NULL, NULL);
    flow_add_merge(part, flow_int(0), add, NULL);
    flow_add_function(part, told, saw);
    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_merge_running(b, flow_int(0), numbered, NULL);
    flow_add_function(b, sum, NULL);
    flow_add_chain(b, part);
    flow_add_merge(b, flow_int(0), add, NULL);
    flow_add_chain(b, part);
    flow_builder_release(part);
    expect("12", executes(b, 3));
    STORY_IS("3 10 21 78 ");
}

/* ---- The programs of March 2003 ---------------------------------------- */
static flow_stage *data_source(flow_value data, void *arg)
{
    int64_t d = data.as.num;

    (void)arg;
    return flow_list(FLOW_VALUES(1, 1 + d, 1 + 2 * d));
}

TEST(a_builder_is_executed_any_number_of_times)
{
    flow_builder *b = flow_builder_new();

    begin_story();
    flow_add_branch(b, data_source, told, finish);
    flow_add_function(b, add_one, NULL);
    flow_add_function(b, told, saw);
    expect("2 4 6", flow_builder_execute(b, flow_int(2)));
    expect("2 10 18", flow_builder_execute(b, flow_int(8)));
    expect("2 10 18", flow_builder_execute(b, flow_int(8)));
    flow_builder_release(b);
    STORY_IS("2 4 6 finish:2 2 10 18 finish:8 2 10 18 finish:8 ");
}

/* An iterator over v, v - 1, ... 0 that pauses instead of each odd number. */
struct countdown { int64_t left; };

static flow_status countdown_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct countdown *c = self;

    (void)w;
    if (c->left < 0)
        return FLOW_DONE;
    flow_give(out, c->left % 2 != 0 ? flow_pause() : flow_int(c->left));
    c->left--;
    return FLOW_READY;
}

static flow_stage *countdown(flow_value v, void *arg)
{
    static const flow_type type = {
        .name = "countdown", .size = sizeof(struct countdown),
        .fill = countdown_fill
    };

    (void)arg;
    return flow_stage_new(&type, &(struct countdown){ v.as.num });
}

TEST(an_iterator_that_pauses_is_asked_again)
{
    flow_builder *b = flow_builder_new();

    begin_story();
    flow_wait_interval(b, 1);
    flow_add_branch(b, countdown, told, finish);
    flow_add_function(b, told, saw);
    expect("4 2 0", executes(b, 4));
    STORY_IS("4 2 0 finish:4 ");
    CHECK(flow_now() == 2);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_builder_without_steps_gives_what_it_is_executed_with),
        CASE(each_item_of_a_branch_goes_through_the_rest_before_the_next),
        CASE(on_finish_is_called_with_the_value_when_a_branch_is_exhausted),
        CASE(branches_nest),
        CASE(a_branch_may_have_no_items),
        CASE(a_branch_may_be_the_items_of_a_list_or_a_value_that_is_none),
        CASE(a_branch_may_be_a_chain_of_operators_that_waits),
        CASE(a_function_makes_one_of_one),
        CASE(a_stop_ends_the_way_of_a_result_that_equals_it),
        CASE(stop_is_compared_by_what_it_says),
        CASE(after_discard_nothing_goes_on),
        CASE(a_merge_passes_one_value_on_when_the_execution_ends),
        CASE(a_merge_of_nothing_passes_its_start_on),
        CASE(a_merge_in_a_scope_begins_anew_with_each),
        CASE(on_flush_gets_what_the_scope_began_with_and_what_was_merged),
        CASE(a_merge_that_runs_passes_each_value_on),
        CASE(the_merges_of_a_scope_pass_on_in_the_order_of_steps),
        CASE(scopes_in_scopes_close_from_the_inside),
        CASE(a_merge_to_list_gives_the_list_of_a_scope),
        CASE(a_merge_to_list_has_a_bound),
        CASE(a_long_list_of_values_that_are_counted_is_merged),
        CASE(a_chain_executes_its_parts_on_the_same_value_and_goes_on_with_it),
        CASE(a_part_has_scopes_of_its_own),
        CASE(a_builder_is_executed_any_number_of_times),
        CASE(an_iterator_that_pauses_is_asked_again),
    };

    return run_tests("builder", tests, sizeof tests / sizeof *tests);
}
