/* SPDX-License-Identifier: MIT */
/* Operators for what goes wrong. */
#include "operator_functions.h"

static const flow_error_class IO_ERROR[1] = {{ "IOError", FLOW_EANY }};
static const flow_error_class DISK_FULL[1] = {{ "DiskFull", IO_ERROR }};

/* The numbers up to n, then a failure of class c. */
static flow_stage *broken(int n, const flow_error_class *c)
{
    return flow_concat(FLOW_STAGES(
        flow_read_ahead(numbers(n), 2), flow_failed(flow_error(c, 0, "trap"))));
}

static double now(void)
{
    return flow_host_here()->now(flow_host_here());
}

/* ---- trap -------------------------------------------------------------- */
TEST(trap_gives_a_failure_of_its_class_as_a_last_value)
{
    expect("1 2 3 <IOError: trap>", flow_trap(broken(3, IO_ERROR), IO_ERROR));
}

TEST(trap_takes_the_classes_below_its_own)
{
    expect("1 <DiskFull: trap>", flow_trap(broken(1, DISK_FULL), IO_ERROR));
    expect("1 !IOError: trap", flow_trap(broken(1, IO_ERROR), DISK_FULL));
}

TEST(trap_passes_other_failures_on)
{
    expect("a !Invalid: scripted", flow_trap(script("a!"), FLOW_ELIMIT));
}

TEST(traps_nest)
{
    flow_stage *s = flow_trap(broken(1, IO_ERROR), FLOW_EINVAL);

    expect("1 <IOError: trap>", flow_trap(s, IO_ERROR));
}

TEST(trapped_errors_pass_operators_untouched)
{
    flow_stage *s = flow_trap(broken(2, IO_ERROR), IO_ERROR);

    s = flow_map(flow_filter(s, is_odd, NULL), twice, NULL);
    expect("[2, <IOError: trap>]", flow_collect(s));
}

TEST(trap_without_a_failure_changes_nothing)
{
    expect("a b c", flow_trap(script("a._bc"), FLOW_EANY));
}

/* A step that raises at each third value, and goes on. */
static flow_status stumbles(void *state, flow_stage *out)
{
    int *n = state;

    if (++*n > 6)
        return FLOW_DONE;
    flow_give(out, *n % 3 != 0 ? flow_int(*n)
                               : flow_error(IO_ERROR, 0, "trap"));
    return FLOW_READY;
}

TEST(trap_goes_on_with_a_step_that_goes_on)
{
    int n = 0;

    expect("1 2 <IOError: trap> 4 5 <IOError: trap>",
           flow_trap(flow_iterate(stumbles, &n), IO_ERROR));
}

TEST(trap_comes_to_an_end_without_memory_too)
{
    flow_stage *s = flow_trap(numbers(2), FLOW_EANY);
    flow_value v;
    int n = 0;

    for (; n < 9 && flow_block(s, &v); n++)
        flow_drop(v);
    MUST(n <= 2);
    (void)flow_failure(s);
    flow_close(s);
}

TEST(trap_of_no_stage_gives_that_once)
{
    expect("<Invalid: asked a stage that is NULL>",
           flow_trap(NULL, FLOW_EINVAL));
}

TEST(trap_without_a_class_fails)
{
    expect("!Invalid: flow_trap: name a class; FLOW_EANY traps every error",
           flow_trap(numbers(1), NULL));
}

/* ---- retry ------------------------------------------------------------- */
/* Fails the first `failures` times. */
struct service { int failures, calls; const flow_error_class *class; };

static flow_stage *call(void *arg)
{
    struct service *s = arg;

    return s->calls++ < s->failures ? broken(s->calls, s->class) : numbers(2);
}

TEST(retry_reads_another_stage_after_a_failure)
{
    struct service s = { 1, 0, IO_ERROR };

    expect("1 1 2", flow_retry(call, &s, IO_ERROR, 3, 1.0));
    CHECK(s.calls == 2);
}

