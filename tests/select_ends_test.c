/* SPDX-License-Identifier: MIT */
/* flow_select with what is over, fails, or is closed. */
#include "select_tests.h"

/* ---- What is over -------------------------------------------------------- */
TEST(what_has_nothing_more_to_offer_takes_no_part)
{
    flow_chan *a = flow_chan_new(1), *b = flow_chan_new(1);
    flow_stage *s = script("");
    struct chooser x = CHOOSER("X", 2, receive(a), next(s), receive(b));
    flow_deferred *d;

    flow_finish(a, flow_none());
    flow_offer(b, flow_int(1));
    d = choose(&x);
    CHECK(so_far("X:21"));
    flow_offer(b, flow_int(2));
    flow_loop();
    CHECK(so_far("X:22") && x.over[0] && x.over[1] && !x.over[2]);
    end(d);
    flow_close(s);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(when_nothing_is_left_it_does_not_wait)
{
    flow_chan *a = flow_chan_new(1), *b = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 2, receive(a), send(b, 1), after(5));
    flow_deferred *d;

    flow_offer(a, flow_int(1));
    flow_finish(a, flow_none());
    flow_close(flow_from_chan(b));          /* nobody reads b any more      */
    d = choose(&x);
    CHECK(so_far("X:1 X:!") && gave_none(d));
    CHECK(x.over[0] && x.over[1] && !x.over[2] && flow_now() < 1);
    end(d);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(what_ends_while_it_is_waited_for_is_over)
{
    flow_chan *a = flow_chan_new(1), *b = flow_chan_new(0);
    flow_stage *reader = flow_from_chan(b), *s = script("_");
    struct chooser x = CHOOSER("X", 1, receive(a), send(b, 1), next(s),
                               after(9));
    flow_deferred *d = choose(&x);

    settle();
    flow_finish(a, flow_none());
    settle();
    flow_close(reader);
    settle();
    CHECK(so_far("") && !flow_fired(d));
    flow_loop();
    CHECK(so_far("X:!") && gave_none(d) && flow_now() < 2);
    end(d);
    flow_close(s);
    flow_chan_release(a);
    flow_chan_release(b);
}

static void chooses_nothing(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_yield(self, flow_select(self, NULL, 0));
    flow_yield(self, 2);
}

TEST(from_nothing_nothing_is_chosen)
{
    expect("-1 2", flow_generate(chooses_nothing, NULL, NULL));
}

/* ---- Failures ------------------------------------------------------------ */
TEST(the_failure_of_a_channel_is_raised)
{
    flow_chan *a = flow_chan_new(1), *b = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, receive(a), receive(b));
    flow_deferred *d = choose(&x);

    flow_finish(a, flow_error(FLOW_EFORMAT, 0, "broken off"));
    flow_loop();
    CHECK(so_far("X:!") && failed_with(d, FLOW_EFORMAT, "broken off"));
    end(d);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(sending_into_what_is_finished_is_invalid)
{
    flow_chan *a = flow_chan_named(flow_chan_new(0), "orders");
    struct chooser x = CHOOSER("X", 1, send(a, 1), after(5));
    flow_deferred *d = choose(&x);

    flow_finish(a, flow_none());
    flow_loop();
    CHECK(so_far("X:!") && failed_with(d, FLOW_EINVAL, "'orders'"));
    end(d);
    flow_chan_release(a);
}

TEST(the_failure_of_a_stage_is_raised)
{
    flow_stage *s = script("_!");
    struct chooser x = CHOOSER("X", 2, next(s), after(5));
    flow_deferred *d = choose(&x);

    flow_loop();
    CHECK(so_far("X:!") && failed_with(d, FLOW_EINVAL, "scripted"));
    end(d);
    flow_close(s);
}

TEST(the_failure_of_a_deferred_is_raised)
{
    flow_deferred *fires = flow_defer(), *d;
    struct chooser x = CHOOSER("X", 1, await(fires), after(5));

    d = choose(&x);
    flow_fire(fires, flow_error(FLOW_EFORMAT, 0, "fired"));
    flow_loop();
    CHECK(so_far("X:!") && failed_with(d, FLOW_EFORMAT, "fired"));
    end(d);
    flow_release(fires);
}

TEST(a_stage_that_is_missing_is_an_invalid_argument)
{
    struct chooser x = CHOOSER("X", 1, next(NULL), after(5));
    flow_deferred *d = choose(&x);

    flow_loop();
    CHECK(so_far("X:!") && failed_with(d, FLOW_EINVAL, "NULL"));
    end(d);
}

static void sends_an_error(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value e = flow_error(FLOW_EFORMAT, 0, "sent");

    (void)source;
    if (flow_select(self, FLOW_CASES(flow_when_send(arg, &e))) == 0)
        flow_yield(self, 1);
    CHECK(e.kind == FLOW_NONE);
    flow_drop(e);
}

TEST(an_error_that_is_sent_finishes_its_channel)
{
    flow_chan *a = flow_chan_new(0);
    flow_stage *reader = flow_from_chan(a);

    if (!disturbed())
        expect("1", flow_generate(sends_an_error, NULL, a));
    flow_finish(a, flow_none());
    if (!disturbed())
        expect("!Format: sent", reader);
    else
        flow_close(reader);
    flow_chan_release(a);
}

static void catches(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v, e;

    if (flow_select(self, FLOW_CASES(flow_when_next(source, &v))) < 0
        && flow_catch(self, FLOW_EINVAL, &e))
        flow_drop(e);
    while (flow_select(self, FLOW_CASES(flow_when_receive(arg, &v),
                                        flow_when_next(source, &v))) >= 0)
        flow_yield(self, v);
}

TEST(after_catching_it_may_choose_again)
{
    flow_chan *a = flow_chan_new(3);

    flow_offer(a, flow_int(1));
    flow_offer(a, flow_int(2));
    flow_finish(a, flow_none());
    happened[0] = '\0';
    expect("1 2", flow_skip(flow_generate(catches, script("!"), a), 0));
    flow_chan_release(a);
}

TEST(one_that_is_stuck_says_so)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, receive(a), send(a, 1));
    flow_deferred *d = choose(&x);

    flow_loop();
    CHECK(so_far("X:!"));
    CHECK(failed_with(d, FLOW_ESTUCK, "X (waits for one of several)"));
    end(d);
    flow_chan_release(a);
}

