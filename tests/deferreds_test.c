/* SPDX-License-Identifier: MIT */
/* Deferreds: values that will arrive, and chains of what is done with them. */
#include "harness.h"

#include <string.h>

static const flow_error_class io_error[1] = {{ "IOError", FLOW_EANY }};

/* ---- Functions for chains ---------------------------------------------- */
static flow_value adds_one(flow_value v, void *arg)
{
    (void)arg;
    v.as.num++;
    return v;
}

static flow_value doubles(flow_value v, void *arg)
{
    (void)arg;
    v.as.num *= 2;
    return v;
}

static flow_value fails(flow_value v, void *arg)
{
    flow_drop(v);
    return flow_error(io_error, 0, "%s", (const char *)arg);
}

static flow_value recovers(flow_value v, void *arg)
{
    flow_drop(v);
    return flow_int(*(int *)arg);
}

static flow_value counts(flow_value v, void *arg)
{
    ++*(int *)arg;
    return v;
}

static flow_value answers_later(flow_value v, void *arg)
{
    flow_drop(v);
    return flow_later(flow_hold(arg));
}

struct undone { int times; flow_deferred *fires; };

static void undo(void *arg)
{
    struct undone *u = arg;

    u->times++;
    if (u->fires != NULL)
        flow_fire(u->fires, flow_int(8));
}

static void nobody(flow_waker *w)
{
    (void)w;
}

static bool is_int(const flow_value *v, int64_t n)
{
    return v != NULL && v->kind == FLOW_INT && v->as.num == n;
}

static bool is_error(const flow_value *v, const flow_error_class *c)
{
    return v != NULL && flow_is(v, c);
}

/* ---- Firing ------------------------------------------------------------ */
TEST(a_deferred_has_no_outcome_until_it_fires)
{
    flow_deferred *d = flow_defer();

    CHECK(!flow_fired(d) && flow_outcome(d) == NULL);
    flow_fire(d, flow_int(1));
    MUST(flow_fired(d) && flow_outcome(d) != NULL);
    CHECK(is_int(flow_outcome(d), 1));
    flow_release(d);
}

TEST(only_the_first_firing_counts)
{
    flow_deferred *d = flow_defer();

    flow_fire(d, flow_int(1));
    flow_fire(d, flow_text("second", 6));
    flow_fire(d, flow_error(io_error, 0, "third"));
    CHECK(is_int(flow_outcome(d), 1));
    flow_release(d);
}

TEST(callbacks_run_in_order_each_with_what_the_one_before_answered)
{
    flow_deferred *d = flow_defer();

    flow_then(d, adds_one, NULL, NULL);
    flow_then(d, doubles, NULL, NULL);
    flow_then(d, adds_one, NULL, NULL);
    flow_fire(d, flow_int(1));
    CHECK(is_int(flow_outcome(d), 5));
    (void)flow_outcome(d);
    flow_release(d);
}

TEST(callbacks_added_to_a_fired_deferred_run_at_once)
{
    flow_deferred *d = flow_defer();
    int n = 0;

    flow_fire(d, flow_int(1));
    flow_then(d, counts, NULL, &n);
    CHECK(n == 1);
    flow_then(d, adds_one, NULL, NULL);
    CHECK(is_int(flow_outcome(d), 2));
    (void)flow_outcome(d);
    flow_release(d);
}

static flow_value adds_another(flow_value v, void *arg)
{
    flow_then(arg, adds_one, NULL, NULL);
    flow_then(arg, doubles, NULL, NULL);
    return v;
}

TEST(a_callback_may_add_others)
{
    flow_deferred *d = flow_defer();

    flow_then(d, adds_another, NULL, d);
    flow_fire(d, flow_int(1));
    CHECK(is_int(flow_outcome(d), 4));
    (void)flow_outcome(d);
    flow_release(d);
}

static flow_value fires_again(flow_value v, void *arg)
{
    flow_fire(arg, flow_int(99));
    return v;
}

