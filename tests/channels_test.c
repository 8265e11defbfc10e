/* SPDX-License-Identifier: MIT */
/* Channels: what is sent is read, once, in order; and everybody can leave. */
#include "harness.h"

#include <string.h>

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

/* Looks at the outcome: whether it has ended well is seen elsewhere. */
static void end(flow_deferred *d)
{
    if (flow_fired(d))
        (void)flow_outcome(d);
    flow_release(d);
}

/* Lets run what can run now. */
static void settle(void)
{
    flow_host *h = flow_host_here();

    for (int n = 0; n < 50; n++)
        h->turn(h, false);
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
    };
    return run_tests("channels", tests, sizeof tests / sizeof *tests);
}
