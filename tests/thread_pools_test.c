/* SPDX-License-Identifier: MIT */
/* Pools, and calls in threads: one, and one for each value of a flow. */
#include "harness_inside.h"
#include "thread_tests.h"

#include <stdatomic.h>
#include <time.h>

/* ---- Calls in threads --------------------------------------------------- */
static flow_value fails(flow_value v, void *arg)
{
    flow_drop(v);
    return flow_error(FLOW_EINVAL, 0, "%s", (const char *)arg);
}

TEST(a_call_in_a_thread_fires_with_its_answer)
{
    expect("49", flow_from_deferred(flow_in_thread(NULL, squares, flow_int(7),
                                                   NULL)));
    all_come_back();
}

TEST(a_call_in_a_thread_fires_with_its_failure)
{
    expect("!Invalid: no", flow_from_deferred(
        flow_in_thread(NULL, fails, flow_textf("%d", 1), "no")));
    all_come_back();
}

static flow_value waits_to_go_on(flow_value v, void *arg)
{
    (void)arg;
    sem_post(&gave_all);
    sem_wait(&go_on);
    return v;
}

static atomic_int called;

static flow_value counts_calls(flow_value v, void *arg)
{
    (void)arg;
    called++;
    return v;
}

static bool is_cancelled(flow_deferred *d)
{
    const flow_value *v = flow_outcome(d);

    return v != NULL && flow_is(v, FLOW_ECANCELLED);
}

/* One thread, which waits in a call; NULL: for want of memory it does not. */
static flow_pool *one_that_waits(flow_deferred **first, size_t line)
{
    flow_pool *pool = flow_pool_new(1, line);

    semaphores();
    called = 0;
    *first = flow_in_thread(pool, waits_to_go_on, flow_textf("%d", 1), NULL);
    if (flow_fired(*first)) {
        flow_outcome(*first);
        flow_release(*first);
        flow_pool_close(pool);
        return NULL;
    }
    sem_wait(&gave_all);
    return pool;
}

TEST(a_cancelled_call_that_waits_in_the_line_is_not_made)
{
    flow_deferred *first, *second;
    flow_pool *pool = one_that_waits(&first, 0);

    if (pool == NULL)
        return;
    second = flow_in_thread(pool, counts_calls, flow_textf("%d", 2), NULL);
    flow_cancel(second);
    CHECK(is_cancelled(second));
    flow_outcome(second);
    flow_release(second);
    sem_post(&go_on);
    expect("1", flow_from_deferred(first));
    flow_pool_close(pool);
    all_come_back();
    MUST(called == 0);
}

TEST(a_cancelled_call_that_is_being_made_is_forgotten)
{
    flow_deferred *first;
    flow_pool *pool = one_that_waits(&first, 0);

    if (pool == NULL)
        return;
    flow_cancel(first);
    CHECK(is_cancelled(first));
    MUST(flow_threads_left(0) == 1);
    sem_post(&go_on);
    flow_release(first);
    flow_pool_close(pool);
    all_come_back();
}

TEST(a_call_that_is_released_is_forgotten)
{
    flow_deferred *first;
    flow_pool *pool = one_that_waits(&first, 0);

    if (pool == NULL)
        return;
    flow_release(first);
    sem_post(&go_on);
    flow_pool_close(pool);
    all_come_back();
}

TEST(the_line_of_a_pool_is_bounded)
{
    flow_deferred *first, *d[3];
    flow_pool *pool = one_that_waits(&first, 2);

    if (pool == NULL)
        return;
    for (int n = 0; n < 3; n++)
        d[n] = flow_in_thread(pool, counts_calls, flow_int(n), NULL);
    CHECK(!flow_fired(d[1]));
    CHECK(flow_fired(d[2]) && flow_is(flow_outcome(d[2]), FLOW_ELIMIT));
    sem_post(&go_on);
    flow_loop();
    CHECK(flow_outcome(first)->size == 1);
    for (int n = 0; n < 3; n++) {
        CHECK(n == 2 || flow_outcome(d[n])->as.num == n);
        flow_outcome(d[n]);
        flow_release(d[n]);
    }
    flow_outcome(first);
    flow_release(first);
    flow_pool_close(pool);
    all_come_back();
}

TEST(what_waits_in_the_line_of_a_pool_that_is_closed_is_done)
{
    flow_deferred *first, *second;
    flow_pool *pool = one_that_waits(&first, 0);

    if (pool == NULL)
        return;
    second = flow_in_thread(pool, counts_calls, flow_int(2), NULL);
    flow_pool_close(pool);
    sem_post(&go_on);
    expect("1", flow_from_deferred(first));
    expect("2", flow_from_deferred(second));
    all_come_back();
}

