/* SPDX-License-Identifier: MIT */
/* flow_run and flow_loop: flows beside each other. */
#include "harness.h"

#include <string.h>

static const flow_error_class io_error[1] = {{ "IOError", FLOW_EANY }};

static void end(flow_deferred *d)
{
    (void)flow_outcome(d);
    flow_release(d);
}

static bool is_text(const flow_value *v, const char *text)
{
    size_t n;
    const char *s = v != NULL ? flow_chars(v, &n) : NULL;

    return s != NULL && n == strlen(text) && memcmp(s, text, n) == 0;
}

static bool is_error(const flow_value *v, const flow_error_class *c)
{
    return v != NULL && flow_is_failure(*v) && flow_is(v, c);
}

TEST(a_flow_that_is_run_fires_with_its_last_value)
{
    flow_deferred *d = flow_run(script("a.b_c"));

    CHECK(!flow_fired(d));
    flow_loop();
    CHECK(is_text(flow_outcome(d), "c"));
    end(d);
}

TEST(a_flow_without_values_fires_with_none)
{
    flow_deferred *d = flow_run(script(".."));

    flow_loop();
    CHECK(flow_outcome(d) != NULL && flow_outcome(d)->kind == FLOW_NONE);
    end(d);
}

TEST(a_flow_that_never_waits_has_ended_when_run_comes_back)
{
    flow_deferred *d = flow_run(numbers(3));

    MUST(flow_fired(d));
    CHECK(flow_outcome(d)->as.num == 3);
    end(d);
}

TEST(a_flow_that_fails_fires_with_its_failure)
{
    flow_deferred *d = flow_run(script("ab.!"));

    flow_loop();
    CHECK(is_error(flow_outcome(d), FLOW_EINVAL));
    end(d);
}

TEST(a_failure_that_nobody_handles_is_reported)
{
    flow_deferred *d = flow_run(script("!"));

    flow_loop();
    flow_release(d);
    CHECK(strstr(reports(), "scripted") != NULL);
}

TEST(collecting_fires_with_the_list_of_all)
{
    flow_deferred *d = flow_run(flow_collect(script("a.b_c")));

    flow_loop();
    if (!disturbed() && flow_outcome(d) != NULL)
        expect("['a', 'b', 'c']", flow_once(flow_share(*flow_outcome(d))));
    end(d);
}

TEST(running_nothing_is_an_invalid_argument)
{
    flow_deferred *d = flow_run(NULL);

    flow_loop();
    CHECK(is_error(flow_outcome(d), FLOW_EINVAL));
    end(d);
}

/* ---- Beside each other ------------------------------------------------- */
static char happened[256];

static void note(char what)
{
    size_t n = strlen(happened);

    if (n + 1 < sizeof happened) {
        happened[n] = what;
        happened[n + 1] = '\0';
    }
}

static void takes_turns(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    for (int n = 0; n < 3; n++) {
        note(*(char *)arg);
        flow_cooperate(self, 0);
    }
}

TEST(flows_that_cooperate_take_turns)
{
    flow_deferred *d[3];
    char names[] = "abc";

    happened[0] = '\0';
    for (int n = 0; n < 3; n++)
        d[n] = flow_run(flow_generate(takes_turns, NULL, &names[n]));
    flow_loop();
    CHECK(strcmp(happened, "abcabcabc") == 0);
    for (int n = 0; n < 3; n++)
        end(d[n]);
}

static void runs_another(flow_gen *self, flow_stage *source, void *arg)
{
    static char name = 'i';
    flow_deferred *d;
    flow_value v;

    (void)source;
    (void)arg;
    note('b');
    d = flow_run(flow_generate(takes_turns, NULL, &name));
    note('a');
    flow_await(self, d, &v);
    note('e');
    flow_release(d);
}

TEST(inside_a_flow_another_begins_with_the_next_turn)
{
    flow_deferred *d;

    happened[0] = '\0';
    d = flow_run(flow_generate(runs_another, NULL, NULL));
    flow_loop();
    CHECK(strcmp(happened, "baiiie") == 0);
    end(d);
}

