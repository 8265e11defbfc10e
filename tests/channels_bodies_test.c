/* SPDX-License-Identifier: MIT */
/* Channels between bodies: who sends, who receives, who goes on first. */
#include "channels_tests.h"

/* ---- Receiving in a body ------------------------------------------------- */
TEST(without_room_a_send_has_answered_when_the_value_was_received)
{
    flow_chan *c = flow_chan_new(0);
    struct actor p = { .does = "P s1s2", .a = c };
    struct actor q = { .does = "Q _r_r", .a = c };
    flow_deferred *d = begin(&p), *e = begin(&q);

    settle();
    CHECK(so_far("") && flow_chan_balance(c) == 1);
    flow_loop();
    CHECK(so_far("Qr1 Ps1 Qr2 Ps2"));
    end(d);
    end(e);
    flow_chan_release(c);
}

TEST(with_room_so_many_sends_answer_at_once)
{
    flow_chan *c = flow_chan_new(2);
    struct actor p = { .does = "P s1s2s3s4", .a = c };
    struct actor q = { .does = "Q _r_r__r_r", .a = c };
    flow_deferred *d = begin(&p), *e = begin(&q);

    CHECK(so_far("Ps1 Ps2") && flow_chan_balance(c) == 3);
    flow_loop();
    CHECK(so_far("Qr1 Ps3 Qr2 Ps4 Qr3 Qr4"));
    end(d);
    end(e);
    flow_chan_release(c);
}

TEST(those_who_receive_share_what_is_sent_in_the_order_they_came)
{
    flow_chan *c = flow_chan_new(0);
    struct actor p = { .does = "P rr", .a = c }, q = { .does = "Q rr", .a = c };
    struct actor r = { .does = "R s1s2s3s4f", .a = c };
    flow_deferred *d[] = { begin(&p), begin(&q), begin(&r) };

    flow_loop();
    CHECK(strstr(happened, "Pr1") != NULL && strstr(happened, "Qr2") != NULL);
    CHECK(strstr(happened, "Pr3") != NULL && strstr(happened, "Qr4") != NULL);
    happened[0] = '\0';
    for (int n = 0; n < 3; n++)
        end(d[n]);
    flow_chan_release(c);
}

TEST(who_receives_gets_what_was_sent_and_then_the_end_for_ever)
{
    flow_chan *c = flow_chan_new(2);
    struct actor p = { .does = "P rrr", .a = c }, q = { .does = "Q r", .a = c };
    flow_deferred *d, *e;

    flow_offer(c, flow_int(1));
    flow_offer(c, flow_int(2));
    flow_finish(c, flow_none());
    d = begin(&p);
    e = begin(&q);
    CHECK(so_far("Pr1 Pr2 Pr! Qr!") && gave_none(d) && gave_none(e));
    end(d);
    end(e);
    flow_chan_release(c);
}

TEST(each_who_receives_is_told_the_failure)
{
    flow_chan *c = flow_chan_new(1);
    struct actor p = { .does = "P rr", .a = c }, q = { .does = "Q r", .a = c };
    flow_deferred *d, *e;

    flow_offer(c, flow_int(1));
    d = begin(&p);
    flow_finish(c, flow_error(FLOW_EFORMAT, 0, "broken off"));
    e = begin(&q);
    flow_loop();
    CHECK(failed_with(d, FLOW_EFORMAT, "broken off"));
    CHECK(failed_with(e, FLOW_EFORMAT, "broken off"));
    CHECK(strstr(happened, "Pr1") != NULL);
    happened[0] = '\0';
    end(d);
    end(e);
    flow_chan_release(c);
}

static bool is_left_alone;

static void receives_nothing(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v = flow_int(7);

    (void)source;
    is_left_alone = !flow_receive(self, arg, &v) && v.kind == FLOW_INT
                 && v.as.num == 7;
}

TEST(what_is_there_stays_when_nothing_is_received)
{
    flow_chan *c = flow_chan_new(1);
    flow_deferred *d;

    flow_finish(c, flow_error(FLOW_EFORMAT, 0, "broken off"));
    is_left_alone = false;
    d = flow_spawn(receives_nothing, NULL, c);
    CHECK(is_left_alone);
    CHECK(failed_with(d, FLOW_EFORMAT, "broken off"));
    flow_release(d);
    flow_chan_release(c);
}

TEST(sending_into_a_finished_channel_is_invalid)
{
    flow_chan *c = flow_chan_new(2);
    struct actor p = { .does = "P s1s2", .a = c };
    flow_deferred *d;

    flow_finish(c, flow_none());
    d = begin(&p);
    CHECK(so_far("Ps1!") && failed_with(d, FLOW_EINVAL, "finished"));
    end(d);
    flow_chan_release(c);
}

TEST(who_waits_to_send_into_a_channel_that_is_finished_is_told_so)
{
    flow_chan *c = flow_chan_named(flow_chan_new(1), "orders");
    struct actor p = { .does = "P s1s2", .a = c };
    flow_deferred *d = begin(&p);

    CHECK(so_far("Ps1"));
    flow_finish(c, flow_none());
    flow_loop();
    CHECK(so_far("Ps2!") && failed_with(d, FLOW_EINVAL, "'orders'"));
    end(d);
    flow_chan_release(c);
}

