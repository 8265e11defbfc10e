/* SPDX-License-Identifier: MIT */
/* Stages read at the same time. */
#include "operator_functions.h"

#include <string.h>

/* A driver that looks again by itself. */
static void woken(flow_waker *w)
{
    (void)w;
}

static double now(void)
{
    return flow_host_here()->now(flow_host_here());
}

/* ---- Functions that make stages ---------------------------------------- */
static flow_stage *only(flow_value v, void *arg)
{
    (void)arg;
    return flow_once(v);
}

/* The script that a text is. Scripts of the tests are literals. */
static flow_stage *play(flow_value v, void *arg)
{
    (void)arg;
    return script(v.as.chars);
}

/* As play, and *arg counts those that were closed. */
static flow_stage *play_watched(flow_value v, void *arg)
{
    return watched_script(v.as.chars, arg);
}

static flow_stage *up_to(flow_value v, void *arg)
{
    (void)arg;
    return flow_read_ahead(numbers((int)v.as.num), 2);
}

static flow_stage *no_stage(flow_value v, void *arg)
{
    (void)arg;
    flow_drop(v);
    return NULL;
}

/* The number n after n seconds, twice. */
static void doze(flow_gen *self, flow_stage *source, void *arg)
{
    int n = (int)(intptr_t)arg;

    (void)source;
    if (flow_cooperate(self, n))
        for (int i = 0; i < 2 && flow_yield(self, n); i++)
            ;
}

static flow_stage *sleeper(flow_value v, void *arg)
{
    (void)arg;
    return flow_generate(doze, NULL, (void *)(intptr_t)v.as.num);
}

/* Those numbers, then a failure. */
static flow_stage *cut_short(flow_stage *s)
{
    return flow_concat(FLOW_STAGES(
        s, flow_failed(flow_error(FLOW_EINVAL, 0, "cut short"))));
}

/* ---- In order ---------------------------------------------------------- */
TEST(parallel_keeps_the_order_of_the_values)
{
    expect("3 3 1 1 2 2", flow_parallel(flow_list(FLOW_VALUES(3, 1, 2)), 3,
                                        sleeper, NULL));
    expect("a b c d e", flow_parallel(
        flow_list(FLOW_VALUES("a__b", "_c", "_", "d.e")), 2, play, NULL));
}

TEST(parallel_reads_stages_at_the_same_time)
{
    double began = now();

    expect("4 4 4 4 4 4 4 4", flow_parallel(
        flow_list(FLOW_VALUES(4, 4, 4, 4)), 2, sleeper, NULL));
    CHECK(now() - began == 8);
}

TEST(parallel_of_width_one_is_a_flat_map)
{
    expect("1 1 2 1 2 3", flow_parallel(numbers(3), 1, up_to, NULL));
    expect("a b c", flow_parallel(flow_list(FLOW_VALUES("_a", "b_c")), 1, play,
                                  NULL));
}

TEST(parallel_of_nothing_is_nothing)
{
    expect("", flow_parallel(numbers(0), 4, up_to, NULL));
    expect("", flow_parallel(flow_list(FLOW_VALUES(0, 0, 0)), 2, up_to, NULL));
}

TEST(parallel_waits_for_its_source)
{
    expect("a b c", flow_parallel(script("a_b..c"), 8, only, NULL));
}

TEST(parallel_reads_many)
{
    expect("45150", flow_reduce(flow_parallel(numbers(300), 40, only, NULL),
                                flow_int(0), add, NULL));
}

static flow_status counts(void *state, flow_stage *out)
{
    flow_give(out, flow_int(++*(int *)state));
    return *(int *)state < 5 ? FLOW_READY : FLOW_DONE;
}

static flow_stage *sleeper_or_counter(flow_value v, void *arg)
{
    return v.as.num > 0 ? sleeper(v, NULL) : flow_iterate(counts, arg);
}

TEST(parallel_reads_one_row_set_ahead_of_a_stages_turn)
{
    int given = 0;
    flow_stage *s = flow_parallel(flow_list(FLOW_VALUES(9, 0)), 2,
                                  sleeper_or_counter, &given);
    flow_waker w = { woken, flow_host_here() };
    flow_value v;

    for (int n = 0; n < 3; n++)
        CHECK(flow_pull(s, &w, &v) == FLOW_WAIT);
    CHECK(given == 1);
    flow_close(s);
}

TEST(parallel_fails_in_the_turn_of_what_failed)
{
    expect("a !Invalid: scripted", flow_parallel(
        flow_list(FLOW_VALUES("_a", "!", "b")), 3, play, NULL));
    expect("a !Invalid: scripted", flow_parallel(
        flow_list(FLOW_VALUES("_a!", "b")), 2, play, NULL));
}

TEST(parallel_closes_the_others_when_it_fails)
{
    int closed = 0;
    flow_stage *s = flow_parallel(flow_list(FLOW_VALUES("_", "!", "c__d")), 3,
                                  play_watched, &closed);
    flow_value v;

    CHECK(!flow_block(s, &v));
    CHECK(flow_is(flow_failure(s), FLOW_EINVAL));
    CHECK(closed == 3);
    flow_close(s);
}

TEST(parallel_gives_all_results_before_its_sources_failure)
{
    expect("2 2 1 1 !Invalid: cut short", flow_parallel(
        cut_short(flow_list(FLOW_VALUES(2, 1))), 4, sleeper, NULL));
}

