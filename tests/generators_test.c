/* SPDX-License-Identifier: MIT */
/* Generators: bodies that yield, read, wait, fail, catch and clean up. */
#include "harness.h"

#include <string.h>

static const flow_error_class io_error[1] = {{ "IOError", FLOW_EANY }};
static const flow_error_class disk_error[1] = {{ "DiskError", io_error }};

/* What happened, in order: a letter and a number each. */
static char happened[1024];

static void forget(void)
{
    happened[0] = '\0';
}

static void note(char what, int n)
{
    size_t used = strlen(happened);

    if (used + 16 < sizeof happened)
        snprintf(happened + used, sizeof happened - used, "%s%c%d",
                 used > 0 ? " " : "", what, n);
}

static void passes_on(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v))
        flow_yield(self, v);
}

static flow_stage *passed_on(flow_stage *source)
{
    return flow_generate(passes_on, source, NULL);
}

/* For what shows how far was read ahead: without memory, that is not at all. */
static void expect_ahead(const char *text, flow_stage *s)
{
    if (disturbed())
        flow_close(s);
    else
        expect(text, s);
}

/* ---- Yielding ---------------------------------------------------------- */
TEST(a_generator_gives_what_it_yields)
{
    expect("1 2 3", numbers(3));
}

static void yields_nothing(flow_gen *self, flow_stage *source, void *arg)
{
    (void)self;
    (void)source;
    (void)arg;
}

TEST(a_generator_may_yield_nothing)
{
    expect("", flow_generate(yields_nothing, NULL, NULL));
}

static void yields_kinds(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_yield(self, 1);
    flow_yield(self, 2.5);
    flow_yield(self, flow_bool(true));
    flow_yield(self, "a literal");
    flow_yield(self, flow_none());
    flow_yield(self, flow_textf("some %s", "text"));
}

TEST(numbers_literals_and_values_may_be_yielded)
{
    expect("1 2.5 True a literal None some text",
           flow_generate(yields_kinds, NULL, NULL));
}

TEST(a_generator_reads_its_source)
{
    expect("1 2 3", passed_on(passed_on(numbers(3))));
    expect("a b", passed_on(passed_on(script("a.b"))));
}

static void yields_noting(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    for (int n = 1; n <= 3; n++) {
        note('y', n);
        flow_yield(self, n);
    }
    note('e', 0);
}

static flow_stage *noting(void)
{
    return flow_generate(yields_noting, NULL, NULL);
}

TEST(nothing_runs_until_asked)
{
    flow_stage *s;

    forget();
    s = noting();
    MUST(strcmp(happened, "") == 0);
    flow_close(s);
    MUST(strcmp(happened, "") == 0);
}

static void reads_noting(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v)) {
        note('r', (int)v.as.num);
        flow_yield(self, v);
    }
}

TEST(without_reading_ahead_producer_and_consumer_alternate)
{
    forget();
    expect("1 2 3", flow_generate(reads_noting, noting(), NULL));
    CHECK(strcmp(happened, "y1 r1 y2 r2 y3 r3 e0") == 0);
}

TEST(reading_ahead_a_generator_runs_on_until_it_has_yielded_as_many)
{
    forget();
    expect("1 2 3", flow_generate(reads_noting,
                                  flow_read_ahead(noting(), 2), NULL));
    CHECK(strcmp(happened, "y1 y2 r1 r2 y3 e0 r3") == 0);
}

TEST(reading_ahead_of_more_than_there_is_gives_all)
{
    forget();
    expect("1 2 3", flow_generate(reads_noting,
                                  flow_read_ahead(noting(), 99), NULL));
    CHECK(strcmp(happened, "y1 y2 y3 e0 r1 r2 r3") == 0);
}

TEST(a_generator_that_must_wait_hands_over_what_it_has_yielded)
{
    flow_stage *s = flow_read_ahead(passed_on(script("ab.c")), 8);

    expect("a b c", passed_on(s));
}

TEST(reading_ahead_may_be_set_while_it_runs)
{
    flow_stage *s = numbers(5);
    flow_value v;

    CHECK(flow_block(s, &v) && v.as.num == 1);
    expect_ahead("2 3 4 5", flow_read_ahead(s, 3));
}

