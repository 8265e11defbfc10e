/* SPDX-License-Identifier: MIT */
/* The promises at the head of flow.h, numbered as they stand there:
 *
 *     1 Build   2 Move   3 Order   4 End   5 Answer   6 Close   7 Bound
 *     8 Suspend   9 Thread
 *
 * Each is held by one or more tests here for many calls at once, and by the
 * tests of the single calls elsewhere. */
#include "harness_inside.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static flow_waker waker;

static void woken(flow_waker *w)
{
    (void)w;
}

static flow_status pull(flow_stage *s, flow_value *out)
{
    waker = (flow_waker){ woken, flow_host_here() };
    *out = flow_none();
    return flow_pull(s, &waker, out);
}

/* ---- One stage of each kind, over a source ----------------------------- */
static flow_value as_is(flow_value v, void *arg)
{
    (void)arg;
    return v;
}

static flow_value the_latter(flow_value so_far, flow_value v, void *arg)
{
    (void)arg;
    flow_drop(so_far);
    return v;
}

static bool every(const flow_value *v, void *arg)
{
    (void)v;
    (void)arg;
    return true;
}

static flow_stage *again(flow_value v, void *arg)
{
    (void)arg;
    return flow_once(v);
}

static void passes_on(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v))
        flow_yield(self, v);
}

static flow_stage *tee_end(flow_stage *s)
{
    flow_stage *ends[2];

    flow_tee(s, 1, ends, 2);
    flow_close(ends[1]);
    return ends[0];
}

enum { KINDS = 26 };

static flow_stage *stage_of_kind(int kind, flow_stage *s)
{
    switch (kind) {
    case 0: return flow_generate(passes_on, s, NULL);
    case 1: return flow_map(s, as_is, NULL);
    case 2: return flow_enumerate(s, 0);
    case 3: return flow_scan(s, flow_text("start", 5), the_latter, NULL);
    case 4: return flow_filter(s, every, NULL);
    case 5: return flow_take(s, 100);
    case 6: return flow_skip(s, 0);
    case 7: return flow_take_while(s, every, NULL);
    case 8: return flow_skip_while(s, every, NULL);
    case 9: return flow_distinct(s);
    case 10: return flow_reduce(s, flow_text("start", 5), the_latter, NULL);
    case 11: return flow_collect(s);
    case 12: return flow_for_each(s, as_is, NULL);
    case 13: return flow_batch(s, 2, 1);
    case 14: return flow_unbatch(s);
    case 15: return flow_flat_map(s, again, NULL);
    case 16: return flow_parallel(s, 2, again, NULL);
    case 17: return flow_concat(FLOW_STAGES(s, numbers(2)));
    case 18: return flow_zip(FLOW_STAGES(numbers(2), s));
    case 19: return flow_merge(FLOW_STAGES(s, numbers(2)));
    case 20: return flow_race(FLOW_STAGES(s, never()));
    case 21: return tee_end(s);
    case 22: return flow_prefetch(s, 2);
    case 23: return flow_deadline(flow_within(flow_throttle(s, 1), 99), 99);
    case 24: return flow_trap(s, FLOW_ELIMIT);
    default: return flow_lines(s);
    }
}

/* ---- 1 Build ----------------------------------------------------------- */
TEST(promise_1_a_stage_made_without_memory_says_so_when_it_is_asked)
{
    for (int kind = 0; kind < KINDS; kind++) {
        flow_stage *s;
        flow_value v;

        memory_count(1, true);
        s = stage_of_kind(kind, flow_list(FLOW_VALUES(1, 2)));
        MUST(pull(s, &v) == FLOW_FAILED && flow_is(&v, FLOW_ENOMEM));
        flow_drop(v);
        flow_close(s);
    }
    memory_count(0, false);
}

TEST(promise_1_values_made_without_memory_are_that_error)
{
    flow_value v[5];
    char *p;

    memory_count(1, true);
    v[0] = flow_text("text", 4);
    v[1] = flow_textf("%d", 1);
    v[2] = flow_bytes("bytes", 5);
    v[3] = flow_buffer(9, &p);
    v[4] = flow_pack(FLOW_VALUES(1, 2));
    MUST(p == NULL);
    for (int n = 0; n < 5; n++) {
        MUST(flow_is_failure(v[n]) && flow_is(&v[n], FLOW_ENOMEM));
        flow_drop(v[n]);
    }
    memory_count(0, false);
}

