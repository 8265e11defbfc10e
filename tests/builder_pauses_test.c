/* SPDX-License-Identifier: MIT */
/* Builders whose steps wait, and several executions at the same time. */
#include "builder_steps.h"

#include <unistd.h>

/* ---- Pausing ----------------------------------------------------------- */
/* Pauses so many times, then hands on to what a step does. */
struct slow { int times, left, tries; };

static bool is_ready(struct slow *s)
{
    s->tries++;
    if (s->left-- > 0)
        return false;
    s->left = s->times;
    return true;
}

static flow_value slowly(flow_value v, void *arg)
{
    tell_value("", &v);
    if (is_ready(arg))
        return v;
    flow_drop(v);
    return flow_pause();
}

static flow_stage *slowly_up_to(flow_value v, void *arg)
{
    return is_ready(arg) ? up_to(v, NULL) : flow_failed(flow_pause());
}

static flow_value slowly_add(flow_value a, flow_value b, void *arg)
{
    return is_ready(arg) ? add(a, b, NULL) : flow_pause();
}

static flow_value slowly_join(flow_value a, flow_value b, void *arg)
{
    if (is_ready(arg))
        return join(a, b, NULL);
    flow_drop(a);
    flow_drop(b);
    return flow_pause();
}

static flow_value slowly_numbered(flow_value *so_far, flow_value next,
                                  void *arg)
{
    return is_ready(arg) ? numbered(so_far, next, NULL) : flow_pause();
}

TEST(a_function_that_pauses_is_tried_again_with_the_same_value)
{
    flow_builder *b = flow_builder_new();
    struct slow s = { 2, 2, 0 };

    begin_story();
    flow_add_branch(b, flow_each_item, NULL, NULL);
    flow_add_function(b, slowly, &s);
    expect("a b", flow_builder_execute(b, flow_pack(FLOW_VALUES(
        counted("a"), "b"))));
    flow_builder_release(b);
    STORY_IS("a a a b b b ");
}

TEST(a_branch_that_pauses_is_made_again_of_the_same_value)
{
    flow_builder *b = flow_builder_new();
    struct slow s = { 2, 2, 0 };

    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_branch(b, slowly_up_to, NULL, &s);
    expect("1 1 2", executes(b, 2));
    CHECK(s.tries == 6);
}

TEST(on_finish_and_on_flush_may_pause)
{
    flow_builder *b = flow_builder_new();
    struct slow s = { 1, 1, 0 };

    begin_story();
    flow_add_branch(b, up_to, slowly, &s);
    flow_add_context(b, slowly, &s);
    flow_add_merge(b, flow_int(0), add, NULL);
    expect("1 2", executes(b, 2));
    STORY_IS("(1, 1) (1, 1) (2, 2) (2, 2) 2 2 ");
}

TEST(merges_may_pause)
{
    flow_builder *b = flow_builder_new();
    struct slow s = { 1, 1, 0 };

    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_merge_running(b, flow_int(0), slowly_numbered, &s);
    flow_add_function(b, sum, NULL);
    flow_add_merge(b, flow_int(0), slowly_add, &s);
    expect("12", executes(b, 3));
    CHECK(s.tries == 12);
}

TEST(a_merge_that_pauses_keeps_what_is_counted)
{
    flow_builder *b = flow_builder_new();
    struct slow s = { 1, 1, 0 };

    flow_add_branch(b, flow_each_item, NULL, NULL);
    flow_add_merge(b, counted("<"), slowly_join, &s);
    expect("<ab", flow_builder_execute(b, flow_pack(FLOW_VALUES(
        counted("a"), counted("b")))));
    flow_builder_release(b);
}

TEST(a_pause_lasts_for_the_interval_of_its_builder)
{
    flow_builder *b = flow_builder_new(), *part = flow_builder_new();
    struct slow s = { 3, 3, 0 };

    begin_story();
    flow_wait_interval(part, 0.25);
    flow_add_function(part, slowly, &s);
    flow_wait_interval(b, 2);
    flow_add_function(b, slowly, &s);
    flow_add_chain(b, part);
    flow_builder_release(part);
    expect("1", executes(b, 1));
    CHECK(flow_now() == 6.75);
}