/* ---- Yielding at depth ------------------------------------------------- */
static bool yields_tree(flow_gen *self, int low, int high)
{
    int middle = (low + high) / 2;

    return low > high
        || (yields_tree(self, low, middle - 1) && flow_yield(self, middle)
            && yields_tree(self, middle + 1, high));
}

static void tree(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    yields_tree(self, 1, 7);
}

TEST(functions_called_by_a_body_may_yield_at_any_depth)
{
    expect("1 2 3 4 5 6 7", flow_generate(tree, NULL, NULL));
}

static int adds_at_depth(flow_gen *self, flow_stage *source, int depth)
{
    char buffer[64];
    flow_value v;

    memset(buffer, depth, sizeof buffer);
    if (depth > 0)
        return adds_at_depth(self, source, depth - 1) + buffer[63] - depth;
    return flow_next(self, source, &v) ? (int)v.as.num : -1;
}

static void adds(flow_gen *self, flow_stage *source, void *arg)
{
    int sum = 0, n = 0;

    (void)arg;
    for (int depth = 0; n >= 0 && depth < 100; depth++)
        sum += n = adds_at_depth(self, source, depth);
    if (n >= 0)
        flow_yield(self, sum);
}

TEST(functions_called_by_a_body_may_read_at_any_depth)
{
    expect("5050", flow_generate(adds, numbers(100), NULL));
}

static void keeps_reals(flow_gen *self, flow_stage *source, void *arg)
{
    double x = 1, y = 0.5;
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v)) {
        x += y * (double)v.as.num;
        y *= 0.5;
        flow_yield(self, x);
    }
}

TEST(what_a_body_computes_survives_its_suspensions)
{
    expect("1.5 2.0 2.375", flow_generate(keeps_reals, numbers(3), NULL));
}

/* ---- Reading ----------------------------------------------------------- */
static void reads_sets(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value *set;
    size_t n;

    (void)arg;
    while (flow_next_set(self, source, &set, &n)
           && flow_yield(self, flow_pack(set, n)))
        ;
}

static flow_stage *sets(flow_stage *source)
{
    return flow_generate(reads_sets, source, NULL);
}

/* 1 2, a turn, 3, and a failure: none of which needs memory before it. */
static void paces(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_yield(self, 1);
    flow_yield(self, 2);
    flow_cooperate(self, 0);
    flow_yield(self, 3);
    flow_fail(self, FLOW_EINVAL, 0, "four");
}

static flow_stage *paced(void)
{
    return flow_read_ahead(flow_generate(paces, NULL, NULL), 8);
}

TEST(next_set_takes_all_that_is_ready)
{
    expect("[1] [2] [3]", sets(numbers(3)));
    expect_ahead("[1, 2] [3]", sets(flow_read_ahead(numbers(3), 2)));
}

TEST(sets_come_before_the_failure_that_follows_them)
{
    expect_ahead("[1, 2] [3] !Invalid: four", sets(paced()));
}

static void waits_then_reads(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_wait(self, source)) {
        size_t n = flow_ready(source);

        if (!flow_next(self, source, &v)
            || !flow_yield(self, flow_tuple(FLOW_VALUES((int)n, v))))
            return;
    }
}

TEST(wait_takes_nothing)
{
    expect("(1, 'a') (1, 'b')",
           flow_generate(waits_then_reads, script("a._b"), NULL));
    expect_ahead("(2, 1) (1, 2) (1, 3) !Invalid: four",
                 flow_generate(waits_then_reads, paced(), NULL));
}

static void reads_missing(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    flow_yield(self, 1);
    while (flow_next(self, source, &v))
        flow_drop(v);
}

TEST(reading_a_stage_that_is_missing_is_an_invalid_argument)
{
    flow_stage *s = flow_generate(reads_missing, NULL, NULL);
    flow_value v;

    CHECK(flow_block(s, &v));
    CHECK(!flow_block(s, &v) && flow_failure(s) != NULL
          && flow_is(flow_failure(s), FLOW_EINVAL));
    (void)flow_failure(s);
    flow_close(s);
}

static void reads_inner(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)source;
    (void)arg;
    for (int n = 1; n <= 3; n++) {
        flow_stage *s = numbers(n);
        int64_t last = 0;

        while (flow_next(self, s, &v)) {
            last = v.as.num;
            flow_yield(self, v);
        }
        flow_close(s);
        if (last < n)
            return;
    }
}

