/* SPDX-License-Identifier: MIT */
/* The end of a channel to read, as a stage: what is sent is read, once, in
 * order; and everybody can leave. */
#include "channels_tests.h"

/* ---- Senders and readers ----------------------------------------------- */
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

static void sends_noting(flow_gen *self, flow_stage *source, void *arg)
{
    struct order *o = arg;

    (void)source;
    for (int n = 1; n <= 3 && flow_send(self, o->s.c, flow_int(n)); n++)
        notes(o, "s", n);
    flow_finish(o->s.c, flow_none());
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
        CASE(a_reading_end_that_reads_ahead_takes_what_is_there),
        CASE(what_was_read_ahead_of_a_failure_comes_before_it),
    };
    return run_tests("channels_readers", tests, sizeof tests / sizeof *tests);
}
