/* SPDX-License-Identifier: MIT */
/* Builders that fail, are closed, are used wrongly, or are very deep. */
#include "builder_steps.h"

/* ---- Failures ---------------------------------------------------------- */
TEST(a_failure_of_any_step_is_that_of_the_execution)
{
    for (int i = 0; i < 4; i++) {
        flow_builder *b = flow_builder_new();
        static char text[] = "ab!";

        flow_add_branch(b, up_to, i == 1 ? fails : NULL, no);
        flow_add_context(b, i == 2 ? fails : NULL, no);
        if (i == 3)
            flow_add_branch(b, script_of, NULL, text);
        flow_add_function(b, i == 0 ? fails : same, no);
        expect(i == 0 ? "!Invalid: no"
               : i == 1 ? "1 2 !Invalid: no"
               : i == 2 ? "1 !Invalid: no" : "a b !Invalid: scripted",
               executes(b, 2));
    }
}

static flow_value fails_to_add(flow_value a, flow_value b, void *arg)
{
    flow_drop(a);
    return fails(b, arg);
}

static flow_value fails_running(flow_value *so_far, flow_value next, void *arg)
{
    flow_drop(*so_far);
    *so_far = fails(flow_none(), arg);
    return next;
}

TEST(a_failure_of_a_merge_is_that_of_the_execution)
{
    flow_builder *b = flow_builder_new(), *running = flow_builder_new();

    flow_add_merge(b, counted("start"), fails_to_add, no);
    expect("!Invalid: no", executes(b, 2));
    flow_add_merge_running(running, counted("start"), fails_running, no);
    expect("!Invalid: no", executes(running, 2));
}

static bool shows(const flow_value *error, const char *wanted)
{
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    bool found;

    flow_print_trace(to, error);
    fclose(to);
    found = strstr(text, wanted) != NULL;
    free(text);
    return found;
}

TEST(the_trace_of_a_failure_names_its_step_and_the_parts_it_is_in)
{
    flow_builder *b = flow_builder_new(), *part = flow_builder_new();
    flow_value v = flow_none();

    flow_add_function(part, same, NULL);
    flow_add_function(part, fails, no);
    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_chain(b, part);
    flow_step_made(part, "renamed", "too late");
    flow_builder_release(part);
    flow_stage *s = executes(b, 1);

    CHECK(!flow_block(s, &v));
    if (flow_failure(s) != NULL) {
        CHECK(shows(flow_failure(s), "no\n    through fails, made at "));
        CHECK(shows(flow_failure(s), "\n    through part, made at "));
        CHECK(shows(flow_failure(s), "\n    through execution, made at "));
    }
    flow_close(s);
}

TEST(the_trace_of_a_branch_names_what_made_it)
{
    flow_builder *b = flow_builder_new();
    static char text[] = "!";
    flow_value v = flow_none();

    flow_add_branch(b, script_of, NULL, text);
    flow_stage *s = executes(b, 1);

    CHECK(!flow_block(s, &v));
    if (flow_failure(s) != NULL)
        CHECK(shows(flow_failure(s), "    through script_of, made at "));
    flow_close(s);
}

TEST(settled_errors_pass_functions_branches_and_merges_by)
{
    flow_builder *b = flow_builder_new(), *part = flow_builder_new();

    begin_story();
    flow_add_merge_to_list(part, 9);
    flow_add_function(part, told, saw);
    flow_add_branch(b, flow_each_item, NULL, NULL);
    flow_add_chain(b, part);
    flow_add_function(b, twice, NULL);
    flow_add_stop(b, flow_int(4));
    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_merge_running(b, flow_int(0), numbered, NULL);
    flow_add_function(b, sum, NULL);
    flow_add_context(b, told, flush);
    flow_add_merge(b, flow_int(0), add, NULL);
    flow_add_merge_to_list(b, 9);
    flow_builder_release(part);
    flow_stage *s = flow_builder_execute(b, flow_pack(FLOW_VALUES(
        1, settled(), 2)));
    flow_builder_release(b);
    expect("[2] [4] [<Invalid: settled>, 0]", s);
    STORY_IS("[1] flush:(2, 2, [2]) flush:(4, 4, [4]) [<Invalid: settled>] "
             "flush:(<Invalid: settled>, 0, [<Invalid: settled>, 0]) [2] ");
}

