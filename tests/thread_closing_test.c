/* SPDX-License-Identifier: MIT */
/* Closing never waits for a thread, and every worker is told. */
#include "thread_tests.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

/* ---- Closing ------------------------------------------------------------ */
TEST(a_worker_that_is_never_asked_never_begins)
{
    flow_close(counting(5));
    MUST(flow_threads_left(0) == 0);
}

static void gives_for_ever(flow_worker *self, void *arg)
{
    while (flow_worker_give(self, flow_textf("%d", 1)))
        ;
    *(atomic_int *)arg = flow_worker_closing(self) ? 1 : 2;
}

TEST(a_worker_without_room_is_told_that_nobody_listens)
{
    atomic_int left = 0;
    flow_stage *s = flow_threaded(NULL, gives_for_ever, NULL, &left);
    flow_value v;
    bool any = flow_block(s, &v);

    if (any)
        flow_drop(v);
    flow_failure(s);
    flow_close(s);
    all_come_back();
    CHECK(left == 1);
}

static void reads_for_ever(flow_worker *self, void *arg)
{
    flow_value v;

    flow_worker_give(self, 1);
    while (flow_worker_next(self, &v))
        flow_drop(v);
    *(atomic_int *)arg = flow_worker_closing(self) ? 1 : 2;
}

TEST(a_worker_without_input_is_told_that_nobody_listens)
{
    atomic_int left = 0;
    flow_stage *s = flow_threaded(NULL, reads_for_ever, script("ab_c_"),
                                  &left);
    flow_value v;

    CHECK(flow_block(s, &v));
    flow_failure(s);
    flow_close(s);
    all_come_back();
    CHECK(left == 1);
}

static void never_gives_again(flow_worker *self, void *arg)
{
    (void)arg;
    flow_worker_give(self, 1);
    sem_post(&gave_all);
    sem_wait(&go_on);
}

TEST(closing_does_not_wait_for_a_worker_that_never_gives_again)
{
    flow_stage *s = flow_threaded(NULL, never_gives_again, NULL, NULL);
    flow_value v;

    semaphores();
    if (flow_block(s, &v)) {
        sem_wait(&gave_all);
        flow_close(s);
        MUST(flow_threads_left(0) == 1);
        sem_post(&go_on);
    } else {
        flow_failure(s);
        flow_close(s);
    }
    all_come_back();
}

static void goes_on(void *s)
{
    sem_post(s);
}

static void blocks_elsewhere(flow_worker *self, void *arg)
{
    flow_worker_on_close(self, goes_on, &go_on);
    flow_worker_give(self, 1);
    sem_wait(&go_on);
    flow_worker_on_close(self, goes_on, &gave_all);
    sem_wait(&gave_all);
    flow_worker_on_close(self, NULL, NULL);
    *(atomic_int *)arg = 1;
}

TEST(what_a_worker_blocks_in_is_interrupted_by_closing)
{
    atomic_int left = 0;
    flow_stage *s = flow_threaded(NULL, blocks_elsewhere, NULL, &left);
    flow_value v;

    semaphores();
    CHECK(flow_block(s, &v));
    flow_failure(s);
    flow_close(s);
    all_come_back();
    CHECK(left == 1);
}

static bool blocks(int number)
{
    sigset_t now;

    pthread_sigmask(SIG_SETMASK, NULL, &now);
    return sigismember(&now, number) == 1;
}

static flow_value blocks_signals(flow_value v, void *arg)
{
    (void)arg;
    return flow_bool(blocks((int)v.as.num));
}

TEST(signals_are_left_to_the_threads_of_loops)
{
    expect("True", flow_map_in_threads(flow_once(flow_of(SIGINT)), NULL, 1,
                                       blocks_signals, NULL));
    expect("False", flow_map_in_threads(flow_once(flow_of(SIGSEGV)), NULL, 1,
                                        blocks_signals, NULL));
    MUST(!blocks(SIGINT));
    all_come_back();
}

TEST(a_failure_after_closing_is_reported)
{
    flow_stage *s = flow_threaded(NULL, fails_at_three, NULL, NULL);
    flow_value v;

    CHECK(flow_block(s, &v));
    flow_failure(s);
    flow_close(s);
    all_come_back();
    reports();
}

TEST(a_deferred_that_is_released_closes_the_worker)
{
    atomic_int left = 0;
    flow_deferred *d = flow_run(flow_threaded(NULL, gives_for_ever, NULL,
                                              &left));

    flow_outcome(d);
    flow_release(d);
    all_come_back();
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_worker_that_is_never_asked_never_begins),
        CASE(a_worker_without_room_is_told_that_nobody_listens),
        CASE(a_worker_without_input_is_told_that_nobody_listens),
        CASE(closing_does_not_wait_for_a_worker_that_never_gives_again),
        CASE(what_a_worker_blocks_in_is_interrupted_by_closing),
        CASE(signals_are_left_to_the_threads_of_loops),
        CASE(a_failure_after_closing_is_reported),
        CASE(a_deferred_that_is_released_closes_the_worker),
    };
    return run_tests("thread_closing", tests, sizeof tests / sizeof *tests);
}