TEST(a_body_may_make_stages_of_its_own)
{
    expect("1 1 2 1 2 3", flow_generate(reads_inner, NULL, NULL));
}

static void reads_after_end(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v))
        flow_yield(self, v);
    for (int n = 0; n < 3; n++)
        if (flow_next(self, source, &v))
            flow_yield(self, "more");
    if (!disturbed())
        flow_yield(self, "end");
}

TEST(a_source_that_has_ended_does_so_for_ever)
{
    expect("a b end", flow_generate(reads_after_end, script("a.b"), NULL));
}

/* ---- Failing ----------------------------------------------------------- */
TEST(a_failure_of_the_source_passes_on_by_itself)
{
    expect("a b !Invalid: scripted", passed_on(passed_on(script("a.b!"))));
}

static void fails_after(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_yield(self, 1);
    flow_fail(self, io_error, 3, "number %d", 2);
}

TEST(a_body_may_fail)
{
    expect("1 !IOError: number 2", flow_generate(fails_after, NULL, NULL));
    expect("1 !IOError: number 2",
           flow_read_ahead(flow_generate(fails_after, NULL, NULL), 8));
}

static void yields_error(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_yield(self, 1);
    flow_yield(self, flow_error(io_error, 0, "yielded"));
    flow_yield(self, flow_text("after", 5));
}

TEST(an_error_that_is_yielded_is_raised)
{
    flow_stage *s = flow_generate(yields_error, NULL, NULL);
    flow_value v;

    CHECK(flow_block(s, &v) && v.as.num == 1);
    while (flow_block(s, &v))
        flow_drop(v);
    CHECK(flow_failure(s) != NULL && flow_is(flow_failure(s), io_error));
    (void)flow_failure(s);
    flow_close(s);
}

static void yields_settled(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_yield(self, flow_settle(flow_error(io_error, 0, "settled")));
    flow_yield(self, 2);
}

TEST(a_settled_error_is_yielded_like_any_value)
{
    expect("<IOError: settled> 2", flow_generate(yields_settled, NULL, NULL));
}

static void fails_twice(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_fail(self, io_error, 0, "the first");
    flow_fail(self, FLOW_ELIMIT, 0, "the second");
}

TEST(of_two_failures_the_first_leaves_and_the_second_is_reported)
{
    expect("!IOError: the first", flow_generate(fails_twice, NULL, NULL));
    CHECK(strstr(reports(), "the second") != NULL);
}

static void goes_on_after_failure(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v))
        flow_yield(self, v);
    note('n', flow_next(self, source, &v));
    note('w', flow_wait(self, source));
}

TEST(after_a_failure_reading_answers_false)
{
    forget();
    expect("a !Invalid: scripted",
           flow_generate(goes_on_after_failure, script("a!"), NULL));
    CHECK(strcmp(happened, "n0 w0") == 0);
}

/* ---- Catching ---------------------------------------------------------- */
static void catches(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v, error;

    while (flow_next(self, source, &v))
        flow_yield(self, v);
    if (!flow_catch(self, arg, &error))
        return;
    flow_yield(self, error);
    flow_yield(self, "end");
}

static flow_stage *failing(const flow_error_class *c)
{
    return flow_list(FLOW_VALUES(1, flow_error(c, 0, "trap")));
}

static flow_stage *catching(const flow_error_class *caught, flow_stage *s)
{
    return flow_generate(catches, s, (void *)(uintptr_t)caught);
}

TEST(a_failure_is_caught_by_its_class_and_may_be_yielded)
{
    expect("1 <IOError: trap> end", catching(io_error, failing(io_error)));
}

TEST(a_failure_is_caught_by_a_class_above)
{
    expect("1 <DiskError: trap> end",
           catching(io_error, failing(disk_error)));
    expect("1 <DiskError: trap> end",
           catching(FLOW_EANY, failing(disk_error)));
}

static void catches_in_vain(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v, error;

    while (flow_next(self, source, &v))
        flow_yield(self, v);
    note('c', flow_catch(self, arg, &error));
}

TEST(a_failure_is_not_caught_by_another_class)
{
    forget();
    expect("1 !IOError: trap",
           flow_generate(catches_in_vain, failing(io_error),
                         (void *)(uintptr_t)disk_error));
    CHECK(strcmp(happened, "c0") == 0);
}