TEST(discard_drops_settled_errors_too)
{
    flow_builder *b = flow_builder_new();

    flow_add_discard(b);
    flow_stage *s = flow_builder_execute(b, settled());
    flow_builder_release(b);
    expect("", s);
}

TEST(an_execution_begun_with_a_failure_has_it)
{
    flow_builder *b = flow_builder_new();
    flow_stage *s =
        flow_builder_execute(b, flow_error(FLOW_ELIMIT, 0, "start"));

    flow_builder_release(b);
    expect("!Limit: start", s);
}

/* ---- Closing ----------------------------------------------------------- */
static int closed;

static flow_stage *watched(flow_value v, void *arg)
{
    flow_drop(v);
    return watched_script(arg, &closed);
}

TEST(closing_an_execution_closes_its_branches_and_calls_nothing)
{
    flow_builder *b = flow_builder_new();
    static char outer[] = "a_b", inner[] = "c_d";
    flow_value v = flow_none();

    closed = 0;
    begin_story();
    flow_add_branch(b, watched, told, outer);
    flow_add_context(b, told, flush);
    flow_add_branch(b, watched, told, inner);
    flow_add_merge_to_list(b, 9);
    flow_add_merge(b, counted("start"), join, NULL);
    flow_stage *s = executes(b, 1);

    s = flow_within(s, 0.5);
    CHECK(!flow_block(s, &v));
    CHECK(flow_failure(s) != NULL && closed == 2);
    flow_close(s);
    STORY_IS("");
}

TEST(a_failure_closes_the_branches_that_are_open)
{
    flow_builder *b = flow_builder_new();
    static char text[] = "ab";
    flow_value v = flow_none();

    closed = 0;
    flow_add_branch(b, watched, told, text);
    flow_add_branch(b, watched, told, text);
    flow_add_function(b, fails, no);
    flow_stage *s = executes(b, 1);

    CHECK(!flow_block(s, &v));
    CHECK(flow_failure(s) != NULL && closed == 2);
    flow_close(s);
}

/* ---- Misuse, and no memory --------------------------------------------- */
#define COMPLETE ": the builder has been executed, or is part of a builder; "  \
                 "add its steps before that"

TEST(a_builder_that_was_executed_takes_no_more_steps)
{
    flow_builder *b = flow_builder_new();

    flow_add_branch(b, up_to, NULL, NULL);
    flow_stage *before = flow_builder_execute(b, flow_int(2));
    flow_add_function(b, twice, NULL);
    flow_add_merge(b, counted("start"), join, NULL);
    flow_add_merge_running(b, counted("start"), numbered, NULL);
    flow_add_function(b, twice, NULL);
    flow_add_stop(b, counted("stop"));
    flow_add_context(b, told, flush);
    flow_wait_interval(b, 1);
    expect("1 2", before);
    expect("!Invalid: flow_add_function" COMPLETE, executes(b, 2));
}

TEST(a_builder_cannot_be_part_of_itself)
{
    flow_builder *b = flow_builder_new(), *part = flow_builder_new();

    expect("!Invalid: flow_add_chain" COMPLETE,
           executes(flow_add_chain(b, b), 1));
    b = flow_builder_new();
    flow_add_chain(b, part);
    flow_add_chain(part, b);
    flow_builder_release(b);
    expect("!Invalid: flow_add_chain" COMPLETE, executes(part, 1));
}

TEST(a_builder_with_a_wrong_step_makes_executions_that_say_so)
{
    flow_builder *b = flow_builder_new(), *part = flow_builder_new();

    flow_add_function(part, NULL, NULL);
    flow_add_function(part, twice, NULL);
    flow_add_branch(part, NULL, NULL, NULL);
    flow_add_chain(b, part);
    flow_builder_release(part);
    expect("!Invalid: flow_add_function: give it a function, not NULL",
           flow_builder_execute(b, counted("start")));
    expect("!Invalid: flow_add_function: give it a function, not NULL",
           executes(b, 1));
    b = flow_builder_new();
    expect("!Invalid: flow_add_chain: give it a builder, not NULL",
           executes(flow_add_chain(b, NULL), 1));
    expect("!Invalid: flow_builder_execute: give it a builder, not NULL",
           flow_builder_execute(NULL, counted("start")));
}