TEST(a_pool_that_is_closed_takes_nothing_more)
{
    flow_pool *pool = flow_pool_new(2, 0);
    flow_stage *s = flow_threaded(pool, counts, NULL, (void *)(intptr_t)3);

    flow_pool_close(pool);
    expect("!Invalid: the pool was closed before 'counts' began", s);
    all_come_back();
}

TEST(a_pool_runs_workers_and_calls)
{
    flow_pool *pool = flow_pool_new(0, 0);

    expect("1 2 3", flow_threaded(pool, counts, NULL, (void *)(intptr_t)3));
    expect("9", flow_from_deferred(flow_in_thread(pool, squares, flow_int(3),
                                                  NULL)));
    expect("1 2", flow_threaded(pool, passes,
                                flow_threaded(pool, counts, NULL,
                                              (void *)(intptr_t)2), NULL));
    flow_pool_close(pool);
    all_come_back();
}

TEST(a_worker_in_the_line_is_closed_without_being_begun)
{
    flow_deferred *first;
    flow_pool *pool = one_that_waits(&first, 0);
    flow_waker waker = { count_woken, flow_host_here() };
    flow_stage *s;
    flow_value v;

    if (pool == NULL)
        return;
    s = flow_threaded(pool, counts, NULL, (void *)(intptr_t)3);
    if (flow_pull(s, &waker, &v) == FLOW_FAILED)
        flow_drop(v);
    flow_close(s);
    sem_post(&go_on);
    expect("1", flow_from_deferred(first));
    flow_pool_close(pool);
    all_come_back();
}

TEST(a_function_is_mapped_in_threads_in_order)
{
    flow_pool *pool = flow_pool_new(3, 0);

    expect("1 4 9 16 25",
           flow_map_in_threads(numbers(5), pool, 2, squares, NULL));
    expect("1 4 9", flow_map_in_threads(numbers(3), NULL, 9, squares, NULL));
    flow_pool_close(pool);
    all_come_back();
}

static bool comes_soon(sem_t *s)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec++;
    return sem_timedwait(s, &t) == 0;
}

/* The first waits until the second has come, which without memory never does.
 */
static flow_value lets_others_pass(flow_value v, void *arg)
{
    (void)arg;
    while (v.as.num == 1 && !comes_soon(&go_on) && !memory_failed())
        ;
    return v;
}

TEST(a_function_is_mapped_in_threads_as_it_comes)
{
    flow_pool *pool = flow_pool_new(3, 0);
    flow_stage *s = flow_map_in_threads_unordered(numbers(2), pool, 2,
                                                  lets_others_pass, NULL);

    flow_value v;

    semaphores();
    CHECK(flow_block(s, &v) && v.as.num == 2);
    sem_post(&go_on);
    CHECK(flow_block(s, &v) && v.as.num == 1);
    CHECK(!flow_block(s, &v));
    flow_failure(s);
    flow_close(s);
    flow_pool_close(pool);
    all_come_back();
}

TEST(a_failure_in_a_thread_ends_the_map)
{
    expect("!Invalid: no",
           flow_map_in_threads(numbers(3), NULL, 1, fails, "no"));
    expect("!Invalid: flow_parallel: give it a width of at least 1 stage",
           flow_map_in_threads(numbers(3), NULL, 0, squares, NULL));
    all_come_back();
}

TEST(without_a_function_there_is_a_failure)
{
    expect("!Invalid: flow_in_thread: give it a function, not NULL",
           flow_map_in_threads(numbers(3), NULL, 1, NULL, NULL));
    expect("!Invalid: flow_threaded: give it a body, not NULL",
           flow_threaded(NULL, NULL, numbers(3), NULL));
    all_come_back();
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_call_in_a_thread_fires_with_its_answer),
        CASE(a_call_in_a_thread_fires_with_its_failure),
        CASE(a_cancelled_call_that_waits_in_the_line_is_not_made),
        CASE(a_cancelled_call_that_is_being_made_is_forgotten),
        CASE(a_call_that_is_released_is_forgotten),
        CASE(the_line_of_a_pool_is_bounded),
        CASE(what_waits_in_the_line_of_a_pool_that_is_closed_is_done),
        CASE(a_pool_that_is_closed_takes_nothing_more),
        CASE(a_pool_runs_workers_and_calls),
        CASE(a_worker_in_the_line_is_closed_without_being_begun),
        CASE(a_function_is_mapped_in_threads_in_order),
        CASE(a_function_is_mapped_in_threads_as_it_comes),
        CASE(a_failure_in_a_thread_ends_the_map),
        CASE(without_a_function_there_is_a_failure),
    };
    return run_tests("thread_pools", tests, sizeof tests / sizeof *tests);
}