enum { MANY = 1000 };

TEST(a_thousand_flows_run_beside_each_other)
{
    static flow_deferred *d[MANY];
    int well = 0;

    for (int n = 0; n < MANY; n++)
        d[n] = flow_run(script(n % 2 ? "a.b" : "_c"));
    flow_loop();
    for (int n = 0; n < MANY; n++) {
        well += is_text(flow_outcome(d[n]), n % 2 ? "b" : "c");
        end(d[n]);
    }
    CHECK(well == MANY);
}

static flow_status endless(void *state, flow_stage *out)
{
    ++*(long *)state;
    flow_give(out, flow_int(1));
    return FLOW_READY;
}

struct stopping { flow_task task; flow_deferred *d; };

static void cancels(flow_task *t)
{
    flow_cancel(((struct stopping *)(void *)t)->d);
}

TEST(a_flow_that_is_always_ready_does_not_keep_the_loop_from_others)
{
    struct stopping s = { .task.call = cancels };
    flow_host *h = flow_host_here();
    long n = 0;

    s.d = flow_run(flow_iterate(endless, &n));
    h->post(h, &s.task, 0);
    flow_loop();
    CHECK(is_error(flow_outcome(s.d), FLOW_ECANCELLED) && n > 0);
    h->cancel(h, &s.task);
    end(s.d);
}

/* ---- Giving up --------------------------------------------------------- */
TEST(releasing_a_flow_that_runs_closes_it)
{
    int closed = 0;

    flow_release(flow_run(watched_script("a_b", &closed)));
    MUST(closed == 1);
    MUST(disturbed() || strcmp(reports(), "") == 0);
}

TEST(cancelling_a_flow_that_runs_closes_it)
{
    int closed = 0;
    flow_deferred *d = flow_run(watched_script("a_b", &closed));

    flow_cancel(d);
    MUST(closed == 1);
    CHECK(is_error(flow_outcome(d), FLOW_ECANCELLED));
    end(d);
}

TEST(a_flow_that_has_ended_is_closed)
{
    int closed = 0;
    flow_deferred *d = flow_run(watched_script("a.b", &closed));

    flow_loop();
    MUST(closed == 1);
    end(d);
}

static void cancels_itself(flow_gen *self, flow_stage *source, void *arg)
{
    flow_cooperate(self, 0);
    note('c');
    flow_cancel(*(flow_deferred **)arg);
    note(flow_yield(self, 1) ? 'y' : 'n');
    (void)source;
}

TEST(a_flow_may_cancel_itself)
{
    flow_deferred *d;

    happened[0] = '\0';
    d = flow_run(flow_generate(cancels_itself, NULL, &d));
    flow_loop();
    CHECK(flow_fired(d) && happened[0] == 'c');
    end(d);
}

static void releases_itself(flow_gen *self, flow_stage *source, void *arg)
{
    flow_deferred **d = arg;

    flow_cooperate(self, 0);
    flow_release(*d);
    *d = NULL;
    flow_yield(self, 1);
    (void)source;
}

TEST(a_flow_may_release_itself)
{
    flow_deferred *d;

    d = flow_run(flow_generate(releases_itself, NULL, &d));
    flow_loop();
    CHECK(d == NULL);
    if (d != NULL)
        end(d);
}

TEST(a_flow_that_runs_may_be_given_a_time)
{
    int closed = 0;
    flow_deferred *d = flow_run(watched_script("a___b", &closed));

    flow_expire(d, 1.5);
    flow_loop();
    CHECK(is_error(flow_outcome(d), FLOW_ETIMEOUT));
    MUST(closed == 1);
    end(d);
}

/* ---- Stuck ------------------------------------------------------------- */
TEST(a_flow_that_nothing_can_wake_is_stuck_when_the_loop_ends)
{
    flow_deferred *a = flow_run(never()), *b = flow_run(script("a_b"));
    flow_deferred *c = flow_run(never());

    flow_loop();
    CHECK(is_error(flow_outcome(a), FLOW_ESTUCK));
    CHECK(is_error(flow_outcome(c), FLOW_ESTUCK));
    CHECK(is_text(flow_outcome(b), "b"));
    end(a);
    end(b);
    end(c);
}

