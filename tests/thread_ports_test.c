/* SPDX-License-Identifier: MIT */
/* Ports: what one thread sends another reads, once and in order. */
#include "thread_tests.h"

#include <pthread.h>
#include <string.h>

/* ---- Ports -------------------------------------------------------------- */
static struct { pthread_t id; bool begun; } other;

static void in_another_thread(void *(*what)(void *arg), void *arg)
{
    other.begun = pthread_create(&other.id, NULL, what, arg) == 0;
    MUST(other.begun);
}

static void other_has_ended(void)
{
    if (other.begun)
        pthread_join(other.id, NULL);
}

static void *sends_three(void *arg)
{
    flow_port *p = arg;

    for (int n = 1; n <= 3 && flow_port_send(p, flow_textf("%d", n)); n++)
        ;
    flow_port_release(p);
    return NULL;
}

TEST(what_a_thread_sends_into_a_port_is_read_in_order)
{
    flow_port *p = flow_port_new(2);
    flow_stage *s = flow_from_port(p);

    in_another_thread(sends_three, p);
    expect("1 2 3", s);
    other_has_ended();
}

TEST(a_port_is_full_when_its_room_is)
{
    flow_port *p = flow_port_new(2);

    CHECK(flow_port_offer(p, flow_int(1)));
    CHECK(flow_port_offer(p, flow_int(2)));
    MUST(!flow_port_offer(p, flow_textf("%d", 3)));
    flow_stage *s = flow_from_port(p);
    flow_port_release(p);
    expect("1 2", s);
}

TEST(a_port_without_room_has_room_for_one)
{
    flow_port *p = flow_port_new(0);

    CHECK(flow_port_offer(p, flow_int(1)));
    MUST(!flow_port_offer(p, flow_int(2)));
    flow_port_release(p);
}

TEST(a_port_that_is_finished_gives_what_was_sent_and_then_the_failure)
{
    flow_port *p = flow_port_new(4);
    flow_stage *s = flow_from_port(p);

    flow_port_offer(p, flow_int(1));
    flow_port_finish(p, flow_error(FLOW_EINVAL, 0, "over"));
    MUST(!flow_port_offer(p, flow_int(2)));
    MUST(!flow_port_send(p, flow_int(2)));
    flow_port_finish(p, flow_error(FLOW_EINVAL, 0, "too late"));
    flow_port_release(p);
    expect("1 !Invalid: over", s);
}

TEST(a_failure_of_a_port_that_nobody_read_is_reported)
{
    flow_port *p = flow_port_new(4);

    flow_port_finish(p, flow_error(FLOW_EINVAL, 0, "over"));
    flow_port_release(p);
    CHECK(strstr(reports(), "over") != NULL);
}

TEST(every_reader_of_a_port_is_told_of_its_failure)
{
    flow_port *p = flow_port_new(4);
    flow_stage *one = flow_from_port(p), *two = flow_from_port(p);

    flow_port_finish(p, flow_error(FLOW_EINVAL, 0, "over"));
    flow_port_release(p);
    expect("!Invalid: over", one);
    expect("!Invalid: over", two);
}

TEST(an_error_that_is_sent_finishes_the_port)
{
    flow_port *p = flow_port_new(4);
    flow_stage *s = flow_from_port(p);

    MUST(!flow_port_send(p, flow_error(FLOW_EINVAL, 0, "sent")));
    flow_port_release(p);
    expect("!Invalid: sent", s);
}

static void *sends_until_nobody_reads(void *arg)
{
    flow_port *p = arg;

    while (flow_port_send(p, flow_textf("%d", 1)))
        ;
    flow_port_release(p);
    return NULL;
}

TEST(a_thread_that_waits_for_room_is_told_that_nobody_reads_any_more)
{
    flow_port *p = flow_port_new(2);
    flow_stage *s = flow_from_port(p);
    flow_value v;

    in_another_thread(sends_until_nobody_reads, p);
    if (flow_block(s, &v))
        flow_drop(v);
    flow_failure(s);
    flow_close(s);
    other_has_ended();
}

TEST(readers_of_a_port_share_what_is_sent)
{
    flow_port *p = flow_port_new(8);
    flow_stage *both = flow_merge(FLOW_STAGES(flow_from_port(p),
                                              flow_from_port(p)));

    for (int n = 1; n <= 4; n++)
        flow_port_offer(p, flow_int(n));
    flow_port_release(p);
    expect("1 2 3 4", both);
}

static flow_value last_of(flow_stage *s)
{
    flow_value last = flow_none();

    for (flow_value v; flow_block(s, &v); last = v)
        flow_drop(last);
    if (flow_failure(s) != NULL)
        last = flow_share(*flow_failure(s));
    flow_close(s);
    return last;
}

static void *counts_in_its_own_loop(void *arg)
{
    flow_value last = last_of(flow_into_port(numbers(1000), arg));

    flow_port_release(arg);
    flow_drop(last);
    return NULL;
}

static void bridge(size_t room)
{
    flow_port *p = flow_port_new(room);
    flow_stage *s = flow_from_port(p);

    in_another_thread(counts_in_its_own_loop, p);
    CHECK(sum_of(s) == 500500);
    other_has_ended();
}

TEST(a_flow_of_one_thread_is_read_by_one_of_another)
{
    bridge(1);
    bridge(100);
}

