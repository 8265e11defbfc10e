/* SPDX-License-Identifier: MIT */
/* flow_select: one of several is done, by chance, and nothing else happens. */
#include "select_tests.h"

/* ---- Each kind alone ----------------------------------------------------- */
TEST(a_value_that_is_there_is_received)
{
    flow_chan *a = flow_chan_new(1);
    struct chooser x = CHOOSER("X", 1, receive(a));
    flow_deferred *d;

    flow_offer(a, flow_int(5));
    d = choose(&x);
    CHECK(so_far("X:5") && flow_fired(d));
    end(d);
    flow_chan_release(a);
}

TEST(a_value_that_comes_later_is_waited_for)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, receive(a));
    struct actor p = { .does = "P _s3", .a = a };
    flow_deferred *d = choose(&x), *e = begin(&p);

    CHECK(so_far("") && flow_chan_balance(a) == -1);
    flow_loop();
    CHECK(so_far("X:3 Ps3") && flow_chan_balance(a) == 0);
    end(d);
    end(e);
    flow_chan_release(a);
}

TEST(what_there_is_room_for_is_sent)
{
    flow_chan *a = flow_chan_new(1);
    struct chooser x = CHOOSER("X", 2, send(a, 5));
    flow_deferred *d = choose(&x);
    flow_value v = flow_none();

    CHECK(so_far("X:0") && !flow_fired(d));
    CHECK(flow_try(a, &v) == FLOW_READY && v.as.num == 5);
    settle();
    CHECK(so_far("X:0") && flow_fired(d) && flow_chan_balance(a) == 1);
    end(d);
    flow_chan_release(a);
}

TEST(without_room_a_receiver_is_waited_for)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, send(a, 5));
    struct actor p = { .does = "P _r", .a = a };
    flow_deferred *d = choose(&x), *e = begin(&p);

    CHECK(so_far("") && flow_chan_balance(a) == 1);
    flow_loop();
    CHECK(so_far("Pr5 X:0") && flow_chan_balance(a) == 0);
    end(d);
    end(e);
    flow_chan_release(a);
}

static void counts_up(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    for (int n = 1; n <= *(int *)arg; n++)
        if (!flow_cooperate(self, 1) || !flow_yield(self, n))
            return;
}

TEST(the_next_value_of_a_stage_is_waited_for)
{
    int two = 2;
    flow_stage *s = flow_generate(counts_up, NULL, &two);
    struct chooser x = CHOOSER("X", 3, next(s));
    flow_deferred *d = choose(&x);

    CHECK(so_far(""));
    flow_loop();
    CHECK(so_far("X:1 X:2 X:!") && x.over[0]);
    end(d);
    flow_close(s);
}

TEST(a_deferred_is_waited_for)
{
    flow_deferred *fires = flow_defer(), *d;
    struct chooser x = CHOOSER("X", 2, await(fires));

    d = choose(&x);
    CHECK(so_far(""));
    flow_fire(fires, flow_int(4));
    flow_loop();
    CHECK(so_far("X:4 X:4") && !x.over[0]);
    end(d);
    end(fires);
}

TEST(time_passes)
{
    struct chooser x = CHOOSER("X", 2, after(60));
    flow_deferred *d = choose(&x);

    flow_loop();
    CHECK(so_far("X:0 X:0") && flow_now() >= 120 && flow_now() < 121);
    end(d);
}

TEST(of_several_times_the_first_counts)
{
    struct chooser x = CHOOSER("X", 2, after(60), after(0), after(1));
    flow_deferred *d = choose(&x);

    flow_loop();
    CHECK(so_far("X:1 X:1") && flow_now() < 1);
    end(d);
}

/* ---- Several ------------------------------------------------------------ */
/* As in the header. */
struct kitchen { flow_chan *orders, *meals; };

