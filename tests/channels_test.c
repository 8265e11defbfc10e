/* SPDX-License-Identifier: MIT */
/* Channels: what is sent is read, once, in order; and everybody can leave. */
#include "actors.h"

/* ---- Senders and readers ----------------------------------------------- */
struct sending { flow_chan *c; int n, sent, refused; };

static void sends(flow_gen *self, flow_stage *source, void *arg)
{
    struct sending *s = arg;

    (void)source;
    for (int n = 1; n <= s->n; n++)
        if (flow_send(self, s->c, flow_int(n)))
            s->sent++;
        else
            s->refused++;
    flow_finish(s->c, flow_none());
}

static flow_deferred *run_sender(struct sending *s)
{
    return flow_run(flow_generate(sends, NULL, s));
}

static void passes(size_t room)
{
    struct sending s = { .c = flow_chan_new(room), .n = 5 };
    flow_stage *reader = flow_from_chan(s.c);
    flow_deferred *d = run_sender(&s);

    expect("1 2 3 4 5", reader);
    CHECK(s.sent == 5 && s.refused == 0);
    end(d);
    flow_chan_release(s.c);
}

TEST(what_is_sent_is_read_in_order)
{
    passes(0);
    passes(1);
    passes(2);
    passes(5);
    passes(100);
}

TEST(a_sender_goes_ahead_of_its_reader_by_the_room_only)
{
    for (int room = 0; room < 4; room++) {
        struct sending s = { .c = flow_chan_new((size_t)room), .n = 5 };
        flow_stage *reader = flow_from_chan(s.c);
        flow_deferred *d = run_sender(&s);

        settle();
        CHECK(s.sent == room && s.refused == 0);
        flow_close(reader);
        end(d);
        flow_chan_release(s.c);
    }
}

struct order { struct sending s; char text[64]; };

static void notes(struct order *o, const char *what, int n)
{
    size_t used = strlen(o->text);

    if (used + 8 < sizeof o->text)
        snprintf(o->text + used, sizeof o->text - used, "%s%d ", what, n);
}

static void sends_noting(flow_gen *self, flow_stage *source, void *arg)
{
    struct order *o = arg;

    (void)source;
    for (int n = 1; n <= 3 && flow_send(self, o->s.c, flow_int(n)); n++)
        notes(o, "s", n);
    flow_finish(o->s.c, flow_none());
}

static void reads_noting(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    while (flow_next(self, source, &v))
        notes(arg, "r", (int)v.as.num);
}

TEST(without_room_a_sender_waits_for_its_reader)
{
    struct order o = { .s.c = flow_chan_new(0) };
    flow_stage *reader = flow_from_chan(o.s.c);
    flow_deferred *a = flow_run(flow_generate(sends_noting, NULL, &o));
    const char *r, *s;

    CHECK(strcmp(o.text, "") == 0);

    flow_deferred *b = flow_run(flow_generate(reads_noting, reader, &o));

    flow_loop();
    r = strstr(o.text, "r1");
    s = strstr(o.text, "s2");
    CHECK(r != NULL && s != NULL && r < s);
    CHECK(strstr(o.text, "r3") != NULL && strstr(o.text, "s3") != NULL);
    end(a);
    end(b);
    flow_chan_release(o.s.c);
}

TEST(a_reader_may_come_first)
{
    struct order o = { .s.c = flow_chan_new(0) };
    flow_deferred *b = flow_run(flow_generate(reads_noting,
                                              flow_from_chan(o.s.c), &o));
    flow_deferred *a = flow_run(flow_generate(sends_noting, NULL, &o));

    flow_loop();
    CHECK(strstr(o.text, "r1") < strstr(o.text, "r2"));
    CHECK(strstr(o.text, "r3") != NULL);
    end(a);
    end(b);
    flow_chan_release(o.s.c);
}

static void counts_slowly(flow_gen *self, flow_stage *source, void *arg)
{
    int *sums = arg;
    flow_value v;

    while (flow_next(self, source, &v)) {
        sums[0]++;
        sums[1] += (int)v.as.num;
        flow_cooperate(self, 1);
    }
}

TEST(each_value_goes_to_one_of_several_readers)
{
    struct sending s = { .c = flow_chan_new(2), .n = 20 };
    int sums[2][2] = {{ 0 }};
    flow_deferred *d[3];

    for (int n = 0; n < 2; n++)
        d[n] = flow_run(flow_generate(counts_slowly, flow_from_chan(s.c),
                                      sums[n]));
    d[2] = run_sender(&s);
    flow_loop();
    CHECK(s.sent == 20 && sums[0][0] + sums[1][0] == 20);
    CHECK(sums[0][1] + sums[1][1] == 210);
    CHECK(sums[0][0] > 5 && sums[1][0] > 5);
    for (int n = 0; n < 3; n++)
        end(d[n]);
    flow_chan_release(s.c);
}