TEST(parallel_passes_settled_errors_in_their_place)
{
    expect("2 2 <Invalid: settled> 1 1", flow_parallel(
        flow_list(FLOW_VALUES(2, settled(), 1)), 3, sleeper, NULL));
}

TEST(parallel_fails_when_its_function_answers_no_stage)
{
    expect("!Invalid: flow_parallel: its function answered NULL; for no values "
           "answer flow_list(NULL, 0)",
           flow_parallel(flow_once(flow_int(1)), 4, no_stage, NULL));
}

TEST(parallel_needs_a_width_and_a_function)
{
    expect("!Invalid: flow_parallel: give it a width of at least 1 stage",
           flow_parallel(numbers(1), 0, only, NULL));
    expect("!Invalid: flow_parallel: give it a function, not NULL",
           flow_parallel(numbers(1), 1, NULL, NULL));
    expect("!Invalid: flow_parallel_unordered: give it a function, not NULL",
           flow_parallel_unordered(numbers(1), 1, NULL, NULL));
}

/* ---- As they come ------------------------------------------------------ */
/* As expect, but without memory anything may be missing: when one stage fails,
 * others give what they have. */
static void gives(const char *text, flow_stage *s)
{
    char got[64];
    FILE *to = fmemopen(got, sizeof got, "w");

    for (flow_value v; flow_block(s, &v); fputc(' ', to)) {
        flow_write(to, &v);
        flow_drop(v);
    }
    if (flow_failure(s) != NULL)
        fprintf(to, "!%s", flow_class_of(flow_failure(s))->name);
    fclose(to);
    flow_close(s);
    CHECK(strcmp(got, text) == 0);
}

TEST(unordered_gives_results_as_they_come)
{
    gives("1 1 2 2 3 3 ", flow_parallel_unordered(
        flow_list(FLOW_VALUES(3, 1, 2)), 3, sleeper, NULL));
    gives("1 1 1 1 3 3 ", flow_parallel_unordered(
        flow_list(FLOW_VALUES(3, 1, 1)), 2, sleeper, NULL));
}

TEST(unordered_takes_turns)
{
    gives("a x b y c z ", flow_parallel_unordered(
        flow_list(FLOW_VALUES("abc", "xyz")), 2, play, NULL));
}

TEST(unordered_gives_what_is_ready_before_a_failure)
{
    gives("b !Invalid", flow_parallel_unordered(
        flow_list(FLOW_VALUES("!", "b", "_c")), 3, play, NULL));
}

TEST(unordered_gives_all_results_before_its_sources_failure)
{
    gives("1 1 2 2 !Invalid", flow_parallel_unordered(
        cut_short(flow_list(FLOW_VALUES(2, 1))), 4, sleeper, NULL));
}

/* ---- Wakers ------------------------------------------------------------ */
/* Waits for ever, and counts how often it is asked. */
struct idle { int *asked; };

static flow_status idle_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct idle *i = self;

    flow_waits_for(out, w, "nothing");
    ++*i->asked;
    return FLOW_WAIT;
}

static flow_stage *idle_but_for_one(flow_value v, void *arg)
{
    static const flow_type type = {
        .name = "idle", .size = sizeof(struct idle), .fill = idle_fill
    };

    return v.as.num == 20 ? script("a.b_c.d")
        : flow_stage_new(&type, &(struct idle){ arg });
}

TEST(parallel_asks_nobody_who_was_not_woken)
{
    int asked = 0;

    expect("a b c d", flow_take(flow_parallel_unordered(
        numbers(40), 40, idle_but_for_one, &asked), 4));
    CHECK(asked == 39);
}

/* Finishes the channel when it is closed. */
static void finishes(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    flow_cooperate(self, 9);
    flow_finish(arg, flow_none());
}

static flow_stage *writer_or_reader(flow_value v, void *arg)
{
    return v.as.num == 1 ? flow_generate(finishes, NULL, arg)
        : flow_from_chan(arg);
}

TEST(stages_that_wake_each_other_may_be_closed_together)
{
    flow_chan *c = flow_chan_new(0);
    flow_stage *s = flow_parallel(numbers(2), 2, writer_or_reader, c);
    flow_waker w = { woken, flow_host_here() };
    flow_value v;

    CHECK(flow_pull(s, &w, &v) == FLOW_WAIT);
    flow_close(s);
    flow_chan_release(c);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(parallel_keeps_the_order_of_the_values),
        CASE(parallel_reads_stages_at_the_same_time),
        CASE(parallel_of_width_one_is_a_flat_map),
        CASE(parallel_of_nothing_is_nothing),
        CASE(parallel_waits_for_its_source),
        CASE(parallel_reads_many),
        CASE(parallel_reads_one_row_set_ahead_of_a_stages_turn),
        CASE(parallel_fails_in_the_turn_of_what_failed),
        CASE(parallel_closes_the_others_when_it_fails),
        CASE(parallel_gives_all_results_before_its_sources_failure),
        CASE(parallel_passes_settled_errors_in_their_place),
        CASE(parallel_fails_when_its_function_answers_no_stage),
        CASE(parallel_needs_a_width_and_a_function),
        CASE(unordered_gives_results_as_they_come),
        CASE(unordered_takes_turns),
        CASE(unordered_gives_what_is_ready_before_a_failure),
        CASE(unordered_gives_all_results_before_its_sources_failure),
        CASE(parallel_asks_nobody_who_was_not_woken),
        CASE(stages_that_wake_each_other_may_be_closed_together),
    };

    return run_tests("operators_parallel", tests, sizeof tests / sizeof *tests);
}