TEST(without_a_failure_nothing_is_caught)
{
    forget();
    expect("1 2", flow_generate(catches_in_vain, numbers(2),
                                (void *)(uintptr_t)FLOW_ELIMIT));
    CHECK(strcmp(happened, "c0") == 0);
}

static void drops_failure(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v))
        flow_yield(self, v);
    flow_catch(self, io_error, NULL);
}

TEST(a_failure_may_be_caught_and_dropped)
{
    expect("1", flow_generate(drops_failure, failing(io_error), NULL));
}

static void catches_own(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_fail(self, io_error, 0, "own");
    flow_catch(self, io_error, NULL);
    flow_yield(self, "caught");
}

TEST(a_body_may_catch_what_it_raised)
{
    expect("caught", flow_generate(catches_own, NULL, NULL));
}

static void catches_and_reads_on(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    do {
        while (flow_next(self, source, &v))
            flow_yield(self, v);
    } while (flow_catch(self, io_error, NULL));
}

static flow_status fails_at_two(void *state, flow_stage *out)
{
    int *n = state;

    if (++*n > 3)
        return FLOW_DONE;
    flow_give(out, *n == 2 ? flow_error(io_error, 0, "two") : flow_int(*n));
    return FLOW_READY;
}

TEST(after_catching_a_body_goes_on_with_a_step_that_has_not_ended)
{
    int n = 0;

    expect("1 3", flow_generate(catches_and_reads_on,
                                flow_iterate(fails_at_two, &n), NULL));
}

static void catches_all(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    do {
        while (flow_next(self, source, &v))
            flow_yield(self, v);
        ++*(int *)arg;
    } while (*(int *)arg < 9 && flow_catch(self, FLOW_EANY, NULL));
}

TEST(a_body_that_catches_all_comes_to_an_end_without_memory_too)
{
    int n = 0;
    flow_stage *s = flow_generate(catches_all, script("a!"), &n);
    flow_value v;

    while (flow_block(s, &v))
        flow_drop(v);
    MUST(n <= 2);
    (void)flow_failure(s);
    flow_close(s);
}

/* ---- Cleaning up ------------------------------------------------------- */
static void clean(void *p)
{
    note('c', *(int *)p);
}

static void has_cleanups(flow_gen *self, flow_stage *source, void *arg)
{
    static int number[] = { 1, 2, 3 };

    (void)source;
    (void)arg;
    for (int n = 0; n < 3; n++)
        if (!flow_cleanup(self, clean, &number[n]))
            return;
    flow_yield(self, "a");
    note('b', 0);
}

TEST(cleanups_are_called_after_the_body_the_last_first)
{
    forget();
    expect("a", flow_generate(has_cleanups, NULL, NULL));
    CHECK(strcmp(happened, "b0 c3 c2 c1") == 0);
}

static void counts_cleanup(void *p)
{
    ++*(int *)p;
}

static void cleans_once(flow_gen *self, flow_stage *source, void *arg)
{
    int *made = arg;

    (void)source;
    ++made[0];
    if (!flow_cleanup(self, counts_cleanup, &made[1]))
        return;
    flow_yield(self, "a");
    flow_yield(self, "b");
}

TEST(a_cleanup_is_called_once_whatever_happens)
{
    int made[2] = { 0 };

    expect("a b", flow_generate(cleans_once, NULL, made));
    MUST(made[0] == made[1]);
}

TEST(a_source_is_closed_after_the_body)
{
    int closed = 0;

    expect("a b", passed_on(watched_script("a.b", &closed)));
    MUST(closed == 1);
}

/* ---- Setting aside ----------------------------------------------------- */
static void cooperates(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    for (int n = 1; n <= 2 && flow_cooperate(self, *(double *)arg); n++)
        flow_yield(self, n);
}

TEST(a_chain_may_be_set_aside_for_a_turn)
{
    double none = 0;
    flow_host *h = flow_host_here();
    double start = h->now(h);

    expect("1 2", passed_on(flow_generate(cooperates, NULL, &none)));
    CHECK(h->now(h) == start);
}

TEST(a_chain_may_be_set_aside_for_a_time)
{
    double seconds = 1.5;
    flow_host *h = flow_host_here();
    double start = h->now(h);

    expect("1 2", passed_on(flow_generate(cooperates, NULL, &seconds)));
    CHECK(h->now(h) >= start + 3 && h->now(h) < start + 3.1);
}