static void serves(flow_gen *self, flow_stage *source, void *arg)
{
    struct kitchen *k = arg;
    flow_value order, meal = flow_of("a meal");
    int last = 0;

    (void)source;
    while (last >= 0) {
        last = flow_select(self, FLOW_CASES(
            flow_when_receive(k->orders, &order),
            flow_when_send(k->meals, &meal),
            flow_when_timeout(60)));
        switch (last) {
        case 0:
            flow_yield(self, order);
            break;
        case 1:
            CHECK(meal.kind == FLOW_NONE);
            meal = flow_of("more");
            break;
        case 2:
            last = -1;
            break;
        }
    }
    flow_yield(self, meal);
}

TEST(what_is_to_be_sent_goes_only_when_it_is_chosen)
{
    struct kitchen k = { flow_chan_new(0), flow_chan_new(0) };
    struct actor p = { .does = "P _s1_s2", .a = k.orders };
    struct actor q = { .does = "Q ____r", .a = k.meals };
    flow_deferred *d[] = { begin(&p), begin(&q) };

    if (!disturbed())
        expect("1 2 more", flow_generate(serves, NULL, &k));
    for (int n = 0; n < 2; n++)
        end(d[n]);
    happened[0] = '\0';
    flow_chan_release(k.orders);
    flow_chan_release(k.meals);
}

TEST(what_was_not_chosen_has_not_happened)
{
    flow_chan *a = flow_chan_new(1), *b = flow_chan_new(1);
    flow_stage *s = script("..");
    flow_deferred *never_fires = flow_defer(), *d;
    struct chooser x = CHOOSER("X", 1, send(a, 7), receive(b), next(s),
                               await(never_fires));
    struct actor p = { .does = "P _S4", .b = b };
    flow_deferred *e;
    flow_value v = flow_none();

    flow_offer(a, flow_int(1));
    d = choose(&x);
    e = begin(&p);
    flow_loop();
    CHECK(so_far("PS4 X:14") && flow_chan_balance(a) == 1);
    CHECK(flow_try(a, &v) == FLOW_READY && v.as.num == 1);
    CHECK(flow_try(a, &v) == FLOW_WAIT && flow_chan_balance(b) == 0);
    end(d);
    end(e);
    flow_close(s);
    flow_release(never_fires);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(the_value_of_a_stage_that_was_not_chosen_is_still_there)
{
    int three = 3;
    flow_stage *s = flow_generate(counts_up, NULL, &three);
    struct chooser x = CHOOSER("X", 7, next(s), after(0.75));
    flow_deferred *d = choose(&x);

    flow_loop();
    CHECK(so_far("X:1 X:1 X:1 X:2 X:1 X:3 X:!"));
    end(d);
    flow_close(s);
}

/* ---- By chance ---------------------------------------------------------- */
enum { ROUNDS = 10000 };
static unsigned char order[2][ROUNDS];

struct drawing { flow_chan *c[4]; unsigned char *order; int counts[4]; };

/* All four are ready each time. */
static void draws(flow_gen *self, flow_stage *source, void *arg)
{
    struct drawing *d = arg;
    flow_value v;

    (void)source;
    for (int n = 0; n < ROUNDS; n++) {
        int i = flow_select(self, FLOW_CASES(flow_when_receive(d->c[0], &v),
                                             flow_when_receive(d->c[1], &v),
                                             flow_when_receive(d->c[2], &v),
                                             flow_when_receive(d->c[3], &v)));
        if (i < 0)
            return;
        d->counts[i]++;
        d->order[n] = (unsigned char)i;
        flow_offer(d->c[i], v);
    }
}

static void draw(unsigned char *into, int counts[4])
{
    struct drawing w = { .order = into };
    flow_deferred *d;

    for (int n = 0; n < 4; n++) {
        w.c[n] = flow_chan_new(1);
        flow_offer(w.c[n], flow_int(n));
    }
    d = flow_spawn(draws, NULL, &w);
    end(d);
    for (int n = 0; n < 4; n++) {
        counts[n] = w.counts[n];
        flow_chan_release(w.c[n]);
    }
}

TEST(each_of_those_that_are_ready_gets_its_share_the_same_in_each_run)
{
    int counts[4];

    draw(order[0], counts);
    for (int n = 0; n < 4; n++)
        CHECK(counts[n] > ROUNDS / 40 * 9 && counts[n] < ROUNDS / 40 * 11);
    draw(order[1], counts);
    CHECK(memcmp(order[0], order[1], sizeof order[0]) == 0);
}

TEST(one_that_is_always_ready_does_not_keep_another_waiting_for_ever)
{
    flow_chan *a = flow_chan_new(1), *b = flow_chan_new(1);
    struct drawing w = { .c = { a, b, b, b }, .order = order[0] };
    flow_deferred *d;

    flow_offer(a, flow_int(0));
    flow_offer(b, flow_int(1));
    d = flow_spawn(draws, NULL, &w);
    CHECK(w.counts[0] > ROUNDS / 5);
    end(d);
    flow_chan_release(a);
    flow_chan_release(b);
}

/* ---- Time ---------------------------------------------------------------- */
TEST(what_comes_in_time_is_chosen)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 3, receive(a), after(1.5));
    struct actor p = { .does = "P _s1__s2", .a = a };
    flow_deferred *d = choose(&x), *e = begin(&p);

    flow_loop();
    CHECK(so_far("X:1 Ps1 X:1 X:2 Ps2"));
    end(d);
    end(e);
    flow_chan_release(a);
}

