/* SPDX-License-Identifier: MIT */
/* flow_select: those that choose meet others, and each other, once. */
#include "select_tests.h"

/* ---- Meeting ------------------------------------------------------------ */
TEST(both_directions_of_one_channel_do_not_meet_themselves)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, send(a, 1), receive(a), after(9));
    flow_deferred *d = choose(&x);

    settle();
    CHECK(flow_chan_balance(a) == 0);
    flow_loop();
    CHECK(so_far("X:2"));
    end(d);
    flow_chan_release(a);
}

TEST(both_directions_meet_another)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 2, send(a, 1), receive(a));
    struct actor p = { .does = "P _s4_r", .a = a };
    flow_deferred *d = choose(&x), *e = begin(&p);

    flow_loop();
    CHECK(so_far("X:14 Ps4 Pr1 X:0"));
    end(d);
    end(e);
    flow_chan_release(a);
}

TEST(two_that_choose_meet_each_other)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, send(a, 1), receive(a));
    struct chooser y = CHOOSER("Y", 1, send(a, 2), receive(a));
    flow_deferred *d = choose(&x), *e = choose(&y);

    flow_loop();
    CHECK(flow_fired(d) && flow_fired(e) && flow_chan_balance(a) == 0);
    CHECK(strcmp(happened, "Y:11 X:0") == 0
          || strcmp(happened, "X:12 Y:0") == 0);
    happened[0] = '\0';
    end(d);
    end(e);
    flow_chan_release(a);
}

TEST(two_that_choose_meet_across_two_channels_once)
{
    flow_chan *a = flow_chan_new(0), *b = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, send(a, 1), receive(b), after(5));
    struct chooser y = CHOOSER("Y", 1, receive(a), send(b, 2), after(7));
    flow_deferred *d = choose(&x), *e = choose(&y);

    flow_loop();
    CHECK(strcmp(happened, "Y:1 X:0") == 0 || strcmp(happened, "Y:1 X:12") == 0
          || strcmp(happened, "X:12 Y:1") == 0);
    CHECK(flow_chan_balance(a) == 0 && flow_chan_balance(b) == 0);
    happened[0] = '\0';
    end(d);
    end(e);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(one_that_sends_in_two_channels_is_served_in_one)
{
    flow_chan *a = flow_chan_new(0), *b = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, send(a, 1), send(b, 2), after(9));
    struct actor p = { .does = "P _r", .a = a }, q = { .does = "Q _R", .b = b };
    flow_deferred *d[] = { choose(&x), begin(&p), begin(&q) };

    flow_loop();
    CHECK(so_far("Pr1 X:0 QR!"));
    CHECK(failed_with(d[2], FLOW_ESTUCK, "Q"));
    for (int n = 0; n < 3; n++)
        end(d[n]);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(one_that_sends_twice_into_one_channel_is_served_once)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, send(a, 1), send(a, 2));
    struct actor p = { .does = "P rr", .a = a };
    flow_deferred *d = choose(&x), *e = begin(&p);

    flow_loop();
    CHECK(so_far("Pr1 X:0 Pr!"));
    end(d);
    end(e);
    flow_chan_release(a);
}