TEST(a_callback_may_fire_its_deferred_in_vain)
{
    flow_deferred *d = flow_defer();

    flow_then(d, fires_again, NULL, d);
    flow_fire(d, flow_int(1));
    CHECK(is_int(flow_outcome(d), 1));
    (void)flow_outcome(d);
    flow_release(d);
}

static flow_value releases(flow_value v, void *arg)
{
    flow_deferred **d = arg;

    flow_release(*d);
    *d = NULL;
    return v;
}

TEST(a_callback_may_release_its_deferred)
{
    flow_deferred *d = flow_defer();

    flow_then(d, releases, NULL, &d);
    flow_then(d, adds_one, NULL, NULL);
    if (!disturbed())
        flow_fire(d, flow_int(1));
    flow_release(d);
}

/* ---- Two paths --------------------------------------------------------- */
TEST(an_error_takes_the_path_of_bad_and_a_value_that_of_good)
{
    flow_deferred *d = flow_defer();
    int good = 0, bad = 0, seven = 7;

    flow_then(d, counts, fails, &good);         /* good 1 */
    flow_then(d, fails, NULL, "wrong");
    flow_then(d, counts, NULL, &good);          /* passed over */
    flow_then(d, NULL, counts, &bad);           /* bad 1 */
    flow_then(d, NULL, recovers, &seven);
    flow_then(d, counts, counts, &good);        /* good 2 */
    flow_fire(d, flow_int(1));
    CHECK(good == 2 && bad == 1 && is_int(flow_outcome(d), 7));
    (void)flow_outcome(d);
    flow_release(d);
}

TEST(a_missing_callback_passes_on)
{
    flow_deferred *d = flow_defer();

    flow_then(d, NULL, NULL, NULL);
    flow_then(d, NULL, fails, "unused");
    flow_fire(d, flow_int(3));
    CHECK(is_int(flow_outcome(d), 3));
    (void)flow_outcome(d);
    flow_release(d);
}

TEST(a_settled_error_takes_the_path_of_good)
{
    flow_deferred *d = flow_defer();
    int good = 0;

    flow_then(d, counts, fails, &good);
    flow_fire(d, flow_settle(flow_error(io_error, 0, "only a value")));
    CHECK(good == 1 && is_error(flow_outcome(d), io_error));
    (void)flow_outcome(d);
    flow_release(d);
}

TEST(a_failure_left_when_the_last_holder_goes_is_reported)
{
    flow_deferred *d = flow_hold(flow_defer());

    flow_fire(d, flow_error(io_error, 0, "left over"));
    flow_release(d);
    MUST(disturbed() || strstr(reports(), "left over") == NULL);
    flow_release(d);
    CHECK(strstr(reports(), "left over") != NULL);
}

TEST(a_failure_that_was_looked_at_is_handled)
{
    flow_deferred *d = flow_defer();

    flow_fire(d, flow_error(io_error, 0, "looked at"));
    CHECK(is_error(flow_outcome(d), io_error));
    flow_release(d);
    CHECK(strcmp(reports(), "") == 0);
}

TEST(a_failure_that_bad_took_is_handled)
{
    flow_deferred *d = flow_defer();
    int zero = 0;

    flow_fire(d, flow_error(io_error, 0, "handled"));
    flow_then(d, NULL, recovers, &zero);
    flow_release(d);
    CHECK(strcmp(reports(), "") == 0);
}

/* ---- Later ------------------------------------------------------------- */
TEST(a_chain_waits_for_the_deferred_its_callback_answers)
{
    flow_deferred *d = flow_defer(), *inner = flow_defer();

    flow_then(d, answers_later, NULL, inner);
    flow_then(d, adds_one, NULL, NULL);
    flow_fire(d, flow_int(1));
    CHECK(flow_outcome(d) == NULL);
    flow_fire(inner, flow_int(10));
    CHECK(is_int(flow_outcome(d), 11));
    if (disturbed())
        (void)flow_outcome(d);
    flow_release(d);
    flow_release(inner);
}