static void awaits(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)source;
    flow_yield(self, "before");
    if (!flow_await(self, arg, &v))
        return;
    flow_yield(self, v);
    flow_yield(self, "after");
}

TEST(a_deferred_that_has_fired_is_awaited_without_waiting)
{
    flow_deferred *d = flow_defer();

    flow_fire(d, flow_text("fired", 5));
    expect("before fired after", flow_generate(awaits, NULL, d));
    flow_release(d);
}

struct firing { flow_task task; flow_deferred *d; };

static void fires(flow_task *t)
{
    flow_fire(((struct firing *)(void *)t)->d, flow_text("fired", 5));
}

TEST(a_deferred_that_fires_later_is_waited_for)
{
    struct firing f = { .task.call = fires, .d = flow_defer() };
    flow_host *h = flow_host_here();

    h->post(h, &f.task, 2);
    expect("before fired after", flow_generate(awaits, NULL, f.d));
    h->cancel(h, &f.task);
    flow_release(f.d);
}

static void awaits_only(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)source;
    while (flow_await(self, arg, &v))
        flow_yield(self, v);
}

TEST(the_failure_of_a_deferred_is_raised_where_it_is_awaited)
{
    flow_deferred *d = flow_defer();

    flow_fire(d, flow_error(io_error, 0, "did not come"));
    expect("!IOError: did not come", flow_generate(awaits_only, NULL, d));
    (void)flow_outcome(d);
    flow_release(d);
}

/* ---- Deep chains ------------------------------------------------------- */
static flow_stage *deep_chain(flow_stage *s)
{
    for (int n = 0; n < LONG_CHAIN; n++)
        s = passed_on(s);
    return s;
}

TEST(chains_of_thousands_of_generators_pass_values_on)
{
    expect("1 2 3", deep_chain(numbers(3)));
}

TEST(chains_of_thousands_of_generators_wait)
{
    expect("a b", deep_chain(script("a.b")));
}

TEST(chains_of_thousands_of_generators_fail)
{
    expect("!Invalid: scripted", deep_chain(script("!")));
}

TEST(chains_of_thousands_of_generators_are_closed_before_they_begin)
{
    flow_close(deep_chain(numbers(3)));
}

/* ---- While a failure is on its way ----------------------------------- */
static void goes_on_after_failing(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    flow_fail(self, FLOW_EINVAL, 0, "first");
    CHECK(!flow_next(self, source, &v));
    CHECK(!flow_yield(self, 1));
    CHECK(!flow_cooperate(self, 0));
    CHECK(!flow_closing(self));
}

TEST(while_a_failure_is_on_its_way_every_wait_is_refused)
{
    expect("!Invalid: first",
           flow_generate(goes_on_after_failing, numbers(2), NULL));
}

static void catches_and_goes_on(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    if (!flow_yield(self, 0))
        return;
    flow_fail(self, FLOW_EINVAL, 0, "caught");
    CHECK(!flow_yield(self, 1));
    CHECK(flow_catch(self, FLOW_EINVAL, NULL));
    while (flow_next(self, source, &v))
        flow_yield(self, v);
}

TEST(when_it_is_caught_waits_go_on)
{
    expect("0 1 2", flow_generate(catches_and_goes_on, numbers(2), NULL));
    expect("0 1 2", flow_read_ahead(flow_generate(catches_and_goes_on,
                                                  numbers(2), NULL), 3));
}

static void never_looks(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_yield(self, 1);
    flow_fail(self, FLOW_EINVAL, 0, "unseen");
    for (;;)
        flow_yield(self, 2);
}

TEST(a_body_that_goes_on_failing_is_given_up_with_its_failure)
{
    expect("1 !Invalid: unseen", flow_generate(never_looks, NULL, NULL));
    reports();
}

/* ---- Mistakes -------------------------------------------------------- */
static void asks_itself(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)source;
    while (flow_next(self, *(flow_stage **)arg, &v))
        flow_drop(v);
}

TEST(a_body_that_asks_itself_is_told_so)
{
    flow_stage *s = NULL;

    s = flow_generate(asks_itself, NULL, &s);
    expect("!Nested: 'asks_itself' asks itself for a value", s);
}