TEST(retry_waits_twice_as_long_each_time)
{
    struct service s = { 3, 0, IO_ERROR };
    double began = now();

    expect("1 1 2 1 2 3 1 2", flow_retry(call, &s, IO_ERROR, 3, 1.0));
    CHECK(s.calls == 4);
    CHECK(now() - began == 1 + 2 + 4);
}

TEST(retry_gives_up_after_n_more)
{
    struct service s = { 9, 0, DISK_FULL };
    double began = now();

    expect("1 1 2 1 2 3 !DiskFull: trap", flow_retry(call, &s, IO_ERROR, 2,
                                                     0.5));
    CHECK(s.calls == 3);
    CHECK(now() - began == 1.5);
}

TEST(retry_of_none_more_reads_once)
{
    struct service s = { 9, 0, IO_ERROR };

    expect("1 !IOError: trap", flow_retry(call, &s, IO_ERROR, 0, 1.0));
    CHECK(s.calls == 1);
}

TEST(retry_leaves_other_failures_alone)
{
    struct service s = { 9, 0, IO_ERROR };

    expect("1 !IOError: trap", flow_retry(call, &s, FLOW_ELIMIT, 3, 1.0));
    CHECK(s.calls == 1);
}

TEST(retry_makes_its_first_stage_when_asked)
{
    struct service s = { 0, 0, IO_ERROR };

    flow_close(flow_retry(call, &s, IO_ERROR, 3, 1.0));
    CHECK(s.calls == 0);
}

static void woken(flow_waker *w)
{
    (void)w;
}

TEST(retry_lets_others_run_before_it_tries_at_once)
{
    struct service s = { 1, 0, IO_ERROR };
    flow_stage *r = flow_retry(call, &s, IO_ERROR, 1, 0);
    flow_waker w = { woken, flow_host_here() };
    flow_value v;

    CHECK(flow_pull(r, &w, &v) == FLOW_READY && v.as.num == 1);
    CHECK(flow_pull(r, &w, &v) == FLOW_WAIT);
    flow_close(r);
    CHECK(s.calls == 1);
}

static flow_stage *no_stage(void *arg)
{
    ++*(int *)arg;
    return NULL;
}

TEST(retry_fails_when_its_function_answers_no_stage)
{
    int calls = 0;

    expect("!Invalid: flow_retry: its function answered NULL; for no values "
           "answer flow_list(NULL, 0)",
           flow_retry(no_stage, &calls, FLOW_EINVAL, 2, 1.0));
    CHECK(calls == 3);
}

TEST(retry_needs_a_function_and_a_class)
{
    expect("!Invalid: flow_retry: give it a function, not NULL",
           flow_retry(NULL, NULL, FLOW_EANY, 1, 1.0));
    expect("!Invalid: flow_retry: name a class; FLOW_EANY retries after every "
           "error", flow_retry(call, NULL, NULL, 1, 1.0));
}

int main(void)
{
    static const struct test tests[] = {
        CASE(trap_gives_a_failure_of_its_class_as_a_last_value),
        CASE(trap_takes_the_classes_below_its_own),
        CASE(trap_passes_other_failures_on),
        CASE(traps_nest),
        CASE(trapped_errors_pass_operators_untouched),
        CASE(trap_without_a_failure_changes_nothing),
        CASE(trap_goes_on_with_a_step_that_goes_on),
        CASE(trap_comes_to_an_end_without_memory_too),
        CASE(trap_of_no_stage_gives_that_once),
        CASE(trap_without_a_class_fails),
        CASE(retry_reads_another_stage_after_a_failure),
        CASE(retry_waits_twice_as_long_each_time),
        CASE(retry_gives_up_after_n_more),
        CASE(retry_of_none_more_reads_once),
        CASE(retry_leaves_other_failures_alone),
        CASE(retry_makes_its_first_stage_when_asked),
        CASE(retry_lets_others_run_before_it_tries_at_once),
        CASE(retry_fails_when_its_function_answers_no_stage),
        CASE(retry_needs_a_function_and_a_class),
    };

    return run_tests("operators_trouble", tests, sizeof tests / sizeof *tests);
}
