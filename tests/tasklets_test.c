/* SPDX-License-Identifier: MIT */
/* Tasklets, who owns them, and what becomes of those that wait for ever. */
#include "actors.h"

/* ---- One ---------------------------------------------------------------- */
static void seven(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    *(int *)arg += 1;
    flow_cooperate(self, 1);
    *(int *)arg += 1;
    flow_yield(self, 6);
    flow_yield(self, 7);
}

TEST(what_a_tasklet_yielded_last_is_its_result)
{
    int ran = 0;
    flow_deferred *d = flow_spawn(seven, NULL, &ran);

    CHECK(ran == 1 && !flow_fired(d));
    flow_loop();
    CHECK(ran == 2 && gave(d, 7));
    end(d);
}

TEST(a_tasklet_that_yields_nothing_gives_none)
{
    struct actor p = { .does = "P ,._" };
    flow_deferred *d = begin(&p);

    flow_loop();
    CHECK(so_far("P,") && gave_none(d));
    end(d);
}

TEST(tasklets_run_beside_each_other)
{
    struct actor p = { .does = "P ,_,_," }, q = { .does = "Q ,_,_," };
    flow_deferred *d = begin(&p), *e = begin(&q);

    flow_loop();
    CHECK(so_far("P, Q, P, Q, P, Q,"));
    end(d);
    end(e);
}

TEST(a_tasklet_has_no_source)
{
    struct actor p = { .does = "P n" };
    flow_deferred *d = begin(&p);

    flow_loop();
    CHECK(failed_with(d, FLOW_EINVAL, "NULL"));
    so_far("Pn!");
    end(d);
}

TEST(the_failure_of_a_tasklet_fails_its_deferred)
{
    struct actor p = { .does = "P =1_x" };
    flow_deferred *d = begin(&p);

    flow_loop();
    CHECK(failed_with(d, FLOW_EFORMAT, "broken"));
    end(d);
}

TEST(a_failure_that_nobody_looks_at_is_reported)
{
    struct actor p = { .does = "P _x" };
    flow_deferred *d = begin(&p);

    flow_loop();
    flow_release(d);
    CHECK(strstr(reports(), "broken") != NULL);
}

TEST(who_awaits_a_tasklet_gets_its_result)
{
    struct actor p = { .does = "P _=4" }, q = { .does = "Q d" };
    flow_deferred *d;

    q.deferred = begin(&p);
    d = begin(&q);
    flow_loop();
    CHECK(so_far("Qd4"));
    end(q.deferred);
    end(d);
}

TEST(who_awaits_a_tasklet_gets_its_failure)
{
    struct actor p = { .does = "P _x" }, q = { .does = "Q d" };
    flow_deferred *d;

    q.deferred = begin(&p);
    d = begin(&q);
    flow_loop();
    CHECK(so_far("Qd!") && failed_with(d, FLOW_EFORMAT, "broken"));
    flow_release(q.deferred);
    end(d);
}

/* ---- Its owner ---------------------------------------------------------- */
static void notes_cleaning(void *p)
{
    ++*(int *)p;
}

static void waits_for_ever(flow_gen *self, flow_stage *source, void *arg)
{
    int *n = arg;

    (void)source;
    if (flow_cleanup(self, notes_cleaning, &n[0]))
        while (flow_cooperate(self, 1))
            n[1]++;
    n[2] += flow_closing(self);
}

TEST(when_its_owner_lets_go_a_tasklet_is_closed)
{
    int n[3] = { 0 };
    flow_deferred *d = flow_spawn(waits_for_ever, NULL, n);

    flow_release(d);
    MUST(n[0] == 1 || disturbed());
    CHECK(n[1] == 0 && n[2] == 1);
    flow_loop();
    CHECK(n[1] == 0);
}

TEST(a_tasklet_with_two_owners_runs_on_until_both_let_go)
{
    int n[3] = { 0 };
    flow_deferred *d = flow_hold(flow_spawn(waits_for_ever, NULL, n));

    flow_release(d);
    CHECK(n[0] == 0 && n[2] == 0);
    flow_release(d);
    CHECK(n[0] == 1 && n[2] == 1);
}