TEST(several_may_send)
{
    struct sending a = { .c = flow_chan_new(1), .n = 2 };
    struct sending b = { .c = flow_chan_hold(a.c), .n = 2 };
    flow_stage *reader = flow_from_chan(a.c);
    flow_deferred *d[2] = { run_sender(&a), run_sender(&b) };
    flow_value v;
    int n = 0;

    while (flow_block(reader, &v))
        n++;
    MUST(n == a.sent + b.sent || disturbed());
    CHECK(n >= 2 && n <= 4);
    (void)flow_failure(reader);
    flow_close(reader);
    end(d[0]);
    end(d[1]);
    flow_chan_release(a.c);
    flow_chan_release(b.c);
}

/* ---- Ending ------------------------------------------------------------ */
TEST(what_was_sent_before_the_end_is_still_read)
{
    flow_chan *c = flow_chan_new(3);
    flow_stage *reader = flow_from_chan(c);

    CHECK(flow_offer(c, flow_int(1)) && flow_offer(c, flow_int(2)));
    flow_finish(c, flow_none());
    CHECK(!flow_offer(c, flow_text("too late", 8)));
    expect("1 2", reader);
    flow_chan_release(c);
}

TEST(a_channel_may_end_with_a_failure)
{
    flow_chan *c = flow_chan_new(3);
    flow_stage *reader = flow_from_chan(c);

    CHECK(flow_offer(c, flow_int(1)));
    flow_finish(c, flow_error(FLOW_EFORMAT, 0, "broken off"));
    expect("1 !Format: broken off", reader);
    flow_chan_release(c);
}

TEST(the_first_end_counts)
{
    flow_chan *c = flow_chan_new(3);
    flow_stage *reader = flow_from_chan(c);

    flow_finish(c, flow_none());
    flow_finish(c, flow_error(FLOW_EFORMAT, 0, "broken off"));
    expect("", reader);
    flow_chan_release(c);
}

TEST(the_last_release_ends_a_channel)
{
    flow_chan *c = flow_chan_new(3);
    flow_stage *reader = flow_from_chan(flow_chan_hold(c));

    CHECK(flow_offer(c, flow_text("kept", 4)));
    flow_chan_release(c);
    CHECK(flow_offer(c, flow_int(2)));
    flow_chan_release(c);
    if (!disturbed())
        expect("kept 2", reader);
    else
        flow_close(reader);
}

TEST(a_reader_may_be_made_after_the_end)
{
    flow_chan *c = flow_chan_new(3);

    CHECK(flow_offer(c, flow_int(1)));
    flow_finish(c, flow_none());
    expect("1", flow_from_chan(c));
    flow_chan_release(c);
}

TEST(every_reader_is_told_the_end)
{
    flow_chan *c = flow_chan_new(1);
    flow_deferred *d[3];
    struct order o = { .s.n = 0 };

    for (int n = 0; n < 3; n++)
        d[n] = flow_run(flow_generate(reads_noting, flow_from_chan(c), &o));
    flow_finish(c, flow_none());
    flow_loop();
    for (int n = 0; n < 3; n++) {
        CHECK(flow_outcome(d[n]) != NULL
              && flow_outcome(d[n])->kind == FLOW_NONE);
        end(d[n]);
    }
    flow_chan_release(c);
}

TEST(values_that_nobody_reads_are_dropped_with_the_channel)
{
    flow_chan *c = flow_chan_new(3);

    CHECK(flow_offer(c, flow_text("unread", 6)));
    flow_chan_release(c);
}

/* ---- Leaving ----------------------------------------------------------- */
TEST(when_the_last_reader_leaves_sends_are_refused)
{
    struct sending s = { .c = flow_chan_new(1), .n = 3 };
    flow_stage *a = flow_from_chan(s.c), *b = flow_from_chan(s.c);
    flow_deferred *d = run_sender(&s);

    settle();
    flow_close(a);
    settle();
    CHECK(s.sent == 1 && s.refused == 0);
    flow_close(b);
    settle();
    CHECK(s.refused == 2);
    MUST(!flow_offer(s.c, flow_text("nobody", 6)));
    end(d);
    flow_chan_release(s.c);
}

TEST(a_reader_that_leaves_hands_its_turn_to_another)
{
    struct sending s = { .c = flow_chan_new(0), .n = 2 };
    struct order o = { .s.n = 0 };
    flow_deferred *a = flow_run(flow_generate(reads_noting,
                                              flow_from_chan(s.c), &o));
    flow_deferred *b = flow_run(flow_generate(reads_noting,
                                              flow_from_chan(s.c), &o));
    flow_deferred *d = run_sender(&s);

    end(a);                     /* it was woken, and has not read yet */
    flow_loop();
    CHECK(s.sent == 2 && strstr(o.text, "r2") != NULL);
    end(b);
    end(d);
    flow_chan_release(s.c);
}

