/* SPDX-License-Identifier: MIT */
/* The end of a channel to write, as a stage; and the one to which callbacks
 * write. */
#include "channels_tests.h"

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

int main(void)
{
    static const struct test tests[] = {
        CASE(a_callback_stage_gives_what_is_pushed),
        CASE(a_callback_stage_has_the_bound_it_was_given),
        CASE(a_callback_stage_wakes_its_reader),
        CASE(the_writer_of_a_callback_stage_may_go_first_or_last),
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
    };
    return run_tests("channels_writers", tests, sizeof tests / sizeof *tests);
}
