/* SPDX-License-Identifier: MIT */
/* Channels without waiting: what is offered and tried, and what a channel says
 * of itself. */
#include "channels_tests.h"

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
    CHECK(so_far("Ps1!"));
    CHECK(failed_with(d, FLOW_ESTUCK, "channels_offers_test.c:"));
    CHECK(failed_with(d, FLOW_ESTUCK, "a receiver of channel"));
    end(d);
    flow_chan_release(c);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(offers_go_in_as_long_as_there_is_room),
        CASE(without_room_an_offer_goes_in_only_while_a_reader_waits),
        CASE(a_producer_that_was_refused_is_told_of_room),
        CASE(without_room_a_producer_is_told_when_a_reader_waits),
        CASE(a_reader_that_is_served_without_a_wake_leaves_the_line),
        CASE(releasing_no_channel_is_fine),
        CASE(a_producer_that_was_not_refused_is_not_told),
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
    };
    return run_tests("channels_offers", tests, sizeof tests / sizeof *tests);
}