TEST(a_waiting_sender_may_be_closed)
{
    struct sending s = { .c = flow_chan_new(1), .n = 3 };
    flow_stage *reader = flow_from_chan(s.c);
    flow_deferred *d = run_sender(&s);

    flow_release(d);
    CHECK(s.sent == 1 && s.refused == 2);
    expect("1", reader);
    flow_chan_release(s.c);
}

TEST(a_waiting_sender_keeps_its_channel)
{
    struct sending s = { .c = flow_chan_new(0), .n = 1 };
    flow_stage *reader = flow_from_chan(s.c);
    flow_deferred *d = run_sender(&s);
    flow_value v;

    flow_chan_release(s.c);
    if (!disturbed()) {
        CHECK(flow_block(reader, &v) && v.as.num == 1);
        end(d);
        flow_close(reader);
    } else {
        flow_close(reader);
        end(d);
    }
}

/* ---- Offering ---------------------------------------------------------- */
TEST(offers_go_in_as_long_as_there_is_room)
{
    flow_chan *c = flow_chan_new(2);
    flow_stage *reader = flow_from_chan(c);
    flow_value v;

    CHECK(flow_chan_room(c) == 2);
    CHECK(flow_offer(c, flow_int(1)) && flow_chan_room(c) == 1);
    CHECK(flow_offer(c, flow_int(2)) && flow_chan_room(c) == 0);
    CHECK(!flow_offer(c, flow_text("full", 4)));
    CHECK(flow_block(reader, &v) && v.as.num == 1);
    CHECK(flow_chan_room(c) == 1 && flow_offer(c, flow_int(3)));
    flow_finish(c, flow_none());
    if (!disturbed())
        expect("2 3", reader);
    else
        flow_close(reader);
    flow_chan_release(c);
}

TEST(without_room_an_offer_goes_in_only_while_a_reader_waits)
{
    flow_chan *c = flow_chan_new(0);
    struct order o = { .s.n = 0 };
    flow_deferred *d;

    CHECK(!flow_offer(c, flow_text("nobody waits", 12)));
    d = flow_run(flow_generate(reads_noting, flow_from_chan(c), &o));
    CHECK(flow_chan_room(c) == 1);
    CHECK(flow_offer(c, flow_int(1)));
    CHECK(!flow_offer(c, flow_int(2)));
    settle();
    CHECK(strcmp(o.text, "r1 ") == 0);
    end(d);
    flow_chan_release(c);
}

struct producer { flow_chan *c; int next, last, calls; };

static void produces(void *arg)
{
    struct producer *p = arg;

    p->calls++;
    while (p->next <= p->last && flow_offer(p->c, flow_int(p->next)))
        p->next++;
    if (p->next > p->last)
        flow_finish(p->c, flow_none());
}

TEST(a_producer_that_was_refused_is_told_of_room)
{
    struct producer p = { .c = flow_chan_new(2), .next = 1, .last = 7 };
    flow_stage *reader = flow_from_chan(p.c);

    flow_chan_on_room(p.c, produces, &p);
    produces(&p);
    CHECK(p.next == 3);
    expect("1 2 3 4 5 6 7", reader);
    CHECK(p.calls >= 3 && p.calls <= 8);
    flow_chan_release(p.c);
}

TEST(without_room_a_producer_is_told_when_a_reader_waits)
{
    struct producer p = { .c = flow_chan_new(0), .next = 1, .last = 3 };
    flow_stage *reader = flow_from_chan(p.c);

    flow_chan_on_room(p.c, produces, &p);
    produces(&p);
    CHECK(p.next == 1);
    expect("1 2 3", reader);
    CHECK(p.calls <= 5);
    flow_chan_release(p.c);
}

struct counting { flow_waker waker; int woken; };

static void counts_wakes(flow_waker *w)
{
    ((struct counting *)(void *)w)->woken++;
}

TEST(a_reader_that_is_served_without_a_wake_leaves_the_line)
{
    flow_chan *c = flow_chan_new(2);
    flow_stage *r[] = { flow_from_chan(c), flow_from_chan(c) };
    struct counting w[] = {
        { { counts_wakes, flow_host_here() }, 0 },
        { { counts_wakes, flow_host_here() }, 0 }
    };
    flow_value v = flow_none();

    for (int n = 0; n < 2 && !disturbed(); n++)
        CHECK(flow_pull(r[n], &w[n].waker, &v) == FLOW_WAIT);
    if (!disturbed()) {
        CHECK(flow_offer(c, flow_int(1)) && w[0].woken == 1);
        CHECK(flow_pull(r[1], &w[1].waker, &v) == FLOW_READY);
        CHECK(flow_pull(r[0], &w[0].waker, &v) == FLOW_WAIT);
        CHECK(flow_offer(c, flow_int(2)));
        CHECK(w[0].woken == 2 && w[1].woken == 0);
    }
    flow_close(r[0]);
    flow_close(r[1]);
    flow_chan_release(c);
}