TEST(a_deferred_that_fired_before_is_taken_at_once)
{
    flow_deferred *d = flow_defer(), *inner = flow_defer();

    flow_fire(inner, flow_int(10));
    flow_then(d, answers_later, NULL, inner);
    flow_then(d, adds_one, NULL, NULL);
    flow_fire(d, flow_int(1));
    CHECK(is_int(flow_outcome(d), 11));
    flow_release(d);
    flow_release(inner);
}

TEST(the_failure_of_a_later_one_takes_the_path_of_bad)
{
    flow_deferred *d = flow_defer(), *inner = flow_defer();
    int seven = 7;

    flow_then(d, answers_later, NULL, inner);
    flow_then(d, doubles, recovers, &seven);
    flow_fire(d, flow_int(1));
    flow_fire(inner, flow_error(io_error, 0, "inner"));
    CHECK(is_int(flow_outcome(d), 7));
    flow_release(d);
    flow_release(inner);
}

TEST(cancelling_a_chain_cancels_what_it_waits_for)
{
    flow_deferred *d = flow_defer(), *inner = flow_defer();

    flow_then(d, answers_later, NULL, inner);
    flow_fire(d, flow_int(1));
    flow_cancel(d);
    CHECK(is_error(flow_outcome(inner), FLOW_ECANCELLED));
    CHECK(is_error(flow_outcome(d), FLOW_ECANCELLED));
    flow_release(d);
    flow_release(inner);
}

TEST(a_callback_that_answers_its_own_deferred_is_an_error_not_a_hang)
{
    flow_deferred *d = flow_defer();

    flow_then(d, answers_later, NULL, d);
    flow_fire(d, flow_int(1));
    CHECK(is_error(flow_outcome(d), FLOW_EINVAL));
    flow_release(d);
}

/* ---- Without memory for a callback -------------------------------------- */
static flow_value adds_one_more(flow_value v, void *arg)
{
    static int times;

    flow_then(arg, counts, NULL, &times);
    return v;
}

TEST(a_callback_lost_while_others_run_fails_the_deferred)
{
    flow_deferred *d = flow_defer();

    flow_then(d, adds_one_more, NULL, d);
    flow_fire(d, flow_textf("not %s", "lost"));
    MUST(flow_outcome(d) != NULL);
    flow_release(d);
}

TEST(a_callback_lost_while_its_deferred_waits_fails_it_in_the_end)
{
    flow_deferred *d = flow_defer(), *inner = flow_defer();
    int n = 0;

    flow_then(d, answers_later, NULL, inner);
    flow_fire(d, flow_int(1));
    flow_then(d, counts, NULL, &n);
    flow_fire(inner, flow_int(2));
    MUST(flow_outcome(d) != NULL);
    CHECK(n == 1);
    flow_release(d);
    flow_release(inner);
}

/* ---- Chains of any length ------------------------------------------------ */
enum { LINKS = 50000 };

/* Each has a callback that answers the next, and so waits for it. */
static flow_deferred *chain(flow_deferred **last)
{
    flow_deferred *first = flow_defer(), *d = first;

    for (int n = 0; n < LINKS && !disturbed(); n++) {
        flow_deferred *next = flow_defer();

        flow_then(d, answers_later, NULL, next);
        flow_fire(d, flow_none());
        if (d != first)
            flow_release(d);
        d = next;
    }
    if (d == first)
        flow_hold(d);
    *last = d;
    return first;
}

TEST(what_a_long_chain_waits_for_comes_through_it)
{
    flow_deferred *last, *first = chain(&last);

    CHECK(flow_outcome(first) == NULL);
    flow_fire(last, flow_int(5));
    CHECK(is_int(flow_outcome(first), 5));
    flow_outcome(first);
    flow_outcome(last);
    flow_release(last);
    flow_release(first);
}

TEST(a_long_chain_may_be_cancelled)
{
    flow_deferred *last, *first = chain(&last);

    flow_cancel(first);
    CHECK(is_error(flow_outcome(last), FLOW_ECANCELLED));
    CHECK(is_error(flow_outcome(first), FLOW_ECANCELLED));
    flow_release(last);
    flow_release(first);
}