TEST(promise_1_deferreds_and_channels_made_without_memory_may_be_used)
{
    flow_deferred *d, *run, *all;
    flow_chan *c, *writer;
    flow_stage *s, *t;
    flow_value v;

    memory_count(1, true);
    d = flow_hold(flow_defer());
    run = flow_run(numbers(1));
    all = flow_gather((flow_deferred *[]){ flow_defer() }, 1);
    c = flow_chan_hold(flow_chan_new(5));
    s = flow_from_chan(c);
    t = flow_callback(5, &writer);
    MUST(flow_is(flow_outcome(d), FLOW_ENOMEM));
    MUST(flow_is(flow_outcome(run), FLOW_ENOMEM));
    MUST(flow_is(flow_outcome(all), FLOW_ENOMEM));
    MUST(!flow_offer(c, flow_int(1)) && !flow_offer(writer, flow_int(1)));
    MUST(pull(s, &v) == FLOW_FAILED && flow_is(&v, FLOW_ENOMEM));
    flow_drop(v);
    MUST(pull(t, &v) == FLOW_FAILED && flow_is(&v, FLOW_ENOMEM));
    flow_drop(v);
    flow_fire(d, flow_int(1));
    flow_then(d, as_is, as_is, NULL);
    flow_cancel(d);
    flow_expire(d, 1);
    flow_finish(c, flow_none());
    flow_release(d);
    flow_release(d);
    flow_release(run);
    flow_release(all);
    flow_close(s);
    flow_close(t);
    flow_chan_release(c);
    flow_chan_release(c);
    flow_chan_release(writer);
    memory_count(0, false);
}

/* ---- 2 Move ------------------------------------------------------------ */
TEST(promise_2_a_stage_handed_over_is_gone_even_if_the_call_fails)
{
    for (int kind = 0; kind < KINDS; kind++) {
        int closed = 0;

        flow_close(stage_of_kind(kind, watched_script("ab", &closed)));
        MUST(closed == 1);
    }
}

TEST(promise_2_misused_calls_take_their_stages_too)
{
    int closed = 0;

    flow_close(flow_map(watched_script("a", &closed), NULL, NULL));
    flow_close(flow_batch(watched_script("a", &closed), 0, 0));
    flow_close(flow_chunk(watched_script("a", &closed), 0));
    flow_close(flow_zip(FLOW_STAGES(watched_script("a", &closed), NULL)));
    flow_close(flow_merge(FLOW_STAGES(NULL, watched_script("a", &closed))));
    flow_close(flow_trap(watched_script("a", &closed), NULL));
    MUST(closed == 6);
}

TEST(promise_2_a_value_handed_over_is_gone_whatever_the_answer)
{
    flow_value v = flow_text("once", 4);
    flow_deferred *d = flow_defer();
    flow_chan *c = flow_chan_new(1);
    flow_stage *reader = flow_from_chan(c);

    flow_fire(d, flow_share(v));
    flow_fire(d, flow_share(v));
    flow_offer(c, flow_share(v));
    flow_offer(c, flow_share(v));
    flow_finish(c, flow_share(v));
    flow_finish(c, flow_share(v));
    flow_close(flow_failed(flow_share(v)));
    flow_close(flow_scan(NULL, flow_share(v), NULL, NULL));
    flow_close(reader);
    flow_chan_release(c);
    flow_release(d);
    expect("once", flow_once(v));
}

/* ---- 3 Order, 4 End ---------------------------------------------------- */
static flow_stage *failing(void)
{
    return flow_list(FLOW_VALUES("1\n", "2\n",
                                 flow_error(FLOW_EFORMAT, 0, "broken")));
}