TEST(a_flow_is_read_by_a_flow_of_the_same_thread_through_a_port)
{
    flow_port *p = flow_port_new(2);
    flow_stage *s = flow_from_port(p);
    flow_deferred *sending = flow_run(flow_into_port(script("ab.c_def"), p));

    flow_port_release(p);
    expect("a b c d e f", s);
    flow_outcome(sending);
    flow_release(sending);
}

TEST(the_failure_of_what_is_sent_is_one_of_the_readers)
{
    flow_port *p = flow_port_new(2);
    flow_stage *s = flow_from_port(p);
    flow_deferred *sending = flow_run(flow_into_port(script("a.b!"), p));

    flow_port_release(p);
    expect("a b !Invalid: scripted", s);
    flow_outcome(sending);
    flow_release(sending);
}

TEST(a_flow_that_sends_ends_when_nobody_reads)
{
    int closed = 0;
    flow_port *p = flow_port_new(1);
    flow_stage *s = flow_from_port(p);
    flow_deferred *sending =
        flow_run(flow_into_port(watched_script("abc", &closed), p));

    flow_close(s);
    flow_loop();
    CHECK(closed == 1 && flow_fired(sending));
    flow_outcome(sending);
    flow_release(sending);
    flow_port_release(p);
}

TEST(a_flow_that_sends_is_closed_while_it_waits_for_room)
{
    flow_port *p = flow_port_new(1);
    flow_stage *s = flow_from_port(p);
    flow_deferred *sending = flow_run(flow_into_port(script("abc"), p));

    flow_port_release(p);
    flow_outcome(sending);
    flow_release(sending);
    expect("a !Cancelled: a flow that sends was closed before its end", s);
}

TEST(a_reader_that_is_closed_leaves_what_it_was_woken_for_to_others)
{
    flow_waker waker = { count_woken, flow_host_here() };
    flow_port *p = flow_port_new(4);
    flow_stage *one = flow_from_port(p), *two = flow_from_port(p);
    flow_value v = flow_none();

    woken = 0;
    CHECK(flow_pull(one, &waker, &v) == FLOW_WAIT);
    CHECK(flow_pull(two, &waker, &v) == FLOW_WAIT);
    flow_port_offer(p, flow_int(1));
    flow_close(one);
    flow_host_here()->turn(flow_host_here(), false);
    CHECK(woken == 1);
    CHECK(flow_pull(two, &waker, &v) == FLOW_READY && v.as.num == 1);
    flow_drop(v);
    flow_close(two);
    flow_port_release(p);
}

/* ---- Anything ----------------------------------------------------------- */
enum { PORT_WRITERS = 3, PORT_VALUES = 400 };

struct writer { flow_port *p; int first; };

static void *sends_its_own(void *arg)
{
    struct writer *w = arg;

    for (int n = 0; n < PORT_VALUES
         && flow_port_send(w->p, flow_int(w->first + n)); n++)
        ;
    flow_port_release(w->p);
    return NULL;
}

TEST(what_many_threads_send_comes_whole_and_each_in_its_order)
{
    struct writer w[PORT_WRITERS];
    int64_t next[PORT_WRITERS] = { 0 };
    pthread_t ids[PORT_WRITERS];
    flow_port *p = flow_port_new(7);
    flow_stage *s = flow_from_port(p);

    for (int i = 0; i < PORT_WRITERS; i++) {
        w[i].p = flow_port_hold(p);
        w[i].first = i * PORT_VALUES;
        MUST(pthread_create(&ids[i], NULL, sends_its_own, &w[i]) == 0);
    }
    flow_port_release(p);
    for (flow_value v; flow_block(s, &v);) {
        int64_t i = v.as.num / PORT_VALUES;
        MUST(v.as.num % PORT_VALUES == next[i]++);
    }
    for (int i = 0; i < PORT_WRITERS; i++)
        CHECK(next[i] == PORT_VALUES);
    flow_failure(s);
    flow_close(s);
    for (int i = 0; i < PORT_WRITERS; i++)
        pthread_join(ids[i], NULL);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(what_a_thread_sends_into_a_port_is_read_in_order),
        CASE(a_port_is_full_when_its_room_is),
        CASE(a_port_without_room_has_room_for_one),
        CASE(a_port_that_is_finished_gives_what_was_sent_and_then_the_failure),
        CASE(a_failure_of_a_port_that_nobody_read_is_reported),
        CASE(every_reader_of_a_port_is_told_of_its_failure),
        CASE(an_error_that_is_sent_finishes_the_port),
        CASE(a_thread_that_waits_for_room_is_told_that_nobody_reads_any_more),
        CASE(readers_of_a_port_share_what_is_sent),
        CASE(a_flow_of_one_thread_is_read_by_one_of_another),
        CASE(a_flow_is_read_by_a_flow_of_the_same_thread_through_a_port),
        CASE(the_failure_of_what_is_sent_is_one_of_the_readers),
        CASE(a_flow_that_sends_ends_when_nobody_reads),
        CASE(a_flow_that_sends_is_closed_while_it_waits_for_room),
        CASE(a_reader_that_is_closed_leaves_what_it_was_woken_for_to_others),
        CASE(what_many_threads_send_comes_whole_and_each_in_its_order),
    };
    return run_tests("thread_ports", tests, sizeof tests / sizeof *tests);
}