TEST(a_long_chain_may_be_released)
{
    flow_deferred *last, *first = chain(&last);
    struct undone u = { 0 };

    flow_on_cancel(last, undo, &u);
    flow_release(last);
    MUST(disturbed() || u.times == 0);
    flow_release(first);
    CHECK(u.times == 1);
}

/* ---- Giving up --------------------------------------------------------- */
TEST(cancelling_calls_undo_and_fires)
{
    flow_deferred *d = flow_defer();
    struct undone u = { 0 };

    flow_on_cancel(d, undo, &u);
    flow_cancel(d);
    CHECK(u.times == 1);
    CHECK(is_error(flow_outcome(d), FLOW_ECANCELLED));
    flow_cancel(d);
    CHECK(u.times == 1);
    flow_release(d);
}

TEST(undo_may_fire_with_what_there_is)
{
    flow_deferred *d = flow_defer();
    struct undone u = { .fires = d };

    flow_on_cancel(d, undo, &u);
    flow_cancel(d);
    CHECK(is_int(flow_outcome(d), 8));
    flow_release(d);
}

TEST(cancelling_what_has_fired_does_nothing)
{
    flow_deferred *d = flow_defer();
    struct undone u = { 0 };

    flow_on_cancel(d, undo, &u);
    flow_fire(d, flow_int(1));
    flow_cancel(d);
    MUST(u.times == 0);
    CHECK(is_int(flow_outcome(d), 1));
    flow_release(d);
}

TEST(the_last_release_of_an_unfired_deferred_cancels_it)
{
    flow_deferred *d = flow_hold(flow_defer());
    struct undone u = { 0 };

    flow_on_cancel(d, undo, &u);
    flow_release(d);
    MUST(u.times == 0);
    flow_release(d);
    CHECK(u.times == 1 && strcmp(reports(), "") == 0);
}

TEST(callbacks_of_a_cancelled_deferred_see_it)
{
    flow_deferred *d = flow_defer();
    int bad = 0;

    flow_then(d, NULL, counts, &bad);
    flow_cancel(d);
    CHECK(bad == 1);
    (void)flow_outcome(d);
    flow_release(d);
}

/* ---- Timeouts ---------------------------------------------------------- */
static void pass(double seconds)
{
    flow_host *h = flow_host_here();
    double until = h->now(h) + seconds;

    while (h->now(h) < until && h->turn(h, true))
        ;
}

TEST(a_deferred_that_does_not_fire_in_time_expires)
{
    flow_deferred *d = flow_defer();
    struct undone u = { 0 };

    flow_on_cancel(d, undo, &u);
    flow_expire(d, 5);
    CHECK(!flow_fired(d));
    pass(6);
    CHECK(u.times == 1 && is_error(flow_outcome(d), FLOW_ETIMEOUT));
    (void)flow_outcome(d);
    flow_release(d);
}

TEST(a_deferred_that_fires_in_time_does_not_expire)
{
    flow_deferred *d = flow_defer();

    flow_expire(d, 5);
    flow_fire(d, flow_int(1));
    pass(6);
    CHECK(is_int(flow_outcome(d), 1));
    (void)flow_outcome(d);
    flow_release(d);
}

TEST(an_expiring_deferred_may_be_released)
{
    flow_deferred *d = flow_defer();

    flow_expire(d, 5);
    flow_release(d);
    pass(6);
}

/* ---- Several ----------------------------------------------------------- */
static void defer_three(flow_deferred *d[3])
{
    for (int n = 0; n < 3; n++)
        d[n] = flow_defer();
}

static void hold_three(flow_deferred *d[3])
{
    for (int n = 0; n < 3; n++)
        flow_hold(d[n]);
}

static void release_three(flow_deferred *d[3])
{
    for (int n = 0; n < 3; n++) {
        (void)flow_outcome(d[n]);
        flow_release(d[n]);
    }
}