TEST(a_stage_that_one_waits_for_is_refused_to_another)
{
    flow_stage *s = script("_1");
    struct chooser x = CHOOSER("X", 1, next(s), after(9));
    struct chooser y = CHOOSER("Y", 1, next(s), after(9));
    flow_deferred *d = choose(&x), *e = choose(&y);

    flow_loop();
    CHECK(failed_with(e, FLOW_EINVAL, "X"));
    happened[0] = '\0';
    end(d);
    end(e);
    flow_close(s);
}

/* ---- Closing, and holding ------------------------------------------------ */
struct many { flow_chan *a, *b, *full; };

/* What comes, from wherever, until nothing has for some time. */
static void gives_what_comes(flow_gen *self, flow_stage *source, void *arg)
{
    struct many *m = arg;
    flow_value v = flow_none(), stays = flow_of("stays");
    int i = 0;

    while (i >= 0 && i < 4) {
        i = flow_select(self, FLOW_CASES(
            flow_when_receive(m->a, &v), flow_when_receive(m->b, &v),
            flow_when_next(source, &v), flow_when_send(m->full, &stays),
            flow_when_timeout(7)));
        if (i >= 0 && i < 3 && !flow_yield(self, v))
            break;
    }
}

TEST(one_that_waits_for_many_may_be_closed_at_any_time)
{
    struct many m = { flow_chan_new(0), flow_chan_new(2), flow_chan_new(0) };
    struct actor p = { .does = "P _s1__s2", .a = m.a };
    struct actor q = { .does = "Q ____S3___S4", .b = m.b };
    flow_deferred *d = begin(&p), *e = begin(&q);

    if (!disturbed())
        expect("1 x 2 3 y 4",
               flow_generate(gives_what_comes, script("__x____y"), &m));
    CHECK(flow_chan_balance(m.full) == 0);
    end(d);
    end(e);
    happened[0] = '\0';
    flow_chan_release(m.a);
    flow_chan_release(m.b);
    flow_chan_release(m.full);
}