TEST(releasing_no_channel_is_fine)
{
    flow_chan_release(NULL);
}

TEST(a_producer_that_was_not_refused_is_not_told)
{
    struct producer p = { .c = flow_chan_new(4), .next = 1, .last = 0 };
    flow_stage *reader = flow_from_chan(p.c);
    flow_value v;

    flow_chan_on_room(p.c, produces, &p);
    CHECK(flow_offer(p.c, flow_int(1)) && flow_offer(p.c, flow_int(2)));
    CHECK(flow_block(reader, &v) && flow_block(reader, &v));
    flow_host_here()->turn(flow_host_here(), false);
    CHECK(p.calls == 0);
    flow_close(reader);
    flow_chan_release(p.c);
}

/* ---- Callback ---------------------------------------------------------- */
TEST(a_callback_stage_gives_what_is_pushed)
{
    flow_chan *writer;
    flow_stage *s = flow_callback(3, &writer);

    CHECK(flow_offer(writer, flow_text("one", 3)));
    CHECK(flow_offer(writer, flow_int(2)));
    flow_finish(writer, flow_none());
    expect("one 2", s);
    flow_chan_release(writer);
}

TEST(a_callback_stage_has_the_bound_it_was_given)
{
    flow_chan *writer;
    flow_stage *s = flow_callback(1, &writer);

    CHECK(flow_offer(writer, flow_int(1)) && !flow_offer(writer, flow_int(2)));
    flow_finish(writer, flow_error(FLOW_EFORMAT, 0, "pushed"));
    expect("1 !Format: pushed", s);
    flow_chan_release(writer);
}

struct pushing { flow_task task; flow_chan *writer; int n; };

static void pushes(flow_task *t)
{
    struct pushing *p = (struct pushing *)(void *)t;
    flow_host *h = flow_host_here();

    if (p->n > 3) {
        flow_finish(p->writer, flow_none());
        return;
    }
    flow_offer(p->writer, flow_int(p->n++));
    h->post(h, t, 1);
}

TEST(a_callback_stage_wakes_its_reader)
{
    struct pushing p = { .task.call = pushes, .n = 1 };
    flow_stage *s = flow_callback(1, &p.writer);
    flow_host *h = flow_host_here();

    h->post(h, &p.task, 1);
    expect("1 2 3", s);
    h->cancel(h, &p.task);
    flow_chan_release(p.writer);
}

TEST(the_writer_of_a_callback_stage_may_go_first_or_last)
{
    flow_chan *writer;
    flow_stage *s = flow_callback(1, &writer);

    flow_close(s);
    MUST(!flow_offer(writer, flow_text("closed", 6)));
    flow_chan_release(writer);
    s = flow_callback(1, &writer);
    flow_chan_release(writer);
    if (disturbed())
        flow_close(s);
    else
        expect("", s);
}

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

/* ---- Without waiting ---------------------------------------------------- */
TEST(trying_answers_at_once)
{
    flow_chan *c = flow_chan_new(2);
    flow_value v = flow_int(9);

    CHECK(flow_try(c, &v) == FLOW_WAIT && v.as.num == 9);
    flow_offer(c, flow_int(1));
    CHECK(flow_try(c, &v) == FLOW_READY && v.as.num == 1);
    flow_offer(c, flow_int(2));
    flow_finish(c, flow_none());
    CHECK(flow_try(c, &v) == FLOW_READY && v.as.num == 2);
    CHECK(flow_try(c, &v) == FLOW_DONE && flow_try(c, &v) == FLOW_DONE);
    if (disturbed() && flow_try(c, &v) == FLOW_FAILED)
        flow_drop(v);
    flow_chan_release(c);
}

TEST(trying_gives_the_failure_each_time)
{
    flow_chan *c = flow_chan_new(2);
    flow_value v;

    flow_finish(c, flow_error(FLOW_EFORMAT, 0, "broken off"));
    for (int n = 0; n < 2; n++) {
        MUST(flow_try(c, &v) == FLOW_FAILED);
        CHECK(flow_is(&v, FLOW_EFORMAT));
        flow_drop(v);
    }
    flow_chan_release(c);
}