TEST(gathering_gives_all_values_in_the_order_of_the_deferreds)
{
    flow_deferred *d[3], *all;

    defer_three(d);
    hold_three(d);
    all = flow_gather(d, 3);
    flow_fire(d[2], flow_int(3));
    flow_fire(d[0], flow_text("one", 3));
    CHECK(!flow_fired(all));
    flow_fire(d[1], flow_int(2));
    if (flow_outcome(all) != NULL && !disturbed())
        expect("['one', 2, 3]", flow_once(flow_share(*flow_outcome(all))));
    CHECK(flow_fired(all));
    (void)flow_outcome(all);
    flow_release(all);
    release_three(d);
}

TEST(gathering_none_gives_an_empty_list)
{
    flow_deferred *all = flow_gather(NULL, 0);

    MUST(flow_fired(all));
    CHECK(flow_outcome(all)->kind == FLOW_LIST);
    (void)flow_outcome(all);
    flow_release(all);
}

TEST(gathering_fails_with_the_first_failure_and_cancels_the_rest)
{
    flow_deferred *d[3], *all;

    defer_three(d);
    hold_three(d);
    all = flow_gather(d, 3);
    flow_fire(d[0], flow_int(1));
    flow_fire(d[1], flow_error(io_error, 0, "second"));
    CHECK(is_error(flow_outcome(all), io_error));
    CHECK(is_error(flow_outcome(d[2]), FLOW_ECANCELLED));
    (void)flow_outcome(all);
    flow_release(all);
    release_three(d);
}

TEST(cancelling_what_gathers_cancels_all)
{
    flow_deferred *d[3], *all;

    defer_three(d);
    hold_three(d);
    all = flow_gather(d, 3);
    flow_fire(d[0], flow_int(1));
    flow_cancel(all);
    CHECK(is_error(flow_outcome(all), FLOW_ECANCELLED));
    CHECK(is_int(flow_outcome(d[0]), 1));
    CHECK(is_error(flow_outcome(d[1]), FLOW_ECANCELLED));
    CHECK(is_error(flow_outcome(d[2]), FLOW_ECANCELLED));
    (void)flow_outcome(all);
    flow_release(all);
    release_three(d);
}

TEST(releasing_what_gathers_cancels_all)
{
    flow_deferred *d[3];

    defer_three(d);
    hold_three(d);
    flow_release(flow_gather(d, 3));
    CHECK(is_error(flow_outcome(d[0]), FLOW_ECANCELLED));
    release_three(d);
}

TEST(the_first_of_several_wins_and_the_others_are_cancelled)
{
    flow_deferred *d[3], *first;

    defer_three(d);
    hold_three(d);
    first = flow_first_of(d, 3);
    flow_fire(d[1], flow_int(2));
    CHECK(is_int(flow_outcome(first), 2));
    CHECK(is_error(flow_outcome(d[0]), FLOW_ECANCELLED));
    CHECK(is_error(flow_outcome(d[2]), FLOW_ECANCELLED));
    (void)flow_outcome(first);
    flow_release(first);
    release_three(d);
}

TEST(giving_up_one_of_several_does_not_let_another_win)
{
    flow_deferred *d[] = { flow_defer(), flow_defer(), flow_defer() };
    struct undone u = { .fires = d[2] };
    flow_deferred *first;

    flow_on_cancel(d[1], undo, &u);
    flow_hold(d[0]);
    first = flow_first_of(d, 3);
    flow_fire(d[0], flow_int(3));
    CHECK(u.times == 1 && is_int(flow_outcome(first), 3));
    flow_outcome(first);
    flow_release(first);
    flow_outcome(d[0]);
    flow_release(d[0]);
}

TEST(the_first_of_none_is_an_invalid_argument)
{
    flow_deferred *first = flow_first_of(NULL, 0);

    CHECK(is_error(flow_outcome(first), FLOW_EINVAL));
    flow_release(first);
}

static flow_value notes(flow_value v, void *arg)
{
    int64_t *told = arg;

    *told = *told * 10 + v.as.num;
    return v;
}

TEST(an_unfired_deferred_is_released_with_its_callbacks)
{
    flow_deferred *d = flow_defer(), *outer = flow_defer();
    int64_t told = 0;

    flow_then(outer, answers_later, NULL, d);
    flow_then(outer, notes, NULL, &told);
    flow_fire(outer, flow_int(1));
    flow_release(outer);
    CHECK(told == 0);
    flow_fire(d, flow_int(2));
    MUST(told == 0 || disturbed());
    flow_release(d);
}