static flow_value fires_other(flow_value v, void *arg)
{
    flow_fire(arg, flow_text("woken", 5));
    flow_drop(v);
    return flow_none();
}

TEST(a_flow_that_is_stuck_may_set_another_free)
{
    flow_deferred *d = flow_defer();
    flow_deferred *b = flow_run(flow_from_deferred(flow_hold(d)));
    flow_deferred *a = flow_run(never());

    flow_then(a, fires_other, fires_other, d);
    flow_loop();
    CHECK(is_text(flow_outcome(b), "woken"));
    end(a);
    end(b);
    end(d);
}

/* ---- The loop ---------------------------------------------------------- */
TEST(a_loop_with_nothing_to_do_comes_back)
{
    flow_loop();
    flow_loop();
}

static void stops(flow_task *t)
{
    (void)t;
    flow_stop();
}

TEST(the_loop_ends_with_the_turn_in_which_it_is_stopped)
{
    flow_task t = { .call = stops };
    flow_host *h = flow_host_here();
    flow_deferred *d = flow_run(script("_____a"));

    h->post(h, &t, 1.5);
    flow_loop();
    CHECK(!flow_fired(d));
    flow_loop();
    CHECK(is_text(flow_outcome(d), "a"));
    h->cancel(h, &t);
    end(d);
}

static void loops_inside(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_yield(self, 1);
    flow_loop();
    flow_yield(self, 2);
}

TEST(the_loop_does_not_run_inside_itself_and_says_so)
{
    expect("1 2", flow_generate(loops_inside, NULL, NULL));
    (void)reports();
}

static void fails_late(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_cooperate(self, 1);
    flow_fail(self, io_error, 0, "late");
}

static flow_value notes_it(flow_value v, void *arg)
{
    note(*(char *)arg);
    flow_drop(v);
    return flow_none();
}

TEST(what_a_flow_fires_with_is_handled_by_callbacks)
{
    char good = 'g', bad = 'b';
    flow_deferred *a = flow_run(script("a_b"));
    flow_deferred *b = flow_run(flow_generate(fails_late, NULL, NULL));

    happened[0] = '\0';
    flow_then(a, notes_it, NULL, &good);
    flow_then(b, NULL, notes_it, &bad);
    flow_loop();
    CHECK(strcmp(happened, "gb") == 0 || strcmp(happened, "bg") == 0);
    end(a);
    end(b);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_flow_that_is_run_fires_with_its_last_value),
        CASE(a_flow_without_values_fires_with_none),
        CASE(a_flow_that_never_waits_has_ended_when_run_comes_back),
        CASE(a_flow_that_fails_fires_with_its_failure),
        CASE(a_failure_that_nobody_handles_is_reported),
        CASE(collecting_fires_with_the_list_of_all),
        CASE(running_nothing_is_an_invalid_argument),
        CASE(flows_that_cooperate_take_turns),
        CASE(inside_a_flow_another_begins_with_the_next_turn),
        CASE(a_thousand_flows_run_beside_each_other),
        CASE(a_flow_that_is_always_ready_does_not_keep_the_loop_from_others),
        CASE(releasing_a_flow_that_runs_closes_it),
        CASE(cancelling_a_flow_that_runs_closes_it),
        CASE(a_flow_that_has_ended_is_closed),
        CASE(a_flow_may_cancel_itself),
        CASE(a_flow_may_release_itself),
        CASE(a_flow_that_runs_may_be_given_a_time),
        CASE(a_flow_that_nothing_can_wake_is_stuck_when_the_loop_ends),
        CASE(a_flow_that_is_stuck_may_set_another_free),
        CASE(a_loop_with_nothing_to_do_comes_back),
        CASE(the_loop_ends_with_the_turn_in_which_it_is_stopped),
        CASE(the_loop_does_not_run_inside_itself_and_says_so),
        CASE(what_a_flow_fires_with_is_handled_by_callbacks),
    };
    return run_tests("runs", tests, sizeof tests / sizeof *tests);
}