TEST(trying_takes_from_one_who_waits_to_send)
{
    flow_chan *c = flow_chan_new(0);
    struct actor p = { .does = "P s1s2", .a = c };
    flow_deferred *d = begin(&p);
    flow_value v = flow_none();

    CHECK(flow_try(c, &v) == FLOW_READY && v.as.num == 1);
    CHECK(flow_try(c, &v) == FLOW_WAIT && so_far(""));
    settle();
    CHECK(so_far("Ps1") && flow_chan_balance(c) == 1);
    CHECK(flow_try(c, &v) == FLOW_READY && v.as.num == 2);
    settle();
    CHECK(so_far("Ps2") && gave_none(d));
    end(d);
    flow_chan_release(c);
}

TEST(who_waits_to_send_goes_before_an_offer)
{
    flow_chan *c = flow_chan_new(1);
    struct actor p = { .does = "P s1s2", .a = c };
    flow_deferred *d = begin(&p);
    flow_value v = flow_none();

    CHECK(so_far("Ps1") && flow_chan_room(c) == 0);
    CHECK(flow_try(c, &v) == FLOW_READY && v.as.num == 1);
    CHECK(!flow_offer(c, flow_int(3)) && flow_chan_room(c) == 0);
    CHECK(flow_try(c, &v) == FLOW_READY && v.as.num == 2);
    CHECK(flow_chan_room(c) == 1 && flow_offer(c, flow_int(3)));
    settle();
    CHECK(so_far("Ps2"));
    end(d);
    flow_chan_release(c);
}

TEST(what_was_offered_to_one_who_left_stays_for_the_next)
{
    flow_chan *c = flow_chan_new(0);
    struct actor p = { .does = "P r", .a = c }, q = { .does = "Q r", .a = c };
    flow_deferred *d = begin(&p), *e;

    CHECK(flow_offer(c, flow_int(1)));
    flow_release(d);
    CHECK(so_far("Pr!") && flow_chan_balance(c) == 1);
    e = begin(&q);
    CHECK(so_far("Qr1"));
    end(e);
    flow_chan_release(c);
}

TEST(a_producer_is_not_told_of_room_in_a_finished_channel)
{
    struct producer p = { .c = flow_chan_new(1), .next = 1, .last = 5 };
    flow_value v;

    flow_chan_on_room(p.c, produces, &p);
    produces(&p);
    flow_finish(p.c, flow_none());
    CHECK(flow_try(p.c, &v) == FLOW_READY);
    settle();
    CHECK(p.calls == 1);
    flow_chan_release(p.c);
}

TEST(a_producer_is_not_told_of_room_where_nobody_will_read)
{
    struct producer p = { .c = flow_chan_new(1), .next = 1, .last = 5 };
    flow_value v;

    flow_chan_on_room(p.c, produces, &p);
    produces(&p);
    flow_close(flow_from_chan(p.c));
    CHECK(flow_try(p.c, &v) == FLOW_READY);
    settle();
    CHECK(p.calls == 1);
    flow_chan_release(p.c);
}

TEST(a_producer_may_go_before_it_is_told)
{
    struct producer p = { .c = flow_chan_new(1), .next = 1, .last = 5 };
    flow_value v;

    flow_chan_on_room(p.c, produces, &p);
    produces(&p);
    CHECK(flow_try(p.c, &v) == FLOW_READY);
    flow_chan_on_room(p.c, NULL, NULL);
    settle();
    CHECK(p.calls == 1);
    flow_chan_release(p.c);
}

/* ---- Asking about a channel --------------------------------------------- */
TEST(the_balance_counts_values_and_those_who_wait)
{
    flow_chan *c = flow_chan_new(1);
    struct actor p = { .does = "P s1", .a = c }, q = { .does = "Q s2", .a = c };
    struct actor r = { .does = "R rrr", .a = c }, s = { .does = "S r", .a = c };
    flow_deferred *d[4];

    CHECK(flow_chan_balance(c) == 0);
    d[0] = begin(&p);
    CHECK(flow_chan_balance(c) == 1);
    d[1] = begin(&q);
    CHECK(flow_chan_balance(c) == 2);
    d[2] = begin(&r);
    CHECK(flow_chan_balance(c) == -1);
    d[3] = begin(&s);
    CHECK(flow_chan_balance(c) == -2);
    for (int n = 0; n < 4; n++)
        end(d[n]);
    MUST(disturbed() || flow_chan_balance(c) == 0);
    happened[0] = '\0';
    flow_chan_release(c);
}

TEST(a_channel_that_nobody_may_send_into_has_no_room)
{
    flow_chan *c = flow_chan_new(3);

    CHECK(flow_chan_room(c) == 3);
    flow_close(flow_from_chan(c));
    CHECK(flow_chan_room(c) == 0);
    flow_finish(c, flow_none());
    CHECK(flow_chan_room(c) == 0);
    flow_chan_release(c);
}