TEST(one_that_receives_from_two_channels_takes_from_one)
{
    flow_chan *a = flow_chan_new(2), *b = flow_chan_new(2);
    struct chooser x = CHOOSER("X", 1, receive(a), receive(b));
    flow_deferred *d = choose(&x);

    flow_offer(a, flow_int(3));
    flow_offer(b, flow_int(4));
    flow_loop();
    CHECK(flow_chan_balance(a) + flow_chan_balance(b) == 1);
    happened[0] = '\0';
    end(d);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(one_that_was_called_and_took_another_hands_its_turn_on)
{
    flow_chan *a = flow_chan_new(1), *b = flow_chan_new(1);
    struct chooser x = CHOOSER("X", 1, receive(a), receive(b));
    struct actor p = { .does = "P r", .a = a }, q = { .does = "Q R", .b = b };
    flow_deferred *d[] = { choose(&x), begin(&p), begin(&q) };

    flow_offer(a, flow_int(1));
    flow_offer(b, flow_int(2));
    settle();
    CHECK(flow_fired(d[0]) && flow_fired(d[1]) + flow_fired(d[2]) == 1);
    CHECK(flow_chan_balance(a) + flow_chan_balance(b) == -1);
    for (int n = 0; n < 3; n++)
        end(d[n]);
    happened[0] = '\0';
    flow_chan_release(a);
    flow_chan_release(b);
}

/* Takes a value from the channel whenever it is asked, and gives none. */
struct emptying { flow_chan *c; int taken; };

static void empties(flow_gen *self, flow_stage *source, void *arg)
{
    struct emptying *e = arg;
    flow_value v;

    (void)source;
    do
        if (flow_try(e->c, &v) == FLOW_READY)
            e->taken++;
    while (flow_cooperate(self, 1));
}

TEST(a_stage_may_make_room_while_it_is_asked)
{
    struct emptying w = { flow_chan_new(1), 0 };
    flow_stage *s = flow_generate(empties, NULL, &w);
    struct chooser x = CHOOSER("X", 20, send(w.c, 1), next(s));
    flow_deferred *d = choose(&x);

    flow_loop();
    CHECK(flow_fired(d) && w.taken >= 19);
    CHECK(w.taken + flow_chan_balance(w.c) == 20);
    happened[0] = '\0';
    end(d);
    flow_close(s);
    flow_chan_release(w.c);
}

/* Sends text again and again while the stage is asked. */
static void moves_text(flow_gen *self, flow_stage *source, void *arg)
{
    struct emptying *e = arg;
    flow_value v = flow_none(), out;

    for (int n = 0; n < 9; n++) {
        flow_drop(v);
        v = flow_text("counted", 7);
        if (flow_select(self, FLOW_CASES(flow_when_send(e->c, &v),
                                         flow_when_next(source, &out))) < 0)
            break;
        MUST(v.kind == FLOW_NONE);
    }
    flow_drop(v);
}

/* Takes what is there when it is asked, for the first time in each turn. */
static void frees(flow_gen *self, flow_stage *source, void *arg)
{
    struct emptying *e = arg;
    flow_value v;

    (void)source;
    do
        if (flow_try(e->c, &v) == FLOW_READY)
            flow_drop(v);
    while (flow_cooperate(self, 0));
}

TEST(a_value_has_one_owner_when_room_comes_while_a_stage_is_asked)
{
    struct emptying w = { flow_chan_new(1), 0 };
    flow_deferred *d = flow_run(
        flow_generate(moves_text, flow_generate(frees, NULL, &w), &w));

    flow_loop();
    end(d);
    flow_chan_release(w.c);
}

TEST(what_is_to_be_sent_may_come_by_a_stage_that_is_waited_for)
{
    flow_chan *a = flow_chan_new(0);
    flow_stage *reader = flow_from_chan(a);
    struct chooser x = CHOOSER("X", 2, send(a, 3), next(reader));
    flow_deferred *d = choose(&x);

    flow_loop();
    CHECK(so_far("X:0 X:13") && gave_none(d));
    end(d);
    flow_close(reader);
    flow_chan_release(a);
}

TEST(a_stage_that_was_not_chosen_does_not_keep_what_comes_from_others)
{
    flow_chan *a = flow_chan_new(1);
    flow_stage *reader = flow_from_chan(a);
    struct chooser x = CHOOSER("X", 1, next(reader), after(1));
    struct actor p = { .does = "P r", .a = a };
    flow_deferred *d = choose(&x), *e;

    flow_loop();
    CHECK(so_far("X:1") && flow_chan_balance(a) == -1);
    e = begin(&p);
    flow_offer(a, flow_int(4));             /* the stage is called first    */
    settle();
    CHECK(so_far("Pr4"));
    end(d);
    end(e);
    flow_close(reader);
    flow_chan_release(a);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(both_directions_of_one_channel_do_not_meet_themselves),
        CASE(both_directions_meet_another),
        CASE(two_that_choose_meet_each_other),
        CASE(two_that_choose_meet_across_two_channels_once),
        CASE(one_that_sends_in_two_channels_is_served_in_one),
        CASE(one_that_sends_twice_into_one_channel_is_served_once),
        CASE(one_that_receives_from_two_channels_takes_from_one),
        CASE(one_that_was_called_and_took_another_hands_its_turn_on),
        CASE(a_stage_may_make_room_while_it_is_asked),
        CASE(a_value_has_one_owner_when_room_comes_while_a_stage_is_asked),
        CASE(what_is_to_be_sent_may_come_by_a_stage_that_is_waited_for),
        CASE(a_stage_that_was_not_chosen_does_not_keep_what_comes_from_others),
    };
    return run_tests("select_meeting", tests, sizeof tests / sizeof *tests);
}