TEST(promise_3_a_failure_comes_once_and_after_all_results)
{
    for (int kind = 0; kind < KINDS; kind++)
        for (size_t ahead = 1; ahead < 5; ahead += 3) {
            flow_stage *s = flow_read_ahead(
                stage_of_kind(kind, failing()), ahead);
            flow_host *h = flow_host_here();
            flow_value v;
            flow_status st;

            while ((st = pull(s, &v)) == FLOW_READY || st == FLOW_WAIT) {
                flow_drop(v);
                if (st == FLOW_WAIT)
                    h->turn(h, true);
            }
            CHECK(st == FLOW_FAILED && flow_is(&v, FLOW_EFORMAT));
            MUST(st == FLOW_FAILED);
            flow_drop(v);
            CHECK(pull(s, &v) == FLOW_DONE && pull(s, &v) == FLOW_DONE);
            flow_close(s);
        }
}

TEST(promise_4_a_stage_that_is_done_is_so_for_ever)
{
    for (int kind = 0; kind < KINDS; kind++) {
        flow_stage *s = stage_of_kind(kind, flow_list(NULL, 0));
        flow_host *h = flow_host_here();
        flow_value v;
        flow_status st;

        while ((st = pull(s, &v)) == FLOW_READY || st == FLOW_WAIT) {
            flow_drop(v);
            if (st == FLOW_WAIT)
                h->turn(h, true);
        }
        flow_drop(v);
        CHECK(st == FLOW_DONE);
        for (int n = 0; n < 5; n++) {
            CHECK(pull(s, &v) == FLOW_DONE);
            MUST(disturbed() || v.kind == FLOW_NONE);
            flow_drop(v);
        }
        flow_close(s);
    }
}

/* ---- 5 Answer ---------------------------------------------------------- */
TEST(promise_5_the_natural_loop_passes_on_end_failure_and_closing)
{
    expect("1 2 3", flow_generate(passes_on, numbers(3), NULL));
    expect("1\n 2\n !Format: broken",
           flow_generate(passes_on, failing(), NULL));
    flow_close(flow_generate(passes_on, numbers(3), NULL));
}

/* ---- 6 Close ----------------------------------------------------------- */
TEST(promise_6_anything_may_be_closed_at_any_moment)
{
    for (int kind = 0; kind < KINDS; kind++)
        for (int asks = 0; asks < 6; asks++) {
            int closed = 0;
            flow_stage *s = stage_of_kind(kind,
                                          watched_script("a._b", &closed));
            flow_host *h = flow_host_here();
            flow_value v;

            for (int n = 0; n < asks; n++)
                if (pull(s, &v) == FLOW_WAIT)
                    h->turn(h, true);
                else
                    flow_drop(v);
            flow_close(s);
            MUST(closed == 1);
        }
}

/* ---- 7 Bound ----------------------------------------------------------- */
static flow_status counts(void *state, flow_stage *out)
{
    flow_give(out, flow_int(++*(int *)state));
    return FLOW_READY;
}

static flow_stage *counting(int *n)
{
    return flow_iterate(counts, n);
}

/* How far a source gets ahead when one value is asked for, and time passes. */
static int ahead_of_one(flow_stage *s, const int *n)
{
    flow_host *h = flow_host_here();
    flow_value v;

    if (flow_block(s, &v))
        flow_drop(v);
    for (int turns = 0; turns < 100; turns++)
        h->turn(h, true);
    (void)flow_failure(s);
    flow_close(s);
    return *n - 1;
}

TEST(promise_7_nothing_is_read_further_ahead_than_was_said)
{
    int n = 0, *p = &n;

    for (int kind = 0; kind < 8; kind++) {
        n = 0;
        CHECK(ahead_of_one(stage_of_kind(kind, counting(p)), p) == 0);
    }
    n = 0;
    CHECK(ahead_of_one(flow_read_ahead(counting(p), 5), p) <= 4);
    n = 0;
    CHECK(ahead_of_one(flow_prefetch(counting(p), 5), p) <= 5);
    n = 0;
    CHECK(ahead_of_one(flow_parallel(counting(p), 3, again, NULL), p) <= 3);
    n = 0;
    CHECK(ahead_of_one(flow_throttle(counting(p), 1), p) <= 1);
}

static void sends(flow_gen *self, flow_stage *source, void *arg)
{
    flow_chan **c = arg;
    flow_value v;

    while (flow_next(self, source, &v))
        if (!flow_send(self, *c, v))
            return;
}

