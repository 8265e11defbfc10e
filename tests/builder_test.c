/* SPDX-License-Identifier: MIT */
/* The builder: what each step does to a value, in which order, what pauses, and
 * that executions share nothing. */
#include "operator_functions.h"

#include <flow/builder.h>

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- What happened, in order ------------------------------------------- */
static struct { char text[512]; size_t n; } story;

static void begin_story(void)
{
    story.text[story.n = 0] = '\0';
}

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
    size_t room = sizeof story.text - story.n;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(story.text + story.n, room, format, args);
    va_end(args);
    if (n > 0)
        story.n += (size_t)n < room ? (size_t)n : room - 1;
}

#define STORY_IS(wanted) CHECK(strcmp(story.text, wanted) == 0)

static void tell_value(const char *before, const flow_value *v)
{
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);

    flow_write(to, v);
    fclose(to);
    tell("%s%s ", before, text);
    free(text);
}

/* ---- Steps to test with ------------------------------------------------ */
/* Tells its value with the text that is its arg. */
static flow_value told(flow_value v, void *arg)
{
    tell_value(arg, &v);
    return v;
}

static char finish[] = "finish:", flush[] = "flush:", saw[] = "";

/* The numbers 1 to v, by a generator. */
static void counts_to(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    if (!flow_next(self, source, &v))
        return;
    for (int64_t n = 1; n <= v.as.num && flow_yield(self, n); n++)
        ;
}

static flow_stage *up_to(flow_value v, void *arg)
{
    (void)arg;
    return flow_generate(counts_to, flow_once(v), NULL);
}

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

static flow_stage *script_of(flow_value v, void *arg)
{
    flow_drop(v);
    return script(arg);
}

static flow_value fails(flow_value v, void *arg)
{
    flow_drop(v);
    return flow_error(FLOW_EINVAL, 0, "%s", (const char *)arg);
}

static char no[] = "no";

/* Gives the sum so far, and its number: (1, 5) (2, 7) ... */
static flow_value numbered(flow_value *so_far, flow_value next, void *arg)
{
    (void)arg;
    *so_far = flow_int(so_far->as.num + 1);
    return flow_tuple(FLOW_VALUES(*so_far, next));
}

static flow_stage *executes(flow_builder *b, int n)
{
    flow_stage *s = flow_execute(b, flow_int(n));

    flow_builder_release(b);
    return s;
}

/* ---- Branches ---------------------------------------------------------- */
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
    flow_stage *s = flow_execute(b, flow_pack(FLOW_VALUES(
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
    flow_stage *s = flow_execute(b, flow_pack(FLOW_VALUES(
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
    flow_stage *s = flow_execute(b, flow_pack(all, 20));
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

static flow_value add_one(flow_value v, void *arg)
{
    (void)arg;
    return flow_int(v.as.num + 1);
}

TEST(a_builder_is_executed_any_number_of_times)
{
    flow_builder *b = flow_builder_new();

    begin_story();
    flow_add_branch(b, data_source, told, finish);
    flow_add_function(b, add_one, NULL);
    flow_add_function(b, told, saw);
    expect("2 4 6", flow_execute(b, flow_int(2)));
    expect("2 10 18", flow_execute(b, flow_int(8)));
    expect("2 10 18", flow_execute(b, flow_int(8)));
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
    expect("a b", flow_execute(b, flow_pack(FLOW_VALUES(counted("a"), "b"))));
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
    expect("<ab", flow_execute(b, flow_pack(FLOW_VALUES(counted("a"),
                                                        counted("b")))));
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
        flow_run(flow_execute(waits, flow_int(1))),
        flow_run(flow_execute(helps, flow_int(2)))
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
        flow_execute(b, flow_int(4)), flow_execute(b, flow_int(6))
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
    flow_stage *s = flow_flat_map(flow_execute(b, flow_int(3)), up_to, NULL);
    flow_builder_release(b);
    expect("1 2 3 4 5 6", s);
}

TEST(a_builder_may_be_released_while_it_is_executed)
{
    flow_builder *b = flow_builder_new(), *part = flow_builder_new();

    flow_add_function(part, twice, NULL);
    flow_add_chain(b, part);
    flow_builder_release(part);
    flow_stage *s = flow_execute(b, flow_int(1));
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
    flow_stage *s = flow_execute(b, flow_pack(FLOW_VALUES(1, settled(), 2)));
    flow_builder_release(b);
    expect("[2] [4] [<Invalid: settled>, 0]", s);
    STORY_IS("[1] flush:(2, 2, [2]) flush:(4, 4, [4]) [<Invalid: settled>] "
             "flush:(<Invalid: settled>, 0, [<Invalid: settled>, 0]) [2] ");
}

TEST(discard_drops_settled_errors_too)
{
    flow_builder *b = flow_builder_new();

    flow_add_discard(b);
    flow_stage *s = flow_execute(b, settled());
    flow_builder_release(b);
    expect("", s);
}

TEST(an_execution_begun_with_a_failure_has_it)
{
    flow_builder *b = flow_builder_new();
    flow_stage *s = flow_execute(b, flow_error(FLOW_ELIMIT, 0, "start"));

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
    flow_stage *before = flow_execute(b, flow_int(2));
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
           flow_execute(b, counted("start")));
    expect("!Invalid: flow_add_function: give it a function, not NULL",
           executes(b, 1));
    b = flow_builder_new();
    expect("!Invalid: flow_add_chain: give it a builder, not NULL",
           executes(flow_add_chain(b, NULL), 1));
    expect("!Invalid: flow_execute: give it a builder, not NULL",
           flow_execute(NULL, counted("start")));
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
    flow_stage *s = (flow_execute)(b, flow_int(3));
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

    return run_tests("builder", tests, sizeof tests / sizeof *tests);
}