TEST(waiters_for_a_deferred_may_leave_in_any_order)
{
    flow_deferred *d = flow_defer();
    flow_stage *s[3];
    flow_value v;
    flow_waker w = { nobody, flow_host_here() };

    for (int n = 0; n < 3; n++) {
        s[n] = flow_from_deferred(flow_hold(d));
        if (flow_pull(s[n], &w, &v) == FLOW_FAILED)
            flow_drop(v);
    }
    flow_close(s[1]);
    flow_close(s[2]);
    flow_fire(d, flow_text("fired", 5));
    if (disturbed())
        flow_close(s[0]);
    else
        expect("fired", s[0]);
    (void)flow_outcome(d);
    flow_release(d);
}

TEST(one_that_has_fired_already_is_the_first)
{
    flow_deferred *d[3], *first;

    defer_three(d);
    hold_three(d);
    flow_fire(d[2], flow_int(3));
    first = flow_first_of(d, 3);
    CHECK(is_int(flow_outcome(first), 3));
    (void)flow_outcome(first);
    flow_release(first);
    release_three(d);
}

TEST(the_first_may_be_a_failure)
{
    flow_deferred *d[3], *first;

    defer_three(d);
    first = flow_first_of((flow_deferred *[]){
        d[0], flow_hold(d[1]), d[2] }, 3);
    flow_fire(d[1], flow_error(io_error, 0, "first"));
    CHECK(is_error(flow_outcome(first), io_error));
    (void)flow_outcome(first);
    flow_release(first);
    flow_release(d[1]);
}

/* ---- As a stage -------------------------------------------------------- */
struct firing { flow_task task; flow_deferred *d; flow_value v; };

static void fires(flow_task *t)
{
    struct firing *f = (struct firing *)(void *)t;

    flow_fire(f->d, f->v);
    f->v = flow_none();
}

static void expect_fired(const char *text, flow_value v)
{
    struct firing f = { { .call = fires }, flow_defer(), v };
    flow_host *h = flow_host_here();

    h->post(h, &f.task, 1);
    expect(text, flow_from_deferred(flow_hold(f.d)));
    h->cancel(h, &f.task);
    flow_drop(f.v);
    flow_release(f.d);
}

TEST(a_deferred_is_a_stage_of_one_value)
{
    expect_fired("fired", flow_text("fired", 5));
}

TEST(the_failure_of_a_deferred_is_that_of_its_stage)
{
    expect_fired("!IOError: not fired", flow_error(io_error, 0, "not fired"));
}

TEST(closing_the_stage_of_a_deferred_releases_it)
{
    flow_deferred *d = flow_defer();
    struct undone u = { 0 };

    flow_on_cancel(d, undo, &u);
    flow_close(flow_from_deferred(d));
    CHECK(u.times == 1);
}

TEST(several_may_wait_for_one_deferred)
{
    struct firing f = { { .call = fires }, flow_defer(),
                        flow_text("shared", 6) };
    flow_host *h = flow_host_here();
    flow_stage *a = flow_from_deferred(flow_hold(f.d));
    flow_stage *b = flow_from_deferred(flow_hold(f.d));

    h->post(h, &f.task, 1);
    expect("shared", a);
    expect("shared", b);
    h->cancel(h, &f.task);
    flow_drop(f.v);
    flow_release(f.d);
}

TEST(releasing_nothing_is_fine)
{
    flow_release(NULL);
}

static void asked(flow_waker *w)
{
    (void)w;
}

TEST(those_who_wait_for_one_deferred_may_leave_in_any_order)
{
    flow_waker w = { asked, flow_host_here() };

    for (int first = 0; first < 3; first++) {
        flow_deferred *d = flow_defer();
        flow_stage *s[3];

        for (int n = 0; n < 3; n++) {
            s[n] = flow_from_deferred(flow_hold(d));
            CHECK(flow_fill(s[n], &w) == FLOW_WAIT);
        }
        for (int n = 0; n < 3; n++)
            flow_close(s[(first + 2 * n) % 3]);
        flow_fire(d, flow_int(1));
        flow_release(d);
    }
}