TEST(no_time_at_all_is_when_nothing_else_can_be_done_for_a_turn)
{
    flow_chan *a = flow_chan_new(2);
    struct chooser x = CHOOSER("X", 3, after(0), receive(a));
    flow_deferred *d;

    flow_offer(a, flow_int(1));
    flow_offer(a, flow_int(2));
    d = choose(&x);
    CHECK(so_far("X:11 X:12"));
    flow_loop();
    CHECK(so_far("X:0") && flow_now() < 1);
    end(d);
    flow_chan_release(a);
}

TEST(who_was_served_when_time_was_up_has_sent)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, send(a, 1), after(1));
    struct actor p = { .does = "P _r", .a = a };
    flow_deferred *d[2];
    flow_value v;
    bool taken;

    for (int first = 0; first < 2; first++) {
        d[first] = first ? begin(&p) : choose(&x);
        d[!first] = first ? choose(&x) : begin(&p);
        flow_loop();
        taken = strstr(happened, "Pr1") != NULL;
        CHECK(taken == (strstr(happened, "X:0") != NULL));
        CHECK(flow_try(a, &v) == FLOW_WAIT && flow_chan_balance(a) == 0);
        happened[0] = '\0';
        end(d[0]);
        end(d[1]);
    }
    flow_chan_release(a);
}

TEST(what_comes_after_the_time_is_not_lost)
{
    flow_chan *a = flow_chan_new(1);
    struct chooser x = CHOOSER("X", 1, receive(a), after(1));
    flow_deferred *d = choose(&x);
    flow_value v = flow_none();

    flow_loop();
    CHECK(so_far("X:1"));
    CHECK(flow_offer(a, flow_int(6)) && flow_try(a, &v) == FLOW_READY);
    end(d);
    flow_chan_release(a);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_value_that_is_there_is_received),
        CASE(a_value_that_comes_later_is_waited_for),
        CASE(what_there_is_room_for_is_sent),
        CASE(without_room_a_receiver_is_waited_for),
        CASE(the_next_value_of_a_stage_is_waited_for),
        CASE(a_deferred_is_waited_for),
        CASE(time_passes),
        CASE(of_several_times_the_first_counts),
        CASE(what_is_to_be_sent_goes_only_when_it_is_chosen),
        CASE(what_was_not_chosen_has_not_happened),
        CASE(the_value_of_a_stage_that_was_not_chosen_is_still_there),
        CASE(each_of_those_that_are_ready_gets_its_share_the_same_in_each_run),
        CASE(one_that_is_always_ready_does_not_keep_another_waiting_for_ever),
        CASE(what_comes_in_time_is_chosen),
        CASE(no_time_at_all_is_when_nothing_else_can_be_done_for_a_turn),
        CASE(who_was_served_when_time_was_up_has_sent),
        CASE(what_comes_after_the_time_is_not_lost),
    };
    return run_tests("select_cases", tests, sizeof tests / sizeof *tests);
}
