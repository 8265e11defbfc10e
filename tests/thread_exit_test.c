/* SPDX-License-Identifier: MIT */
/* What is said at the end of a process whose threads still run. Each test is a
 * process of its own; this one never makes a thread. */
#include "harness.h"

#include <flow/thread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char said[4096];

/* Last at exit, and not in peace: valgrind and the sanitizers would complain of
 * the threads that these tests leave behind. */
static void die(void)
{
    raise(SIGKILL);
}

/* Runs it in a process, until that exits; what it says is in `said`. */
static bool runs(void (*what)(void))
{
    int ends[2], status;
    ssize_t n;
    size_t all = 0;
    pid_t child;

    fflush(NULL);
    if (pipe(ends) != 0)
        return false;
    child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        alarm(60);
        atexit(die);
        what();
        exit(0);
    }
    close(ends[1]);
    while ((n = read(ends[0], said + all, sizeof said - 1 - all)) > 0)
        all += (size_t)n;
    said[all] = '\0';
    close(ends[0]);
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static sem_t not_posted, begun;

static void never_comes_back(flow_worker *self, void *arg)
{
    (void)arg;
    flow_worker_give(self, 1);
    sem_post(&begun);
    while (sem_wait(&not_posted) != 0)
        ;
}

static flow_stage *stuck(flow_pool *pool)
{
    flow_stage *s = flow_threaded(pool, never_comes_back, NULL, NULL);
    flow_value v;

    sem_init(&not_posted, 0, 0);
    sem_init(&begun, 0, 0);
    flow_block(s, &v);
    sem_wait(&begun);
    return s;
}

static void closes_one_that_is_stuck(void)
{
    flow_close(stuck(NULL));
}

TEST(a_worker_that_does_not_come_back_is_reported_at_exit)
{
    MUST(runs(closes_one_that_is_stuck));
    MUST(strstr(said, "1 thread still runs at exit: 'never_comes_back' "
                "(made at ") != NULL);
}

static void has_two_stuck_in_a_pool(void)
{
    flow_pool *pool = flow_pool_new(3, 0);

    flow_close(stuck(pool));
    flow_close(flow_named(stuck(pool), "second"));
    flow_pool_close(pool);
}

TEST(all_that_do_not_come_back_are_named)
{
    MUST(runs(has_two_stuck_in_a_pool));
    MUST(strstr(said, "2 threads still run at exit: ") != NULL);
}

static void gives_until_closed(flow_worker *self, void *arg)
{
    (void)arg;
    while (flow_worker_give(self, 1))
        ;
}

static void ends_at_once_after_closing(void)
{
    flow_stage *s = flow_threaded(NULL, gives_until_closed, NULL, NULL);
    flow_value v;

    flow_block(s, &v);
    flow_close(s);
}

TEST(a_worker_that_comes_back_in_time_is_not_reported)
{
    for (int n = 0; n < 20; n++) {
        MUST(runs(ends_at_once_after_closing));
        MUST(said[0] == '\0');
    }
}

static flow_value itself(flow_value v, void *arg)
{
    (void)arg;
    return v;
}

static void leaves_a_pool_open(void)
{
    flow_pool *pool = flow_pool_new(0, 0);

    flow_drop(flow_block_all(flow_from_deferred(
        flow_in_thread(pool, itself, flow_int(1), NULL))));
}

TEST(idle_threads_of_a_pool_are_not_reported)
{
    MUST(runs(leaves_a_pool_open));
    MUST(said[0] == '\0');
}

static void forks_with_one_stuck(void)
{
    int status = 0;
    pid_t child;

    stuck(NULL);
    child = fork();
    if (child == 0)
        exit(0);
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        die();
}

TEST(a_fork_has_no_threads_to_report)
{
    MUST(runs(forks_with_one_stuck));
    MUST(strstr(said, "still run") == NULL);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_worker_that_does_not_come_back_is_reported_at_exit),
        CASE(all_that_do_not_come_back_are_named),
        CASE(a_worker_that_comes_back_in_time_is_not_reported),
        CASE(idle_threads_of_a_pool_are_not_reported),
        CASE(a_fork_has_no_threads_to_report),
    };

    return run_processes("thread_exit", tests, sizeof tests / sizeof *tests);
}