TEST(who_sends_where_nobody_will_receive_is_told_without_a_failure)
{
    flow_chan *c = flow_chan_new(1);
    struct actor p = { .does = "P s1", .a = c };
    flow_deferred *d;

    flow_close(flow_from_chan(c));
    d = begin(&p);
    CHECK(so_far("Ps1!") && gave_none(d));
    end(d);
    flow_chan_release(c);
}

TEST(one_who_receives_in_a_body_keeps_a_channel_without_a_reader_open)
{
    flow_chan *c = flow_chan_new(0);
    struct actor p = { .does = "P r", .a = c }, q = { .does = "Q s1", .a = c };
    flow_deferred *d, *e;

    flow_close(flow_from_chan(c));
    d = begin(&p);
    e = begin(&q);
    flow_loop();
    CHECK(so_far("Pr1 Qs1"));
    end(d);
    end(e);
    flow_chan_release(c);
}

static void sends_error(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value e = flow_error(FLOW_EFORMAT, 0, "sent");

    (void)source;
    note("P", 's', -1, flow_send(self, arg, e));
    note("P", 'S', -1, flow_send(self, arg, flow_int(1)));
}

TEST(an_error_that_is_sent_finishes_the_channel_with_it)
{
    flow_chan *c = flow_chan_new(0);
    struct actor q = { .does = "Q r", .a = c };
    flow_deferred *d = flow_spawn(sends_error, NULL, c), *e = begin(&q);

    flow_loop();
    CHECK(so_far("Ps PS! Qr!"));
    CHECK(failed_with(d, FLOW_EINVAL, "finished"));
    CHECK(failed_with(e, FLOW_EFORMAT, "sent"));
    end(d);
    end(e);
    flow_chan_release(c);
}

TEST(an_error_that_is_offered_finishes_a_full_channel_with_it)
{
    flow_chan *c = flow_chan_new(1);

    CHECK(flow_offer(c, flow_int(1)));
    CHECK(flow_offer(c, flow_error(FLOW_EFORMAT, 0, "offered")));
    CHECK(!flow_offer(c, flow_error(FLOW_EINVAL, 0, "too late")));
    if (!disturbed())
        expect("1 !Format: offered", flow_from_chan(c));
    flow_chan_release(c);
}

TEST(a_settled_error_is_sent_as_any_value)
{
    flow_chan *c = flow_chan_new(1);
    flow_value v = flow_none();

    CHECK(flow_offer(c, flow_settle(flow_error(FLOW_EFORMAT, 0, "kept"))));
    CHECK(flow_try(c, &v) == FLOW_READY && flow_is(&v, FLOW_EFORMAT));
    CHECK(flow_chan_room(c) == 1);
    if (!disturbed())
        flow_drop(v);
    flow_chan_release(c);
}

TEST(one_who_receives_may_be_closed_at_any_time)
{
    flow_chan *c = flow_chan_new(0);
    struct actor p = { .does = "P r", .a = c }, q = { .does = "Q r", .a = c };
    struct actor r = { .does = "R s1", .a = c };
    flow_deferred *d = begin(&p), *e = begin(&q), *f = begin(&r);

    flow_release(d);            /* it was called, and has not received yet */
    flow_loop();
    CHECK(so_far("Pr! Qr1 Rs1"));
    end(e);
    end(f);
    flow_chan_release(c);
}

/* ---- Who goes on first -------------------------------------------------- */
static void meet(const char *order, flow_preference who, size_t room,
                 bool receiver_first)
{
    flow_chan *c = flow_chan_new(room);
    struct actor p = { .does = "P s1s2f", .a = c };
    struct actor q = { .does = "Q rr", .a = c };
    flow_deferred *d[2];

    flow_chan_prefer(c, who);
    d[0] = begin(receiver_first ? &q : &p);
    d[1] = begin(receiver_first ? &p : &q);
    flow_loop();
    CHECK(so_far(order));
    end(d[0]);
    end(d[1]);
    flow_chan_release(c);
}

TEST(when_they_meet_the_receiver_goes_on_first)
{
    meet("Qr1 Ps1 Qr2 Ps2", FLOW_RECEIVER_FIRST, 0, true);
    meet("Qr1 Ps1 Qr2 Ps2", FLOW_RECEIVER_FIRST, 0, false);
}

TEST(when_they_meet_the_sender_may_be_let_go_first)
{
    meet("Ps1 Qr1 Ps2 Qr2", FLOW_SENDER_FIRST, 0, true);
    meet("Ps1 Qr1 Ps2 Qr2", FLOW_SENDER_FIRST, 0, false);
}