TEST(a_channel_too_large_for_memory_fails_who_uses_it)
{
    flow_chan *c = flow_chan_named(flow_chan_new(SIZE_MAX), "too large");
    struct actor p = { .does = "P s1", .a = c }, q = { .does = "Q r", .a = c };
    flow_deferred *d = begin(&p), *e = begin(&q);
    flow_value v;

    CHECK(so_far("Ps1! Qr!") && failed_with(d, FLOW_ENOMEM, ""));
    CHECK(failed_with(e, FLOW_ENOMEM, ""));
    MUST(flow_try(c, &v) == FLOW_FAILED && !flow_offer(c, flow_int(1)));
    flow_drop(v);
    MUST(flow_chan_room(c) == 0 && flow_chan_balance(c) == 0);
    flow_finish(flow_chan_hold(c), flow_none());
    flow_chan_prefer(c, FLOW_SENDER_FIRST);
    flow_chan_on_room(c, NULL, NULL);
    end(d);
    end(e);
    flow_chan_release(c);
}

static int times_told(const char *text, const char *words)
{
    int n = 0;

    while ((text = strstr(text, words)) != NULL) {
        text += strlen(words);
        n++;
    }
    return n;
}

/* The listing of all flows. */
static const char *dumped(void)
{
    static char text[8192];
    FILE *f = tmpfile();
    size_t n;

    flow_dump(fileno(f));
    rewind(f);
    n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

TEST(the_listing_names_the_channel_that_is_waited_for)
{
    flow_chan *a = flow_chan_named(flow_chan_new(0), "orders");
    flow_chan *b = flow_chan_named(flow_chan_new(1), "meals");
    struct actor p = { .does = "P r", .a = a };
    struct actor q = { .does = "Q S1S2", .b = b };
    struct actor r = { .does = "R n" }, s = { .does = "S S3", .b = b };
    flow_deferred *d[4] = { begin(&p), begin(&q) };
    const char *text;

    r.from = flow_from_chan(a);
    d[2] = begin(&r);
    d[3] = flow_run(flow_into_chan(act(&s), b));
    text = dumped();
    CHECK(times_told(text, "a value from channel 'orders'") == 2);
    CHECK(times_told(text, "room in channel 'meals'") == 2);
    for (int n = 0; n < 4; n++)
        end(d[n]);
    happened[0] = '\0';
    flow_close(r.from);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(a_channel_is_named_after_the_place_where_it_was_made)
{
    flow_chan *c = flow_chan_new(0);
    struct actor p = { .does = "P s1", .a = c };
    flow_deferred *d = begin(&p);

    flow_loop();
    CHECK(so_far("Ps1!") && failed_with(d, FLOW_ESTUCK, "channels_test.c:"));
    CHECK(failed_with(d, FLOW_ESTUCK, "a receiver of channel"));
    end(d);
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

/* ---- The end to write ---------------------------------------------------- */
TEST(all_that_a_stage_gives_is_sent)
{
    for (size_t room = 0; room < 3; room++) {
        flow_chan *c = flow_chan_new(room);
        flow_stage *reader = flow_from_chan(c);
        flow_deferred *d = flow_run(flow_into_chan(script("ab.c_d"), c));

        flow_chan_release(c);
        if (!disturbed())
            expect("a b c d", reader);
        else
            flow_close(reader);
        CHECK(gave_none(d) || !flow_fired(d));
        end(d);
    }
}

TEST(a_writing_end_gives_nothing_itself)
{
    flow_chan *c = flow_chan_new(5);

    expect("", flow_into_chan(script("ab.c"), c));
    if (!disturbed()) {
        CHECK(flow_chan_balance(c) == 3);
        flow_finish(c, flow_none());
        expect("a b c", flow_from_chan(c));
    }
    flow_chan_release(c);
}

TEST(a_writing_end_waits_for_room_and_may_be_closed_meanwhile)
{
    flow_chan *c = flow_chan_new(1);
    flow_stage *reader = flow_from_chan(c);
    flow_deferred *d = flow_run(flow_into_chan(script("abc"), c));

    CHECK(!flow_fired(d) && flow_chan_balance(c) == 2);
    flow_release(d);
    CHECK(flow_chan_balance(c) == 1);
    flow_chan_release(c);
    if (!disturbed())
        expect("a", reader);
    else
        flow_close(reader);
}

TEST(a_failure_of_what_is_sent_finishes_the_channel)
{
    flow_chan *c = flow_chan_new(1);
    flow_stage *reader = flow_from_chan(c);
    flow_deferred *d = flow_run(flow_into_chan(script("a.!"), c));

    if (!disturbed())
        expect("a !Invalid: scripted", reader);
    else
        flow_close(reader);
    CHECK(gave_none(d) || !flow_fired(d));
    end(d);
    flow_chan_release(c);
}

TEST(several_writing_ends_may_be_merged)
{
    flow_chan *c = flow_chan_new(1);
    flow_stage *reader = flow_from_chan(c);
    flow_stage *a = flow_into_chan(script("a__b"), c);
    flow_stage *b = flow_into_chan(script("_c__d"), c);
    flow_deferred *d;

    flow_chan_release(c);
    d = flow_run(flow_merge(FLOW_STAGES(a, b)));
    if (!disturbed())
        expect("a c b d", reader);
    else
        flow_close(reader);
    end(d);
}

TEST(a_writing_end_is_refused_by_a_finished_channel)
{
    flow_chan *c = flow_chan_named(flow_chan_new(1), "orders");

    flow_finish(c, flow_none());
    expect("!Invalid: sending into the channel 'orders', which is finished",
           flow_into_chan(script("a"), c));
    flow_chan_release(c);
}

TEST(a_writing_end_that_waits_is_told_when_its_channel_is_finished)
{
    flow_chan *c = flow_chan_named(flow_chan_new(1), "orders");
    flow_deferred *d = flow_run(flow_into_chan(script("ab"), c));

    flow_finish(c, flow_none());
    flow_loop();
    CHECK(failed_with(d, FLOW_EINVAL, "'orders'"));
    end(d);
    flow_chan_release(c);
}

TEST(a_writing_end_closes_its_source_when_nobody_will_read)
{
    int closed = 0;
    flow_chan *c = flow_chan_new(1);
    flow_stage *reader = flow_from_chan(c);
    flow_deferred *d = flow_run(flow_into_chan(watched_script("abc", &closed),
                                               c));

    flow_close(reader);
    flow_loop();
    MUST(closed == 1 || disturbed());
    CHECK(gave_none(d));
    end(d);
    flow_chan_release(c);
}

/* Gives a value after having done away with where it was to go. */
struct spoiling { flow_chan *c; flow_stage *reader; };

static void spoils(flow_gen *self, flow_stage *source, void *arg)
{
    struct spoiling *s = arg;

    (void)source;
    if (s->reader == NULL)
        flow_finish(s->c, flow_none());
    flow_close(s->reader);
    s->reader = NULL;
    flow_yield(self, 1);
}

TEST(what_finishes_the_channel_it_is_sent_into_is_refused)
{
    struct spoiling s = { flow_chan_named(flow_chan_new(1), "orders"), NULL };
    flow_deferred *d = flow_run(flow_into_chan(
        flow_generate(spoils, NULL, &s), s.c));

    CHECK(failed_with(d, FLOW_EINVAL, "'orders'"));
    MUST(flow_chan_balance(s.c) == 0);
    end(d);
    flow_chan_release(s.c);
}

TEST(what_closes_the_reader_it_is_sent_to_has_sent_in_vain)
{
    struct spoiling s = { .c = flow_chan_new(0) };

    s.reader = flow_from_chan(s.c);
    expect("", flow_into_chan(flow_generate(spoils, NULL, &s), s.c));
    flow_close(s.reader);
    MUST(flow_chan_balance(s.c) == 0);
    flow_chan_release(s.c);
}

/* ---- Several at once ----------------------------------------------------- */
static void notes_sets(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value *set;
    size_t n;

    (void)arg;
    while (flow_next_set(self, source, &set, &n))
        note("Q", 'n', (int64_t)n, true);
}

TEST(a_reading_end_that_reads_ahead_takes_what_is_there)
{
    flow_chan *c = flow_chan_new(2);
    struct actor p = { .does = "P s1s2s3", .a = c };
    struct actor r = { .does = "R s4__s5f", .a = c };
    flow_deferred *d[3] = { begin(&p), begin(&r) };

    d[2] = flow_run(flow_generate(notes_sets,
                                  flow_read_ahead(flow_from_chan(c), 10),
                                  NULL));
    flow_loop();
    CHECK(so_far("Ps1 Ps2 Qn4 Ps3 Rs4 Rs5 Qn1"));
    for (int n = 0; n < 3; n++)
        end(d[n]);
    flow_chan_release(c);
}

TEST(what_was_read_ahead_of_a_failure_comes_before_it)
{
    flow_chan *c = flow_chan_new(3);
    flow_stage *s = flow_read_ahead(flow_from_chan(c), 8);

    flow_offer(c, flow_int(1));
    flow_offer(c, flow_int(2));
    flow_finish(c, flow_error(FLOW_EFORMAT, 0, "broken off"));
    if (!disturbed())
        expect("1 2 !Format: broken off", s);
    else
        flow_close(s);
    flow_chan_release(c);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(what_is_sent_is_read_in_order),
        CASE(a_sender_goes_ahead_of_its_reader_by_the_room_only),
        CASE(without_room_a_sender_waits_for_its_reader),
        CASE(a_reader_may_come_first),
        CASE(each_value_goes_to_one_of_several_readers),
        CASE(several_may_send),
        CASE(what_was_sent_before_the_end_is_still_read),
        CASE(a_channel_may_end_with_a_failure),
        CASE(the_first_end_counts),
        CASE(the_last_release_ends_a_channel),
        CASE(a_reader_may_be_made_after_the_end),
        CASE(every_reader_is_told_the_end),
        CASE(values_that_nobody_reads_are_dropped_with_the_channel),
        CASE(when_the_last_reader_leaves_sends_are_refused),
        CASE(a_reader_that_leaves_hands_its_turn_to_another),
        CASE(a_waiting_sender_may_be_closed),
        CASE(a_waiting_sender_keeps_its_channel),
        CASE(offers_go_in_as_long_as_there_is_room),
        CASE(without_room_an_offer_goes_in_only_while_a_reader_waits),
        CASE(a_producer_that_was_refused_is_told_of_room),
        CASE(without_room_a_producer_is_told_when_a_reader_waits),
        CASE(a_reader_that_is_served_without_a_wake_leaves_the_line),
        CASE(releasing_no_channel_is_fine),
        CASE(a_producer_that_was_not_refused_is_not_told),
        CASE(a_callback_stage_gives_what_is_pushed),
        CASE(a_callback_stage_has_the_bound_it_was_given),
        CASE(a_callback_stage_wakes_its_reader),
        CASE(the_writer_of_a_callback_stage_may_go_first_or_last),
        CASE(without_room_a_send_has_answered_when_the_value_was_received),
        CASE(with_room_so_many_sends_answer_at_once),
        CASE(those_who_receive_share_what_is_sent_in_the_order_they_came),
        CASE(who_receives_gets_what_was_sent_and_then_the_end_for_ever),
        CASE(each_who_receives_is_told_the_failure),
        CASE(sending_into_a_finished_channel_is_invalid),
        CASE(who_waits_to_send_into_a_channel_that_is_finished_is_told_so),
        CASE(who_sends_where_nobody_will_receive_is_told_without_a_failure),
        CASE(one_who_receives_in_a_body_keeps_a_channel_without_a_reader_open),
        CASE(an_error_that_is_sent_finishes_the_channel_with_it),
        CASE(an_error_that_is_offered_finishes_a_full_channel_with_it),
        CASE(a_settled_error_is_sent_as_any_value),
        CASE(one_who_receives_may_be_closed_at_any_time),
        CASE(trying_answers_at_once),
        CASE(trying_gives_the_failure_each_time),
        CASE(trying_takes_from_one_who_waits_to_send),
        CASE(who_waits_to_send_goes_before_an_offer),
        CASE(what_was_offered_to_one_who_left_stays_for_the_next),
        CASE(a_producer_is_not_told_of_room_in_a_finished_channel),
        CASE(a_producer_is_not_told_of_room_where_nobody_will_read),
        CASE(a_producer_may_go_before_it_is_told),
        CASE(the_balance_counts_values_and_those_who_wait),
        CASE(a_channel_that_nobody_may_send_into_has_no_room),
        CASE(a_channel_too_large_for_memory_fails_who_uses_it),
        CASE(the_listing_names_the_channel_that_is_waited_for),
        CASE(a_channel_is_named_after_the_place_where_it_was_made),
        CASE(when_they_meet_the_receiver_goes_on_first),
        CASE(when_they_meet_the_sender_may_be_let_go_first),
        CASE(a_reading_end_goes_on_first_unless_told_otherwise),
        CASE(a_reading_end_may_be_closed_while_its_sender_goes_first),
        CASE(who_receives_may_be_closed_while_its_sender_goes_first),
        CASE(a_channel_ends_for_those_who_wait_when_its_last_holder_lets_go),
        CASE(who_waits_to_send_is_a_holder),
        CASE(a_body_may_be_the_last_to_let_go),
        CASE(all_that_a_stage_gives_is_sent),
        CASE(a_writing_end_gives_nothing_itself),
        CASE(a_writing_end_waits_for_room_and_may_be_closed_meanwhile),
        CASE(a_failure_of_what_is_sent_finishes_the_channel),
        CASE(several_writing_ends_may_be_merged),
        CASE(a_writing_end_is_refused_by_a_finished_channel),
        CASE(a_writing_end_that_waits_is_told_when_its_channel_is_finished),
        CASE(a_writing_end_closes_its_source_when_nobody_will_read),
        CASE(what_finishes_the_channel_it_is_sent_into_is_refused),
        CASE(what_closes_the_reader_it_is_sent_to_has_sent_in_vain),
        CASE(a_reading_end_that_reads_ahead_takes_what_is_there),
        CASE(what_was_read_ahead_of_a_failure_comes_before_it),
    };
    return run_tests("channels", tests, sizeof tests / sizeof *tests);
}
