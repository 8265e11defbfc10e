/* SPDX-License-Identifier: MIT */
/* Workers: what they give and read, whole flows in threads, and the loops that
 * wait for them. */
#include "thread_tests.h"

#include <flow/reactor.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* ---- Results ------------------------------------------------------------ */
TEST(a_worker_gives_results_in_order)
{
    expect("1 2 3 4 5", counting(5));
    all_come_back();
}

TEST(a_worker_that_gives_nothing_ends)
{
    expect("", flow_threaded(NULL, does_nothing, NULL, NULL));
    all_come_back();
}

/* Works a little now and then, so that sides meet in all ways. */
static void jitter(unsigned *seed)
{
    for (volatile int n = rand_r(seed) % 4 == 0 ? rand_r(seed) % 400 : 0; n > 0;
         n--)
        ;
}

static void passes_unevenly(flow_worker *self, void *arg)
{
    unsigned seed = 1;
    flow_value v;

    (void)arg;
    while (flow_worker_next(self, &v) && flow_worker_give(self, v))
        jitter(&seed);
}

static flow_value takes_a_while(flow_value v, void *seed)
{
    jitter(seed);
    return v;
}

static void many_pass(size_t room)
{
    enum { MANY = 3000 };
    unsigned seed = (unsigned)room;
    flow_stage *s = counting(MANY);

    if (room > 1)
        s = flow_read_ahead(s, room);
    s = flow_threaded(NULL, passes_unevenly, s, NULL);
    if (room > 1)
        s = flow_read_ahead(s, room);
    s = flow_map(s, takes_a_while, &seed);
    CHECK(sum_of(s) == (int64_t)MANY * (MANY + 1) / 2);
    all_come_back();
}

TEST(thousands_cross_twice_through_rings_of_any_room)
{
    many_pass(0);
    many_pass(2);
    many_pass(3);
    many_pass(100);
}

TEST(a_failure_comes_after_the_results_and_ends_what_is_given)
{
    expect("1 2 !Invalid: at three",
           flow_threaded(NULL, fails_at_three, NULL, NULL));
    all_come_back();
}

static void gives_an_error(flow_worker *self, void *arg)
{
    (void)arg;
    flow_worker_give(self, 1);
    CHECK(!flow_worker_give(self, flow_error(FLOW_ELIMIT, 0, "enough")));
}

TEST(an_error_that_is_given_is_the_failure)
{
    expect("1 !Limit: enough",
           flow_threaded(NULL, gives_an_error, NULL, NULL));
    all_come_back();
}

static void fails_twice(flow_worker *self, void *arg)
{
    (void)arg;
    flow_worker_fail(self, FLOW_EINVAL, 0, "first");
    flow_worker_fail(self, FLOW_ELIMIT, 0, "second");
}

TEST(a_second_failure_is_only_reported)
{
    expect("!Invalid: first", flow_threaded(NULL, fails_twice, NULL, NULL));
    all_come_back();
    CHECK(strstr(reports(), "second") != NULL);
}

static void raises_no_error(flow_worker *self, void *arg)
{
    (void)arg;
    flow_worker_raise(self, flow_of("text"));
}

TEST(raising_what_is_no_error_is_an_error)
{
    expect("!Invalid: 'raises_no_error' raised a value that is no error",
           flow_threaded(NULL, raises_no_error, NULL, NULL));
    all_come_back();
}

TEST(a_failure_tells_where_in_the_thread_it_was_raised)
{
    flow_stage *s = flow_threaded(NULL, fails_at_three, NULL, NULL);
    flow_value v;
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    while (flow_block(s, &v))
        ;
    if (flow_failure(s) != NULL)
        flow_print_trace(to, flow_failure(s));
    fclose(to);
    CHECK(strstr(text, "raised at") != NULL);
    CHECK(strstr(text, "through fails_at_three, made at") != NULL);
    free(text);
    flow_close(s);
    all_come_back();
}

/* ---- The source --------------------------------------------------------- */
TEST(a_worker_reads_its_source)
{
    expect("1 2 3", flow_threaded(NULL, passes, numbers(3), NULL));
    all_come_back();
}

TEST(a_worker_without_a_source_reads_its_end)
{
    expect("", flow_threaded(NULL, passes, NULL, NULL));
    all_come_back();
}

TEST(a_source_that_waits_is_waited_for)
{
    expect("a b c d",
           flow_threaded(NULL, passes, script("a.b_c..d"), NULL));
    all_come_back();
}

/* Nothing but the worker can wake the loop then, and nothing but the loop the
 * worker: a wake that is lost, or not expected, is a flow that is stuck. */
TEST(values_go_to_a_worker_and_back_one_by_one)
{
    enum { MANY = 1500 };
    flow_chan *c = flow_chan_new(1);
    flow_stage *s = flow_threaded(NULL, passes_unevenly, flow_from_chan(c),
                                  NULL);
    unsigned seed = 7;
    flow_value v;

    for (int n = 1; n <= MANY && !disturbed(); n++) {
        CHECK(flow_offer(c, flow_int(n)));
        CHECK(flow_block(s, &v) && v.as.num == n);
        jitter(&seed);
    }
    flow_chan_release(c);
    flow_failure(s);
    flow_close(s);
    all_come_back();
}