/* Pauses until flag *arg. */
static flow_value until_set(flow_value v, void *arg)
{
    return *(bool *)arg ? v : flow_pause();
}

static flow_value sets(flow_value v, void *arg)
{
    *(bool *)arg = true;
    return v;
}

TEST(a_pause_lets_the_loop_run)
{
    flow_builder *waits = flow_builder_new(), *helps = flow_builder_new();
    bool flag = false;

    flow_add_function(waits, until_set, &flag);
    flow_add_function(helps, sets, &flag);
    flow_deferred *d[] = {
        flow_run(flow_builder_execute(waits, flow_int(1))),
        flow_run(flow_builder_execute(helps, flow_int(2)))
    };
    flow_builder_release(waits);
    flow_builder_release(helps);
    expect("[1, 2]", flow_from_deferred(flow_gather(d, 2)));
}

static void cooperates(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    if (!flow_next(self, source, &v))
        return;
    for (int64_t n = v.as.num; n >= 0; n--)
        if (n % 2 != 0)
            flow_cooperate(self, 1);
        else
            flow_yield(self, n);
}

static flow_stage *cooperating(flow_value v, void *arg)
{
    (void)arg;
    return flow_generate(cooperates, flow_once(v), NULL);
}

TEST(a_generator_that_waits_pauses_all_steps)
{
    flow_builder *b = flow_builder_new();

    begin_story();
    flow_add_branch(b, up_to, told, finish);
    flow_add_context(b, NULL, NULL);
    flow_add_branch(b, cooperating, told, finish);
    flow_add_merge_to_list(b, 9);
    expect("[0] [2, 0]", executes(b, 2));
    STORY_IS("finish:1 finish:2 finish:2 ");
    CHECK(flow_now() == 2);
}

/* Raises a pause after *arg values. */
static void raises(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    for (int *left = arg; *left > 0; --*left)
        flow_yield(self, *left);
    *(int *)arg = 1;
    flow_raise(self, flow_pause());
}

static void gives_one(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    if (--*(int *)arg < 0)
        flow_yield(self, "made again");
    else
        flow_raise(self, flow_pause());
}

static flow_stage *raising(flow_value v, void *arg)
{
    flow_drop(v);
    return flow_generate(raises, NULL, arg);
}

static flow_stage *giving_one(flow_value v, void *arg)
{
    flow_drop(v);
    return flow_generate(gives_one, NULL, arg);
}

TEST(a_generator_that_raises_a_pause_is_made_again)
{
    flow_builder *b = flow_builder_new();
    int times = 2;

    flow_add_branch(b, giving_one, NULL, &times);
    expect("made again", executes(b, 2));
}

TEST(a_generator_that_raises_a_pause_after_it_gave_items_fails)
{
    flow_builder *b = flow_builder_new();
    int left = 2;

    flow_add_branch(b, raising, NULL, &left);
    expect("2 1 !Invalid: the branch paused after it had given items, and "
           "ended by that; let its generator wait with flow_cooperate",
           executes(b, 2));
}

TEST(a_pause_outside_of_a_builder_says_so)
{
    expect("!Pause: flow_pause(), but not in a step of a builder",
           flow_map(numbers(1), slowly, &(struct slow){ 1, 1, 0 }));
}

static void wakes_nobody(flow_waker *w)
{
    (void)w;
}

TEST(an_execution_that_is_asked_while_it_pauses_goes_on_waiting)
{
    flow_builder *b = flow_builder_new();
    struct slow s = { 1, 1, 0 };
    flow_waker w = { wakes_nobody, flow_host_here() };

    flow_wait_interval(b, 5);
    flow_add_function(b, slowly, &s);
    flow_stage *x = executes(b, 1);
    for (int i = 0; i < 3; i++)
        CHECK(flow_fill(x, &w) == FLOW_WAIT);
    CHECK(s.tries == 1);
    expect("1", x);
}