TEST(one_that_is_closed_leaves_all_lines)
{
    flow_chan *a = flow_chan_new(0), *b = flow_chan_new(0);
    flow_deferred *fires = flow_defer(), *d;
    struct chooser x = CHOOSER("X", 1, receive(a), send(b, 3), await(fires),
                               after(9));

    d = choose(&x);
    CHECK(flow_chan_balance(a) == -1 && flow_chan_balance(b) == 1);
    flow_release(d);
    CHECK(so_far("X:!"));
    MUST(disturbed() || flow_chan_balance(a) == 0);
    CHECK(flow_chan_balance(b) == 0);
    flow_fire(fires, flow_none());
    flow_loop();
    CHECK(flow_now() < 1);
    end(fires);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(one_that_was_called_and_is_closed_hands_its_turn_on)
{
    flow_chan *a = flow_chan_new(1);
    struct chooser x = CHOOSER("X", 1, receive(a), after(9));
    struct actor p = { .does = "P r", .a = a };
    flow_deferred *d = choose(&x), *e = begin(&p);

    flow_offer(a, flow_int(4));
    flow_release(d);
    settle();
    CHECK(so_far("X:! Pr4"));
    end(e);
    flow_chan_release(a);
}

TEST(one_that_waits_to_send_holds_its_channel)
{
    flow_chan *a = flow_chan_new(0);
    flow_stage *reader = flow_from_chan(a);
    struct chooser x = CHOOSER("X", 1, send(a, 3), after(9));
    flow_deferred *d = choose(&x);

    flow_chan_release(a);
    if (!disturbed())
        expect("3", reader);
    else
        flow_close(reader);
    settle();
    end(d);
    CHECK(so_far("X:0"));
}

TEST(one_that_waits_to_receive_is_told_when_the_last_holder_lets_go)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, receive(a), after(9));
    flow_deferred *d = choose(&x);

    flow_chan_release(a);
    settle();
    CHECK(so_far("X:!") && gave_none(d) && x.over[0]);
    end(d);
}

TEST(one_that_waits_counts_among_those_who_receive)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, receive(a), after(9));
    flow_deferred *d;

    flow_close(flow_from_chan(a));
    MUST(!flow_offer(a, flow_text("nobody", 6)));
    d = choose(&x);
    CHECK(flow_offer(a, flow_int(4)));
    settle();
    CHECK(so_far("X:4"));
    end(d);
    flow_chan_release(a);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(what_has_nothing_more_to_offer_takes_no_part),
        CASE(when_nothing_is_left_it_does_not_wait),
        CASE(what_ends_while_it_is_waited_for_is_over),
        CASE(from_nothing_nothing_is_chosen),
        CASE(the_failure_of_a_channel_is_raised),
        CASE(sending_into_what_is_finished_is_invalid),
        CASE(the_failure_of_a_stage_is_raised),
        CASE(the_failure_of_a_deferred_is_raised),
        CASE(a_stage_that_is_missing_is_an_invalid_argument),
        CASE(an_error_that_is_sent_finishes_its_channel),
        CASE(after_catching_it_may_choose_again),
        CASE(one_that_is_stuck_says_so),
        CASE(a_stage_that_one_waits_for_is_refused_to_another),
        CASE(one_that_waits_for_many_may_be_closed_at_any_time),
        CASE(one_that_is_closed_leaves_all_lines),
        CASE(one_that_was_called_and_is_closed_hands_its_turn_on),
        CASE(one_that_waits_to_send_holds_its_channel),
        CASE(one_that_waits_to_receive_is_told_when_the_last_holder_lets_go),
        CASE(one_that_waits_counts_among_those_who_receive),
    };
    return run_tests("select_ends", tests, sizeof tests / sizeof *tests);
}