TEST(the_failure_of_a_source_passes_through_the_thread)
{
    expect("a b !Invalid: scripted",
           flow_threaded(NULL, passes, script("a.b!"), NULL));
    all_come_back();
}

static void takes_two(flow_worker *self, void *arg)
{
    flow_value v;

    (void)arg;
    for (int n = 0; n < 2 && flow_worker_next(self, &v); n++)
        flow_worker_give(self, v);
}

TEST(a_source_is_closed_when_the_worker_has_ended)
{
    int closed = 0;
    flow_stage *s = flow_threaded(NULL, takes_two,
                                  watched_script("ab.c.d", &closed), NULL);
    flow_value v;

    while (flow_block(s, &v))
        flow_drop(v);
    MUST(disturbed() || closed == 1);
    flow_close(s);
    all_come_back();
}

TEST(a_flow_behind_a_thread_is_told_that_it_is_stuck)
{
    flow_stage *s = flow_threaded(NULL, passes, never(), NULL);
    flow_value v;

    MUST(!flow_block(s, &v));
    CHECK(flow_is(flow_failure(s), FLOW_ESTUCK));
    flow_failure(s);
    flow_close(s);
    all_come_back();
}

TEST(workers_and_stages_follow_one_another)
{
    flow_stage *s = flow_threaded(NULL, passes, script("ab.c_d"), NULL);

    s = flow_threaded(NULL, passes, flow_take(s, 3), NULL);
    expect("a b c", flow_take(s, 10));
    all_come_back();
}

TEST(workers_are_merged_with_other_stages)
{
    flow_stage *s = flow_merge(FLOW_STAGES(script("_"), counting(3)));

    expect("1 2 3", s);
    all_come_back();
}

/* ---- Flows of their own in threads --------------------------------------- */
static flow_status counts_to_four(void *state, flow_stage *out)
{
    int *n = state;

    flow_give(out, flow_int(++*n));
    return *n < 4 ? FLOW_READY : FLOW_DONE;
}

static flow_stage *steps(void *arg)
{
    return flow_iterate(counts_to_four, arg);
}

TEST(an_iterable_runs_in_a_thread)
{
    int n = 0;

    expect("1 2 3 4", flow_threaded_source(NULL, steps, &n));
    all_come_back();
}

static flow_stage *waits_and_fails(void *arg)
{
    flow_host_use(flow_virtual_host());
    return script(arg);
}

TEST(a_flow_in_a_thread_has_a_loop_of_its_own)
{
    expect("a b !Invalid: scripted",
           flow_threaded_source(NULL, waits_and_fails, "a_b.!"));
    all_come_back();
}

static flow_value uses_a_host(flow_value v, void *arg)
{
    bool as_new = flow_host_here() != flow_virtual_host();

    (void)arg;
    flow_host_use(flow_virtual_host());
    flow_drop(v);
    return flow_bool(as_new);
}

TEST(what_runs_in_a_thread_of_a_pool_finds_it_as_new)
{
    flow_pool *pool = flow_pool_new(1, 0);

    expect("True True",
           flow_map_in_threads(numbers(2), pool, 1, uses_a_host, NULL));
    flow_pool_close(pool);
    all_come_back();
}

static flow_stage *waits_for_ever(void *arg)
{
    flow_host_use(NULL);
    return flow_concat(FLOW_STAGES(flow_once(flow_of(1)),
        flow_throttle(flow_merge(FLOW_STAGES(numbers(2),
                                             watched_script("a", arg))),
                      1e6)));
}

TEST(a_flow_in_a_thread_that_waits_is_closed_at_once)
{
    int closed = 0;
    flow_stage *s = flow_threaded_source(NULL, waits_for_ever, &closed);
    flow_value v;

    for (int n = 0; n < 2; n++)
        CHECK(flow_block(s, &v));
    flow_failure(s);
    flow_close(s);
    all_come_back();
    CHECK(closed == 1);
}

/* ---- Anything ----------------------------------------------------------- */
static flow_stage *counting_in_a_thread(void *arg)
{
    return numbers((int)(intptr_t)arg);
}

static flow_value text_of(flow_value v, void *arg)
{
    (void)arg;
    return flow_textf("%d", (int)v.as.num);
}

static flow_value number_of(flow_value v, void *arg)
{
    int64_t n = 0;
    size_t len;
    const char *chars = flow_chars(&v, &len);

    (void)arg;
    for (size_t i = 0; i < len; i++)
        n = 10 * n + chars[i] - '0';
    flow_drop(v);
    return flow_int(n);
}