static void meet_at_a_stage(const char *order, flow_preference who)
{
    flow_chan *c = flow_chan_new(0);
    struct actor p = { .does = "P s1s2f", .a = c };
    struct actor q = { .does = "Q nn" };
    flow_deferred *d, *e;

    flow_chan_prefer(c, who);
    q.from = flow_from_chan(c);
    d = begin(&q);
    e = begin(&p);
    flow_loop();
    CHECK(so_far(order));
    end(d);
    end(e);
    flow_close(q.from);
    flow_chan_release(c);
}

TEST(a_reading_end_goes_on_first_unless_told_otherwise)
{
    meet_at_a_stage("Qn1 Ps1 Qn2 Ps2", FLOW_RECEIVER_FIRST);
    meet_at_a_stage("Ps1 Qn1 Ps2 Qn2", FLOW_SENDER_FIRST);
}

TEST(a_reading_end_may_be_closed_while_its_sender_goes_first)
{
    flow_chan *c = flow_chan_new(0);
    struct sending s = { .c = c, .n = 4 };
    flow_deferred *d;

    flow_chan_prefer(c, FLOW_SENDER_FIRST);
    d = run_sender(&s);
    if (!disturbed())
        expect("1 2 3 4", flow_from_chan(c));
    end(d);
    flow_chan_release(c);
}

TEST(who_receives_may_be_closed_while_its_sender_goes_first)
{
    flow_chan *c = flow_chan_new(0);
    struct actor p = { .does = "P s1", .a = c }, q = { .does = "Q r", .a = c };
    flow_deferred *d, *e;

    flow_chan_prefer(c, FLOW_SENDER_FIRST);
    d = begin(&p);
    e = begin(&q);
    flow_release(e);            /* it has the value, and not gone on with it */
    flow_loop();
    CHECK(so_far("Qr! Ps1"));
    end(d);
    flow_chan_release(c);
}

/* ---- Holders ------------------------------------------------------------- */
TEST(a_channel_ends_for_those_who_wait_when_its_last_holder_lets_go)
{
    flow_chan *c = flow_chan_new(0);
    struct actor p = { .does = "P r", .a = c };
    flow_deferred *d = begin(&p);

    flow_chan_release(flow_chan_hold(c));
    settle();
    CHECK(so_far(""));
    flow_chan_release(c);
    settle();
    CHECK(so_far("Pr!") && gave_none(d));
    end(d);
}

TEST(who_waits_to_send_is_a_holder)
{
    flow_chan *c = flow_chan_new(0);
    struct actor p = { .does = "P s1", .a = c }, q = { .does = "Q rr", .a = c };
    flow_deferred *d = begin(&p), *e = begin(&q);

    flow_chan_release(c);
    flow_loop();
    CHECK(so_far("Qr1 Ps1 Qr!") && gave_none(d) && gave_none(e));
    end(d);
    end(e);
}

static void sends_and_lets_go(flow_gen *self, flow_stage *source, void *arg)
{
    struct sending *s = arg;

    (void)source;
    s->sent = flow_send(self, s->c, flow_int(1));
    flow_chan_release(s->c);
    s->c = NULL;
}

TEST(a_body_may_be_the_last_to_let_go)
{
    struct sending s = { .c = flow_chan_new(0) };
    flow_stage *reader = flow_from_chan(s.c);
    flow_deferred *d = flow_spawn(sends_and_lets_go, NULL, &s);

    if (!disturbed())
        expect("1", reader);
    else
        flow_close(reader);
    CHECK(s.sent == 1 && s.c == NULL);
    end(d);
    flow_chan_release(s.c);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(without_room_a_send_has_answered_when_the_value_was_received),
        CASE(with_room_so_many_sends_answer_at_once),
        CASE(those_who_receive_share_what_is_sent_in_the_order_they_came),
        CASE(who_receives_gets_what_was_sent_and_then_the_end_for_ever),
        CASE(each_who_receives_is_told_the_failure),
        CASE(what_is_there_stays_when_nothing_is_received),
        CASE(sending_into_a_finished_channel_is_invalid),
        CASE(who_waits_to_send_into_a_channel_that_is_finished_is_told_so),
        CASE(who_sends_where_nobody_will_receive_is_told_without_a_failure),
        CASE(one_who_receives_in_a_body_keeps_a_channel_without_a_reader_open),
        CASE(an_error_that_is_sent_finishes_the_channel_with_it),
        CASE(an_error_that_is_offered_finishes_a_full_channel_with_it),
        CASE(a_settled_error_is_sent_as_any_value),
        CASE(one_who_receives_may_be_closed_at_any_time),
        CASE(when_they_meet_the_receiver_goes_on_first),
        CASE(when_they_meet_the_sender_may_be_let_go_first),
        CASE(a_reading_end_goes_on_first_unless_told_otherwise),
        CASE(a_reading_end_may_be_closed_while_its_sender_goes_first),
        CASE(who_receives_may_be_closed_while_its_sender_goes_first),
        CASE(a_channel_ends_for_those_who_wait_when_its_last_holder_lets_go),
        CASE(who_waits_to_send_is_a_holder),
        CASE(a_body_may_be_the_last_to_let_go),
    };
    return run_tests("channels_bodies", tests, sizeof tests / sizeof *tests);
}