static void owns_another(flow_gen *self, flow_stage *source, void *arg)
{
    flow_deferred *d = flow_spawn(waits_for_ever, NULL, arg);

    (void)source;
    flow_cooperate(self, 5.5);
    flow_release(d);
}

TEST(a_tasklet_may_own_another)
{
    int n[3] = { 0 };
    flow_deferred *d = flow_spawn(owns_another, NULL, n);

    flow_loop();
    CHECK(n[0] == 1 && n[1] == 5 && n[2] == 1);
    end(d);
}

TEST(a_tasklet_that_is_closed_closes_the_one_it_owns)
{
    int n[3] = { 0 };
    flow_deferred *d = flow_spawn(owns_another, NULL, n);

    settle();
    flow_release(d);
    CHECK(n[0] == 1 && n[2] == 1);
}

/* ---- Those that wait for ever ------------------------------------------- */
TEST(each_that_nothing_can_wake_fails_and_says_who_waits_for_what)
{
    flow_chan *a = flow_chan_named(flow_chan_new(0), "orders");
    flow_chan *b = flow_chan_named(flow_chan_new(1), "meals");
    flow_deferred *never_fires = flow_defer();
    struct actor p = { .does = "cook r", .a = a };
    struct actor q = { .does = "waiter S1S2", .b = b };
    struct actor r = { .does = "guest d", .deferred = never_fires };
    flow_deferred *d[] = { begin(&p), begin(&q), begin(&r) };

    flow_loop();
    for (int n = 0; n < 3; n++) {
        const char *why = flow_fired(d[n]) && flow_outcome(d[n]) != NULL
                        ? flow_message(flow_outcome(d[n])) : "";
        CHECK(failed_with(d[n], FLOW_ESTUCK, "nothing is left"));
        CHECK(n < 2 || strstr(why, "guest (waits for a deferred)") != NULL);
        CHECK(n != 2 || (strstr(why, "cook (waits for a value from channel "
                                "'orders')") != NULL
                         && strstr(why, "waiter (waits for room in channel "
                                   "'meals')") != NULL));
    }
    CHECK(so_far("waiterS1 guestd! waiterS2! cookr!"));
    for (int n = 0; n < 3; n++)
        end(d[n]);
    flow_release(never_fires);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(the_one_that_is_told_first_may_set_the_others_free)
{
    flow_chan *a = flow_chan_new(0);
    struct actor p = { .does = "P r", .a = a }, q = { .does = "Q R" };
    flow_deferred *d, *e;

    q.b = flow_chan_new(0);
    q.a = a;
    d = begin(&p);
    e = flow_run(flow_into_chan(act(&q), a));
    flow_chan_release(a);
    flow_loop();
    CHECK(so_far("QR! Pr!"));
    CHECK(gave_none(d) && failed_with(e, FLOW_ESTUCK, "Q (waits for a value"));
    end(d);
    end(e);
    flow_chan_release(q.b);
}

TEST(very_many_that_are_stuck_are_counted)
{
    enum { MANY = 30 };
    flow_chan *c = flow_chan_new(0);
    struct actor p = { .does = "P r", .a = c };
    flow_deferred *d[MANY];

    for (int n = 0; n < MANY; n++)
        d[n] = begin(&p);
    flow_loop();
    CHECK(failed_with(d[MANY - 1], FLOW_ESTUCK, "nor 22 more"));
    CHECK(failed_with(d[0], FLOW_ESTUCK, "P (waits for"));
    for (int n = 0; n < MANY; n++)
        end(d[n]);
    happened[0] = '\0';
    flow_chan_release(c);
}

TEST(a_stage_that_one_generator_waits_for_is_refused_to_another)
{
    flow_stage *shared = script("_5");
    struct actor p = { .does = "P n", .from = shared };
    struct actor q = { .does = "Q n", .from = shared };
    flow_deferred *d = begin(&p), *e = begin(&q);

    flow_loop();
    CHECK(failed_with(e, FLOW_EINVAL, "P"));
    CHECK(strstr(happened, "Qn!") != NULL);
    happened[0] = '\0';
    end(d);
    end(e);
    flow_close(shared);
}

/* ---- Groups ------------------------------------------------------------- */
TEST(a_group_ends_when_all_in_it_have)
{
    struct actor p = { .does = "P _," }, q = { .does = "Q __," };
    flow_group *g = flow_group_new();
    flow_deferred *d;

    flow_group_add(g, begin(&p));
    flow_group_add(g, begin(&q));
    d = flow_group_end(g);
    CHECK(!flow_fired(d));
    flow_loop();
    CHECK(so_far("P, Q,") && gave_none(d));
    end(d);
}

TEST(an_empty_group_has_ended_at_once)
{
    flow_deferred *d = flow_group_end(flow_group_new());

    CHECK(gave_none(d));
    end(d);
}

TEST(a_group_takes_what_has_ended_already)
{
    struct actor p = { .does = "P =1" };
    flow_group *g = flow_group_new();
    flow_deferred *d, *fired = flow_defer();

    flow_fire(fired, flow_text("dropped", 7));
    flow_group_add(g, begin(&p));
    flow_group_add(g, fired);
    d = flow_group_end(g);
    CHECK(gave_none(d));
    end(d);
}

TEST(a_group_does_not_end_before_it_is_said_that_no_more_is_added)
{
    struct actor p = { .does = "P ," }, q = { .does = "Q _," };
    flow_group *g = flow_group_new();
    flow_deferred *d;

    flow_group_add(g, begin(&p));
    flow_loop();
    flow_group_add(g, begin(&q));
    d = flow_group_end(g);
    CHECK(!flow_fired(d));
    flow_loop();
    CHECK(so_far("P, Q,") && gave_none(d));
    end(d);
}

/* Notes when it is called, and passes on. */
static flow_value notes_end(flow_value v, void *arg)
{
    note(arg, flow_is_failure(v) ? 'x' : 'e', -1, true);
    return v;
}

TEST(the_first_failure_of_a_group_comes_when_the_rest_is_closed)
{
    flow_chan *c = flow_chan_new(0);
    struct actor p = { .does = "P r", .a = c }, q = { .does = "Q _x" };
    struct actor r = { .does = "R ____," };
    flow_group *g = flow_group_new();
    flow_deferred *d;

    flow_group_add(g, begin(&p));
    flow_group_add(g, begin(&q));
    flow_group_add(g, begin(&r));
    d = flow_group_end(g);
    flow_then(d, notes_end, notes_end, "G");
    flow_loop();
    CHECK(so_far("Pr! Gx") && failed_with(d, FLOW_EFORMAT, "broken"));
    CHECK(flow_now() < 2);
    end(d);
    flow_chan_release(c);
}

TEST(of_two_failures_in_a_group_the_first_counts_and_none_is_reported)
{
    struct actor p = { .does = "P _x" };
    flow_group *g = flow_group_new();
    flow_deferred *d, *other = flow_defer();

    flow_group_add(g, begin(&p));
    flow_group_add(g, begin(&p));
    flow_group_add(g, flow_hold(other));
    d = flow_group_end(g);
    flow_loop();
    CHECK(failed_with(d, FLOW_EFORMAT, "broken"));
    CHECK(failed_with(other, FLOW_ECANCELLED, ""));
    end(other);
    end(d);
}

TEST(a_group_may_fail_before_it_is_said_that_no_more_is_added)
{
    struct actor p = { .does = "P x" }, q = { .does = "Q _," };
    flow_group *g = flow_group_new();
    flow_deferred *d;

    flow_group_add(g, begin(&q));
    flow_group_add(g, begin(&p));
    d = flow_group_end(g);
    flow_loop();
    CHECK(so_far("") && failed_with(d, FLOW_EFORMAT, "broken"));
    end(d);
}

TEST(what_is_added_to_a_group_that_has_failed_is_given_up_at_once)
{
    int n[3] = { 0 };
    struct actor p = { .does = "P x" };
    flow_group *g = flow_group_new();
    flow_deferred *d;

    flow_group_add(g, begin(&p));
    flow_group_add(g, flow_spawn(waits_for_ever, NULL, n));
    MUST(n[2] == 1 || disturbed());
    d = flow_group_end(g);
    CHECK(failed_with(d, FLOW_EFORMAT, "broken"));
    end(d);
}

struct adding { flow_group *g; struct actor p; int left; };

static void adds(flow_gen *self, flow_stage *source, void *arg)
{
    struct adding *a = arg;

    (void)source;
    flow_cooperate(self, 1);
    if (a->left-- > 0)
        flow_group_add(a->g, flow_spawn(adds, NULL, a));
    else
        flow_group_add(a->g, begin(&a->p));
}

TEST(what_runs_in_a_group_may_add_to_it_to_the_last)
{
    struct adding a = { flow_group_new(), { .does = "P _," }, 3 };
    flow_deferred *d;

    flow_group_add(a.g, flow_spawn(adds, NULL, &a));
    d = flow_group_end(a.g);
    flow_then(d, notes_end, notes_end, "G");
    flow_loop();
    CHECK(so_far("P, Ge") && gave_none(d));
    end(d);
}

TEST(releasing_the_end_of_a_group_closes_all)
{
    int n[2][3] = {{ 0 }};
    flow_group *g = flow_group_new();
    flow_deferred *other = flow_defer(), *d;

    flow_group_add(g, flow_spawn(waits_for_ever, NULL, n[0]));
    flow_group_add(g, flow_hold(other));
    flow_group_add(g, flow_spawn(waits_for_ever, NULL, n[1]));
    d = flow_group_end(g);
    CHECK(!flow_fired(d));
    flow_release(d);
    CHECK(n[0][2] == 1 && n[1][2] == 1);
    CHECK(failed_with(other, FLOW_ECANCELLED, ""));
    end(other);
}

TEST(cancelling_a_group_closes_all_and_fires)
{
    int n[3] = { 0 };
    flow_group *g = flow_group_new();
    flow_deferred *d;

    flow_group_add(g, flow_spawn(waits_for_ever, NULL, n));
    d = flow_group_end(g);
    flow_cancel(d);
    CHECK(n[2] == 1 && failed_with(d, FLOW_ECANCELLED, ""));
    end(d);
}

TEST(a_group_may_be_given_a_time)
{
    int n[3] = { 0 };
    flow_group *g = flow_group_new();
    flow_deferred *d;

    flow_group_add(g, flow_spawn(waits_for_ever, NULL, n));
    d = flow_group_end(g);
    flow_expire(d, 3.5);
    flow_loop();
    CHECK(n[1] == 3 && n[2] == 1 && failed_with(d, FLOW_ETIMEOUT, ""));
    end(d);
}

TEST(a_group_may_be_in_another)
{
    struct actor p = { .does = "P r" }, q = { .does = "Q _x" };
    flow_group *outer = flow_group_new(), *inner = flow_group_new();
    flow_deferred *d;

    p.a = flow_chan_new(0);
    flow_group_add(inner, begin(&p));
    flow_group_add(outer, begin(&q));
    flow_group_add(outer, flow_group_end(inner));
    d = flow_group_end(outer);
    flow_loop();
    CHECK(so_far("Pr!") && failed_with(d, FLOW_EFORMAT, "broken"));
    end(d);
    flow_chan_release(p.a);
}

struct leaving { flow_deferred *group; int went_on; };

static void lets_go_of_its_group(flow_gen *self, flow_stage *source, void *arg)
{
    struct leaving *l = arg;

    (void)source;
    if (!flow_cooperate(self, 1))
        return;
    flow_release(l->group);
    l->group = NULL;
    l->went_on += flow_cooperate(self, 1);
}

TEST(a_member_may_let_go_of_its_group)
{
    int n[3] = { 0 };
    struct leaving l = { NULL, 0 };
    flow_group *g = flow_group_new();

    flow_group_add(g, flow_spawn(waits_for_ever, NULL, n));
    flow_group_add(g, flow_spawn(lets_go_of_its_group, NULL, &l));
    l.group = flow_group_end(g);
    flow_loop();
    CHECK(l.group == NULL && l.went_on == 0 && n[2] == 1);
    flow_release(l.group);
}

struct failing { flow_deferred *other; struct actor p; };

/* Fails another member, and by that the group, while it runs itself. */
static void fails_another(flow_gen *self, flow_stage *source, void *arg)
{
    struct failing *f = arg;

    (void)source;
    if (!flow_cooperate(self, 1))
        return;
    flow_fire(f->other, flow_error(FLOW_EFORMAT, 0, "from beside"));
    note("P", ',', 0, true);
    note("P", 'c', -1, flow_cooperate(self, 1));
}

TEST(a_member_that_fails_its_own_group_is_closed_where_it_next_waits)
{
    struct failing f = { .other = flow_defer() };
    flow_group *g = flow_group_new();
    flow_deferred *d;

    flow_group_add(g, flow_spawn(fails_another, NULL, &f));
    flow_group_add(g, flow_hold(f.other));
    d = flow_group_end(g);
    flow_then(d, notes_end, notes_end, "G");
    flow_loop();
    CHECK(so_far("Gx P, Pc!"));
    CHECK(failed_with(d, FLOW_EFORMAT, "from beside"));
    end(f.other);
    end(d);
}

TEST(without_memory_a_group_fails_and_closes_what_it_was_given)
{
    int n[2][3] = {{ 0 }};
    flow_group *g = flow_group_new();
    flow_deferred *d;

    for (int i = 0; i < 2; i++)
        flow_group_add(g, flow_spawn(waits_for_ever, NULL, n[i]));
    d = flow_group_end(g);
    MUST(!disturbed() || flow_fired(d));
    MUST(!disturbed() || (n[0][1] == 0 && n[1][1] == 0));
    flow_cancel(d);
    end(d);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(what_a_tasklet_yielded_last_is_its_result),
        CASE(a_tasklet_that_yields_nothing_gives_none),
        CASE(tasklets_run_beside_each_other),
        CASE(a_tasklet_has_no_source),
        CASE(the_failure_of_a_tasklet_fails_its_deferred),
        CASE(a_failure_that_nobody_looks_at_is_reported),
        CASE(who_awaits_a_tasklet_gets_its_result),
        CASE(who_awaits_a_tasklet_gets_its_failure),
        CASE(when_its_owner_lets_go_a_tasklet_is_closed),
        CASE(a_tasklet_with_two_owners_runs_on_until_both_let_go),
        CASE(a_tasklet_may_own_another),
        CASE(a_tasklet_that_is_closed_closes_the_one_it_owns),
        CASE(each_that_nothing_can_wake_fails_and_says_who_waits_for_what),
        CASE(the_one_that_is_told_first_may_set_the_others_free),
        CASE(very_many_that_are_stuck_are_counted),
        CASE(a_stage_that_one_generator_waits_for_is_refused_to_another),
        CASE(a_group_ends_when_all_in_it_have),
        CASE(an_empty_group_has_ended_at_once),
        CASE(a_group_takes_what_has_ended_already),
        CASE(a_group_does_not_end_before_it_is_said_that_no_more_is_added),
        CASE(the_first_failure_of_a_group_comes_when_the_rest_is_closed),
        CASE(of_two_failures_in_a_group_the_first_counts_and_none_is_reported),
        CASE(a_group_may_fail_before_it_is_said_that_no_more_is_added),
        CASE(what_is_added_to_a_group_that_has_failed_is_given_up_at_once),
        CASE(what_runs_in_a_group_may_add_to_it_to_the_last),
        CASE(releasing_the_end_of_a_group_closes_all),
        CASE(cancelling_a_group_closes_all_and_fires),
        CASE(a_group_may_be_given_a_time),
        CASE(a_group_may_be_in_another),
        CASE(a_member_may_let_go_of_its_group),
        CASE(a_member_that_fails_its_own_group_is_closed_where_it_next_waits),
        CASE(without_memory_a_group_fails_and_closes_what_it_was_given),
    };
    return run_tests("tasklets", tests, sizeof tests / sizeof *tests);
}