TEST(promise_7_a_channel_holds_what_its_room_is)
{
    int n = 0;
    flow_chan *c = flow_chan_new(3);
    flow_stage *reader = flow_from_chan(c);
    flow_deferred *d = flow_run(flow_generate(sends, counting(&n), &c));

    CHECK(n == 4);                          /* three, and one in its hand */
    flow_close(reader);
    if (flow_fired(d))
        (void)flow_outcome(d);
    flow_release(d);
    flow_chan_release(c);
}

/* ---- 8 Suspend --------------------------------------------------------- */
static void calls_much(flow_gen *self, flow_stage *source, void *arg)
{
    bool *turned = arg;
    flow_chan *c = flow_chan_new(1);
    flow_deferred *d = flow_defer();
    flow_stage *s = flow_generate(passes_on, script("a_b"), NULL);
    flow_value v;

    (void)self;
    (void)source;
    flow_offer(c, flow_int(1));
    flow_offer(c, flow_int(2));
    flow_chan_room(c);
    flow_finish(c, flow_none());
    flow_fire(d, flow_int(1));
    flow_then(d, as_is, NULL, NULL);
    if (pull(s, &v) == FLOW_READY)
        flow_drop(v);
    flow_close(s);
    flow_chan_release(c);
    flow_release(d);
    MUST(!*turned);
}

struct turning { flow_task task; bool turned; };

static void turns(flow_task *t)
{
    ((struct turning *)(void *)t)->turned = true;
}

TEST(promise_8_calls_without_self_do_not_suspend)
{
    struct turning t = { .task.call = turns };
    flow_host *h = flow_host_here();

    h->post(h, &t.task, 0);
    expect("", flow_generate(calls_much, NULL, &t.turned));
    h->cancel(h, &t.task);
}

/* ---- 9 Thread ---------------------------------------------------------- */
enum { THREADS = 4, FLOWS = 50 };

static void *runs_flows(void *arg)
{
    int *well = arg;

    flow_host_use(flow_virtual_host());
    for (int n = 0; n < FLOWS; n++) {
        flow_deferred *d = flow_run(flow_collect(
            flow_generate(passes_on, script("a.b_c"), NULL)));
        size_t size = 0;

        flow_loop();
        if (flow_outcome(d) != NULL && !flow_is_failure(*flow_outcome(d)))
            flow_items(flow_outcome(d), &size);
        *well += size == 3;
        flow_release(d);
    }
    flow_trim();
    return NULL;
}

TEST(promise_9_each_thread_has_its_flows_to_itself)
{
    pthread_t thread[THREADS];
    int well[THREADS] = { 0 };

    for (int n = 0; n < THREADS; n++)
        if (pthread_create(&thread[n], NULL, runs_flows, &well[n]) != 0)
            abort();
    for (int n = 0; n < THREADS; n++) {
        pthread_join(thread[n], NULL);
        CHECK(well[n] == FLOWS);
    }
}

int main(void)
{
    static const struct test tests[] = {
        CASE(promise_1_a_stage_made_without_memory_says_so_when_it_is_asked),
        CASE(promise_1_values_made_without_memory_are_that_error),
        CASE(promise_1_deferreds_and_channels_made_without_memory_may_be_used),
        CASE(promise_2_a_stage_handed_over_is_gone_even_if_the_call_fails),
        CASE(promise_2_misused_calls_take_their_stages_too),
        CASE(promise_2_a_value_handed_over_is_gone_whatever_the_answer),
        CASE(promise_3_a_failure_comes_once_and_after_all_results),
        CASE(promise_4_a_stage_that_is_done_is_so_for_ever),
        CASE(promise_5_the_natural_loop_passes_on_end_failure_and_closing),
        CASE(promise_6_anything_may_be_closed_at_any_moment),
        CASE(promise_7_nothing_is_read_further_ahead_than_was_said),
        CASE(promise_7_a_channel_holds_what_its_room_is),
        CASE(promise_8_calls_without_self_do_not_suspend),
        CASE(promise_9_each_thread_has_its_flows_to_itself),
    };
    return run_tests("promises", tests, sizeof tests / sizeof *tests);
}