/* A chain that passes 1 ... n on, through threads in some way. */
static flow_stage *random_chain(unsigned *seed, int n, flow_pool *pool)
{
    void *arg = (void *)(intptr_t)n;
    flow_stage *s = rand_r(seed) % 2 ? numbers(n)
        : rand_r(seed) % 2 ? flow_threaded(pool, counts, NULL, arg)
        : flow_threaded_source(NULL, counting_in_a_thread, arg);

    s = flow_map(s, text_of, NULL);
    for (int more = rand_r(seed) % 3; more > 0; more--) {
        flow_pool *some = rand_r(seed) % 2 ? pool : NULL;

        s = rand_r(seed) % 3 > 0 ? flow_threaded(some, passes, s, NULL)
            : flow_threaded(some, passes, flow_map(flow_map(
                  s, number_of, NULL), text_of, NULL), NULL);
        if (rand_r(seed) % 2)
            s = flow_read_ahead(s, (size_t)(rand_r(seed) % 40 + 2));
    }
    return flow_map(s, number_of, NULL);
}

/* Reads it one by one, in row sets, and in pauses; closes it somewhere. */
static void read_randomly(unsigned *seed, flow_stage *s, int n)
{
    int stop = rand_r(seed) % 3 > 0 ? n + 1 : rand_r(seed) % n;
    int64_t at = 0;
    flow_value v;

    while (at < stop && flow_block(s, &v)) {
        MUST(v.as.num == ++at);
        for (size_t more = flow_ready(s); more > 0 && rand_r(seed) % 4; more--)
            if (flow_block(s, &v))
                MUST(v.as.num == ++at);
        if (rand_r(seed) % 16 == 0)
            sched_yield();
    }
    CHECK(at == n || stop <= n);
    flow_failure(s);
    flow_close(s);
}

TEST(random_programs_pass_everything_on_in_order)
{
    unsigned seed = 20;

    for (int n = 0; n < 15; n++) {
        int values = rand_r(&seed) % 300 + 1;
        flow_pool *pool = flow_pool_new(4, 0);
        flow_stage *s = random_chain(&seed, values, pool);

        read_randomly(&seed, s, values);
        flow_pool_close(pool);
        all_come_back();
    }
}

/* ---- Hosts -------------------------------------------------------------- */
static void waits_for_a_thread(void)
{
    flow_deferred *d = flow_run(counting(3));
    const flow_value *last;

    flow_loop();
    last = flow_outcome(d);
    CHECK(last != NULL && last->as.num == 3);
    flow_release(d);
    d = flow_in_thread(NULL, squares, flow_int(5), NULL);
    flow_loop();
    last = flow_outcome(d);
    CHECK(last != NULL && last->as.num == 25);
    flow_release(d);
    all_come_back();
}

TEST(the_loop_of_every_host_waits_for_threads)
{
    flow_host *host;

    waits_for_a_thread();
    flow_host_use(NULL);
    waits_for_a_thread();
    host = flow_uv_host();
    if (host == NULL)
        return;
    flow_host_use(host);
    waits_for_a_thread();
    flow_uv_close();
}

static void looks_at_the_clock(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v))
        if (!flow_yield(self, flow_now()))
            break;
}

TEST(a_virtual_clock_stands_while_a_thread_is_to_bring_something)
{
    expect("0.0 0.0", flow_generate(looks_at_the_clock,
        flow_merge(FLOW_STAGES(script("_"), counting(2))), NULL));
    all_come_back();
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_worker_gives_results_in_order),
        CASE(a_worker_that_gives_nothing_ends),
        CASE(thousands_cross_twice_through_rings_of_any_room),
        CASE(a_failure_comes_after_the_results_and_ends_what_is_given),
        CASE(an_error_that_is_given_is_the_failure),
        CASE(a_second_failure_is_only_reported),
        CASE(raising_what_is_no_error_is_an_error),
        CASE(a_failure_tells_where_in_the_thread_it_was_raised),
        CASE(a_worker_reads_its_source),
        CASE(a_worker_without_a_source_reads_its_end),
        CASE(a_source_that_waits_is_waited_for),
        CASE(values_go_to_a_worker_and_back_one_by_one),
        CASE(the_failure_of_a_source_passes_through_the_thread),
        CASE(a_source_is_closed_when_the_worker_has_ended),
        CASE(a_flow_behind_a_thread_is_told_that_it_is_stuck),
        CASE(workers_and_stages_follow_one_another),
        CASE(workers_are_merged_with_other_stages),
        CASE(an_iterable_runs_in_a_thread),
        CASE(a_flow_in_a_thread_has_a_loop_of_its_own),
        CASE(what_runs_in_a_thread_of_a_pool_finds_it_as_new),
        CASE(a_flow_in_a_thread_that_waits_is_closed_at_once),
        CASE(random_programs_pass_everything_on_in_order),
        CASE(the_loop_of_every_host_waits_for_threads),
        CASE(a_virtual_clock_stands_while_a_thread_is_to_bring_something),
    };
    return run_tests("thread_workers", tests, sizeof tests / sizeof *tests);
}