TEST(gathering_an_array_that_is_null_is_an_invalid_argument)
{
    flow_deferred *all = flow_gather(NULL, 2), *first = flow_first_of(NULL, 2);

    CHECK(flow_is(flow_outcome(all), FLOW_EINVAL));
    CHECK(flow_is(flow_outcome(first), FLOW_EINVAL));
    flow_release(all);
    flow_release(first);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_deferred_has_no_outcome_until_it_fires),
        CASE(only_the_first_firing_counts),
        CASE(callbacks_run_in_order_each_with_what_the_one_before_answered),
        CASE(callbacks_added_to_a_fired_deferred_run_at_once),
        CASE(a_callback_may_add_others),
        CASE(a_callback_may_fire_its_deferred_in_vain),
        CASE(a_callback_may_release_its_deferred),
        CASE(an_error_takes_the_path_of_bad_and_a_value_that_of_good),
        CASE(a_missing_callback_passes_on),
        CASE(a_settled_error_takes_the_path_of_good),
        CASE(a_failure_left_when_the_last_holder_goes_is_reported),
        CASE(a_failure_that_was_looked_at_is_handled),
        CASE(a_failure_that_bad_took_is_handled),
        CASE(a_chain_waits_for_the_deferred_its_callback_answers),
        CASE(a_deferred_that_fired_before_is_taken_at_once),
        CASE(the_failure_of_a_later_one_takes_the_path_of_bad),
        CASE(cancelling_a_chain_cancels_what_it_waits_for),
        CASE(a_callback_that_answers_its_own_deferred_is_an_error_not_a_hang),
        CASE(a_callback_lost_while_others_run_fails_the_deferred),
        CASE(a_callback_lost_while_its_deferred_waits_fails_it_in_the_end),
        CASE(what_a_long_chain_waits_for_comes_through_it),
        CASE(a_long_chain_may_be_cancelled),
        CASE(a_long_chain_may_be_released),
        CASE(cancelling_calls_undo_and_fires),
        CASE(undo_may_fire_with_what_there_is),
        CASE(cancelling_what_has_fired_does_nothing),
        CASE(the_last_release_of_an_unfired_deferred_cancels_it),
        CASE(callbacks_of_a_cancelled_deferred_see_it),
        CASE(a_deferred_that_does_not_fire_in_time_expires),
        CASE(a_deferred_that_fires_in_time_does_not_expire),
        CASE(an_expiring_deferred_may_be_released),
        CASE(gathering_gives_all_values_in_the_order_of_the_deferreds),
        CASE(gathering_none_gives_an_empty_list),
        CASE(gathering_fails_with_the_first_failure_and_cancels_the_rest),
        CASE(cancelling_what_gathers_cancels_all),
        CASE(releasing_what_gathers_cancels_all),
        CASE(the_first_of_several_wins_and_the_others_are_cancelled),
        CASE(giving_up_one_of_several_does_not_let_another_win),
        CASE(the_first_of_none_is_an_invalid_argument),
        CASE(an_unfired_deferred_is_released_with_its_callbacks),
        CASE(waiters_for_a_deferred_may_leave_in_any_order),
        CASE(one_that_has_fired_already_is_the_first),
        CASE(the_first_may_be_a_failure),
        CASE(a_deferred_is_a_stage_of_one_value),
        CASE(the_failure_of_a_deferred_is_that_of_its_stage),
        CASE(closing_the_stage_of_a_deferred_releases_it),
        CASE(several_may_wait_for_one_deferred),
        CASE(releasing_nothing_is_fine),
        CASE(those_who_wait_for_one_deferred_may_leave_in_any_order),
        CASE(gathering_an_array_that_is_null_is_an_invalid_argument),
    };
    return run_tests("deferreds", tests, sizeof tests / sizeof *tests);
}