TEST(a_start_or_stop_that_is_a_failure_makes_executions_fail)
{
    flow_builder *b = flow_builder_new();

    flow_add_merge(b, fails(flow_none(), no), add, NULL);
    expect("!Invalid: no", executes(b, 1));
    b = flow_builder_new();
    flow_add_function(b, twice, NULL);
    flow_add_stop(b, fails(flow_none(), no));
    expect("!Invalid: no", executes(b, 1));
    b = flow_builder_new();
    flow_add_merge(b, counted("start"), NULL, NULL);
    expect("!Invalid: flow_add_merge: give it a function, not NULL",
           executes(b, 1));
}

TEST(a_wrong_step_of_a_builder_that_is_never_executed_is_reported)
{
    flow_builder *b = flow_builder_new();

    flow_add_function(b, NULL, NULL);
    flow_builder_release(b);
    CHECK(strcmp(reports(), "a builder was released with a failure nobody "
                 "read: Invalid: flow_add_function: give it a function, not "
                 "NULL\n") == 0);
}

TEST(the_calls_that_add_are_functions_too)
{
    flow_builder *b = flow_builder_new(), *part = flow_builder_new();

    (flow_add_branch)(b, up_to, NULL, NULL);
    (flow_add_function)(b, twice, NULL);
    flow_add_stop(b, flow_int(2));
    (flow_add_chain)(b, part);
    flow_builder_release(part);
    (flow_add_context)(b, NULL, NULL);
    (flow_add_merge_running)(b, flow_int(0), numbered, NULL);
    (flow_add_function)(b, sum, NULL);
    (flow_add_merge)(b, flow_int(0), add, NULL);
    (flow_add_merge_to_list)(b, 1);
    flow_stage *s = (flow_builder_execute)(b, flow_int(3));
    flow_builder_release(b);
    expect("[5] [7]", s);
}

/* ---- Depth ------------------------------------------------------------- */
enum { DEEP = 10000 };

TEST(ten_thousand_steps_are_no_deeper_than_one)
{
    flow_builder *b = flow_builder_new();

    for (int i = 0; i < DEEP; i++)
        flow_add_function(b, add_one, NULL);
    expect("10005", executes(b, 5));
}

static flow_stage *itself(flow_value v, void *arg)
{
    (void)arg;
    return flow_once(v);
}

TEST(ten_thousand_branches_and_scopes_are_open_at_once)
{
    flow_builder *b = flow_builder_new();

    for (int i = 0; i < DEEP / 2; i++) {
        flow_add_branch(b, itself, NULL, NULL);
        flow_add_context(b, NULL, NULL);
        flow_add_merge(b, flow_int(1), add, NULL);
    }
    expect("5005", executes(b, 5));
}

TEST(ten_thousand_builders_are_parts_of_each_other)
{
    flow_builder *b = flow_builder_new();

    begin_story();
    flow_add_function(b, told, saw);
    for (int i = 0; i < DEEP; i++) {
        flow_builder *around = flow_builder_new();

        flow_add_chain(around, b);
        flow_builder_release(b);
        b = around;
    }
    expect("7", executes(b, 7));
    STORY_IS("7 ");
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_failure_of_any_step_is_that_of_the_execution),
        CASE(a_failure_of_a_merge_is_that_of_the_execution),
        CASE(the_trace_of_a_failure_names_its_step_and_the_parts_it_is_in),
        CASE(the_trace_of_a_branch_names_what_made_it),
        CASE(settled_errors_pass_functions_branches_and_merges_by),
        CASE(discard_drops_settled_errors_too),
        CASE(an_execution_begun_with_a_failure_has_it),
        CASE(closing_an_execution_closes_its_branches_and_calls_nothing),
        CASE(a_failure_closes_the_branches_that_are_open),
        CASE(a_builder_that_was_executed_takes_no_more_steps),
        CASE(a_builder_cannot_be_part_of_itself),
        CASE(a_builder_with_a_wrong_step_makes_executions_that_say_so),
        CASE(a_start_or_stop_that_is_a_failure_makes_executions_fail),
        CASE(a_wrong_step_of_a_builder_that_is_never_executed_is_reported),
        CASE(the_calls_that_add_are_functions_too),
        CASE(ten_thousand_steps_are_no_deeper_than_one),
        CASE(ten_thousand_branches_and_scopes_are_open_at_once),
        CASE(ten_thousand_builders_are_parts_of_each_other),
    };

    return run_tests("builder_failures", tests, sizeof tests / sizeof *tests);
}