/* What flow_dump writes now. */
static const char *listing(void)
{
    static char text[2048];
    int ends[2];
    ssize_t n = -1;

    if (pipe(ends) == 0) {
        flow_dump(ends[1]);
        close(ends[1]);
        n = read(ends[0], text, sizeof text - 1);
        close(ends[0]);
    }
    text[n > 0 ? n : 0] = '\0';
    return text;
}

TEST(the_listing_names_the_step_that_pauses_and_the_open_branches)
{
    flow_builder *b = flow_builder_new();
    struct slow s = { 9, 9, 0 };
    flow_waker w = { wakes_nobody, flow_host_here() };

    flow_wait_interval(b, 5);
    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_function(b, slowly, &s);
    flow_stage *x = executes(b, 1);
    CHECK(flow_fill(x, &w) == FLOW_WAIT);
    CHECK(strstr(listing(), "waits for slowly, since 0.0 s\n< counts_to ")
          != NULL);
    flow_close(x);
}

/* ---- Several executions at the same time ------------------------------- */
TEST(executions_at_the_same_time_share_nothing)
{
    flow_builder *b = flow_builder_new();

    flow_add_branch(b, cooperating, NULL, NULL);
    flow_add_merge_running(b, flow_int(0), numbered, NULL);
    flow_add_context(b, NULL, NULL);
    flow_add_merge_to_list(b, 9);
    flow_stage *s[] = {
        flow_builder_execute(b, flow_int(4)),
        flow_builder_execute(b, flow_int(6))
    };
    flow_builder_release(b);
    expect("[(1, 4)] [(1, 6)] [(2, 2)] [(2, 4)] [(3, 0)] [(3, 2)] [(4, 0)]",
           flow_merge(s, 2));
}

TEST(an_execution_may_be_a_branch_of_another)
{
    flow_builder *b = flow_builder_new();

    flow_add_branch(b, up_to, NULL, NULL);
    flow_add_merge(b, flow_int(0), add, NULL);
    flow_stage *s = flow_flat_map(flow_builder_execute(b, flow_int(3)),
                                  up_to, NULL);
    flow_builder_release(b);
    expect("1 2 3 4 5 6", s);
}

TEST(a_builder_may_be_released_while_it_is_executed)
{
    flow_builder *b = flow_builder_new(), *part = flow_builder_new();

    flow_add_function(part, twice, NULL);
    flow_add_chain(b, part);
    flow_builder_release(part);
    flow_stage *s = flow_builder_execute(b, flow_int(1));
    flow_builder_release(b);
    expect("1", s);
    flow_builder_release(NULL);
}

TEST(an_execution_reads_ahead_as_any_stage)
{
    flow_builder *b = flow_builder_new();

    flow_add_branch(b, up_to, NULL, NULL);
    flow_stage *s = flow_read_ahead(executes(b, 5), 2);
    flow_waker w = { wakes_nobody, flow_host_here() };
    flow_status st = flow_fill(s, &w);

    CHECK(st == FLOW_READY && flow_ready(s) == 2);
    expect("1 2 3 4 5", s);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_function_that_pauses_is_tried_again_with_the_same_value),
        CASE(a_branch_that_pauses_is_made_again_of_the_same_value),
        CASE(on_finish_and_on_flush_may_pause),
        CASE(merges_may_pause),
        CASE(a_merge_that_pauses_keeps_what_is_counted),
        CASE(a_pause_lasts_for_the_interval_of_its_builder),
        CASE(a_pause_lets_the_loop_run),
        CASE(a_generator_that_waits_pauses_all_steps),
        CASE(a_generator_that_raises_a_pause_is_made_again),
        CASE(a_generator_that_raises_a_pause_after_it_gave_items_fails),
        CASE(a_pause_outside_of_a_builder_says_so),
        CASE(an_execution_that_is_asked_while_it_pauses_goes_on_waiting),
        CASE(the_listing_names_the_step_that_pauses_and_the_open_branches),
        CASE(executions_at_the_same_time_share_nothing),
        CASE(an_execution_may_be_a_branch_of_another),
        CASE(a_builder_may_be_released_while_it_is_executed),
        CASE(an_execution_reads_ahead_as_any_stage),
    };

    return run_tests("builder_pauses", tests, sizeof tests / sizeof *tests);
}