static void closes_itself(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    flow_yield(self, 1);
    if (flow_closing(self))
        return;
    flow_close(*(flow_stage **)arg);
    note('y', flow_yield(self, flow_text("dropped", 7)));
}

TEST(a_body_that_closes_itself_is_refused_from_then_on)
{
    flow_stage *s = NULL;
    flow_value v;

    forget();
    s = flow_generate(closes_itself, NULL, &s);
    CHECK(flow_block(s, &v) && v.as.num == 1);
    CHECK(!flow_block(s, &v));
    CHECK(strcmp(happened, "y0") == 0);
    CHECK(strstr(reports(), "closed while it runs") != NULL);
    (void)flow_failure(s);
    flow_close(s);
}

static void raises_no_error(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_raise(self, flow_text("no error", 8));
}

TEST(what_is_raised_must_be_an_error)
{
    expect("!Invalid: 'raises_no_error' raised a value that is no error",
           flow_generate(raises_no_error, NULL, NULL));
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_generator_gives_what_it_yields),
        CASE(a_generator_may_yield_nothing),
        CASE(numbers_literals_and_values_may_be_yielded),
        CASE(a_generator_reads_its_source),
        CASE(nothing_runs_until_asked),
        CASE(without_reading_ahead_producer_and_consumer_alternate),
        CASE(reading_ahead_a_generator_runs_on_until_it_has_yielded_as_many),
        CASE(reading_ahead_of_more_than_there_is_gives_all),
        CASE(a_generator_that_must_wait_hands_over_what_it_has_yielded),
        CASE(reading_ahead_may_be_set_while_it_runs),
        CASE(functions_called_by_a_body_may_yield_at_any_depth),
        CASE(functions_called_by_a_body_may_read_at_any_depth),
        CASE(what_a_body_computes_survives_its_suspensions),
        CASE(next_set_takes_all_that_is_ready),
        CASE(sets_come_before_the_failure_that_follows_them),
        CASE(wait_takes_nothing),
        CASE(reading_a_stage_that_is_missing_is_an_invalid_argument),
        CASE(a_body_may_make_stages_of_its_own),
        CASE(a_source_that_has_ended_does_so_for_ever),
        CASE(a_failure_of_the_source_passes_on_by_itself),
        CASE(a_body_may_fail),
        CASE(an_error_that_is_yielded_is_raised),
        CASE(a_settled_error_is_yielded_like_any_value),
        CASE(of_two_failures_the_first_leaves_and_the_second_is_reported),
        CASE(after_a_failure_reading_answers_false),
        CASE(a_failure_is_caught_by_its_class_and_may_be_yielded),
        CASE(a_failure_is_caught_by_a_class_above),
        CASE(a_failure_is_not_caught_by_another_class),
        CASE(without_a_failure_nothing_is_caught),
        CASE(a_failure_may_be_caught_and_dropped),
        CASE(a_body_may_catch_what_it_raised),
        CASE(after_catching_a_body_goes_on_with_a_step_that_has_not_ended),
        CASE(a_body_that_catches_all_comes_to_an_end_without_memory_too),
        CASE(cleanups_are_called_after_the_body_the_last_first),
        CASE(a_cleanup_is_called_once_whatever_happens),
        CASE(a_source_is_closed_after_the_body),
        CASE(a_chain_may_be_set_aside_for_a_turn),
        CASE(a_chain_may_be_set_aside_for_a_time),
        CASE(a_deferred_that_has_fired_is_awaited_without_waiting),
        CASE(a_deferred_that_fires_later_is_waited_for),
        CASE(the_failure_of_a_deferred_is_raised_where_it_is_awaited),
        CASE(chains_of_thousands_of_generators_pass_values_on),
        CASE(chains_of_thousands_of_generators_wait),
        CASE(chains_of_thousands_of_generators_fail),
        CASE(chains_of_thousands_of_generators_are_closed_before_they_begin),
        CASE(while_a_failure_is_on_its_way_every_wait_is_refused),
        CASE(when_it_is_caught_waits_go_on),
        CASE(a_body_that_goes_on_failing_is_given_up_with_its_failure),
        CASE(a_body_that_asks_itself_is_told_so),
        CASE(a_body_that_closes_itself_is_refused_from_then_on),
        CASE(what_is_raised_must_be_an_error),
    };
    return run_tests("generators", tests, sizeof tests / sizeof *tests);
}
