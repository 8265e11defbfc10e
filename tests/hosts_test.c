/* SPDX-License-Identifier: MIT */
/* Hosts: the order of tasks in time, cancelling, moving, other threads. */
#include "harness.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct noted { flow_task task; char name; };

static char happened[64];

static void notes(flow_task *t)
{
    size_t n = strlen(happened);

    happened[n] = ((struct noted *)(void *)t)->name;
    happened[n + 1] = '\0';
}

static struct noted a, b, c;

static flow_host *begin(void)
{
    happened[0] = '\0';
    a = (struct noted){ { .call = notes }, 'a' };
    b = (struct noted){ { .call = notes }, 'b' };
    c = (struct noted){ { .call = notes }, 'c' };
    return flow_host_here();
}

static void run_all(flow_host *h)
{
    while (h->turn(h, true))
        ;
}

TEST(tasks_are_called_in_the_order_of_their_times)
{
    flow_host *h = begin();

    h->post(h, &a.task, 3);
    h->post(h, &b.task, 1);
    h->post(h, &c.task, 2);
    run_all(h);
    CHECK(strcmp(happened, "bca") == 0);
}

TEST(tasks_of_the_same_time_are_called_as_they_were_posted)
{
    flow_host *h = begin();

    h->post(h, &c.task, 1);
    h->post(h, &a.task, 1);
    h->post(h, &b.task, 1);
    run_all(h);
    CHECK(strcmp(happened, "cab") == 0);
}

TEST(the_virtual_clock_steps_to_the_next_task)
{
    flow_host *h = begin();
    double start = h->now(h);

    h->post(h, &a.task, 3600);
    CHECK(h->turn(h, true) && strcmp(happened, "a") == 0);
    CHECK(h->now(h) - start == 3600);
    CHECK(!h->turn(h, true) && h->now(h) - start == 3600);
}

TEST(a_turn_that_may_not_sleep_runs_only_what_is_due)
{
    flow_host *h = begin();

    h->post(h, &a.task, 1);
    h->post(h, &b.task, 0);
    CHECK(h->turn(h, false) && strcmp(happened, "b") == 0);
    CHECK(h->turn(h, false) && strcmp(happened, "b") == 0);
    h->cancel(h, &a.task);
    CHECK(!h->turn(h, false));
}

static void posts_itself(flow_task *t)
{
    flow_host *h = flow_host_here();

    notes(t);
    if (strlen(happened) < 5)
        h->post(h, t, 0);
}

TEST(what_is_posted_in_a_turn_is_called_in_the_next)
{
    flow_host *h = begin();

    a.task.call = posts_itself;
    h->post(h, &a.task, 0);
    h->post(h, &b.task, 0);
    h->turn(h, true);
    CHECK(strcmp(happened, "ab") == 0);
    h->turn(h, true);
    CHECK(strcmp(happened, "aba") == 0);
    run_all(h);
    CHECK(strcmp(happened, "abaaa") == 0);
}

TEST(a_cancelled_task_is_not_called)
{
    flow_host *h = begin();

    h->post(h, &a.task, 1);
    h->post(h, &b.task, 0);
    h->post(h, &c.task, 2);
    h->cancel(h, &a.task);
    h->cancel(h, &b.task);
    h->cancel(h, &b.task);
    run_all(h);
    CHECK(strcmp(happened, "c") == 0);
}

TEST(cancelling_what_was_never_posted_is_fine)
{
    flow_host *h = begin();

    h->cancel(h, &a.task);
    CHECK(!h->turn(h, true));
}

TEST(posting_a_posted_task_moves_it)
{
    flow_host *h = begin();

    h->post(h, &a.task, 1);
    h->post(h, &b.task, 2);
    h->post(h, &c.task, 3);
    h->post(h, &a.task, 4);
    h->post(h, &c.task, 0);
    run_all(h);
    CHECK(strcmp(happened, "cba") == 0);
}

static void cancels_b(flow_task *t)
{
    flow_host *h = flow_host_here();

    notes(t);
    h->cancel(h, &b.task);
}

TEST(a_task_may_cancel_another_of_the_same_turn)
{
    flow_host *h = begin();

    a.task.call = cancels_b;
    h->post(h, &a.task, 0);
    h->post(h, &b.task, 0);
    h->post(h, &c.task, 0);
    run_all(h);
    CHECK(strcmp(happened, "ac") == 0);
}

TEST(the_virtual_clock_starts_at_nothing)
{
    flow_host *h = begin();

    h->post(h, &a.task, 5);
    run_all(h);
    CHECK(flow_virtual_host() == h && h->now(h) == 0);
}

/* ---- Many -------------------------------------------------------------- */
enum { MANY = 500 };

static struct timed { flow_task task; double due; int calls; } many[MANY];
static double last_due;
static bool in_order;

static void is_in_order(flow_task *t)
{
    struct timed *m = (struct timed *)(void *)t;

    in_order = in_order && m->due >= last_due;
    last_due = m->due;
    m->calls++;
}

TEST(many_tasks_posted_moved_and_cancelled_are_called_in_order)
{
    flow_host *h = flow_host_here();
    unsigned seed = 1;
    int wanted = 0, called = 0;

    in_order = true;
    last_due = 0;
    memset(many, 0, sizeof many);
    for (int n = 0; n < 5000; n++) {
        struct timed *m = &many[rand_r(&seed) % MANY];
        double seconds = rand_r(&seed) % 100 + 1;

        m->task.call = is_in_order;
        if (rand_r(&seed) % 4 == 0) {
            h->cancel(h, &m->task);
            m->due = 0;
        } else {
            h->post(h, &m->task, seconds);
            m->due = h->now(h) + seconds;
        }
    }
    for (int n = 0; n < MANY; n++)
        wanted += many[n].due > 0;
    run_all(h);
    for (int n = 0; n < MANY; n++) {
        called += many[n].calls;
        CHECK(many[n].calls == (many[n].due > 0));
    }
    CHECK(in_order && called == wanted);
}

/* ---- Other threads ----------------------------------------------------- */
struct sending { flow_host *host; flow_task *task; bool slowly; };

static void *sends(void *arg)
{
    struct sending *s = arg;

    if (s->slowly)
        nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    s->host->post_from(s->host, s->task);
    return NULL;
}

TEST(another_thread_may_post)
{
    flow_host *h = begin();
    struct sending s = { h, &a.task, false };
    pthread_t thread;

    pthread_create(&thread, NULL, sends, &s);
    pthread_join(thread, NULL);
    run_all(h);
    CHECK(strcmp(happened, "a") == 0);
}

/* These sleep: they are about sleeping. */
TEST(another_thread_wakes_the_cores_own_loop_from_its_sleep)
{
    flow_host *virtual = begin(), *h;
    struct sending s = { .task = &a.task, .slowly = true };
    pthread_t thread;

    flow_host_use(NULL);
    h = flow_host_here();
    MUST(h != virtual);
    s.host = h;
    h->post(h, &b.task, 60);
    pthread_create(&thread, NULL, sends, &s);
    while (happened[0] == '\0')
        h->turn(h, true);
    CHECK(strcmp(happened, "a") == 0);
    pthread_join(thread, NULL);
    h->cancel(h, &b.task);
    flow_host_use(virtual);
}

static void send(flow_host *h, flow_task *t)
{
    struct sending s = { h, t, false };
    pthread_t thread;

    pthread_create(&thread, NULL, sends, &s);
    pthread_join(thread, NULL);
}

TEST(what_other_threads_posted_may_be_cancelled_or_moved)
{
    flow_host *h = begin();

    send(h, &a.task);
    send(h, &b.task);
    send(h, &c.task);
    h->cancel(h, &b.task);
    h->post(h, &a.task, 1);
    run_all(h);
    CHECK(strcmp(happened, "ca") == 0);
    send(h, &b.task);
    h->cancel(h, &b.task);
    run_all(h);
    CHECK(strcmp(happened, "ca") == 0);
}

TEST(a_task_for_the_end_of_time_does_not_keep_the_loop_from_others)
{
    flow_host *virtual = begin(), *h;
    struct sending s = { NULL, &a.task, true };
    pthread_t thread;

    flow_host_use(NULL);
    s.host = h = flow_host_here();
    h->post(h, &b.task, (double)INFINITY);
    pthread_create(&thread, NULL, sends, &s);
    while (happened[0] == '\0')
        h->turn(h, true);
    pthread_join(thread, NULL);
    h->cancel(h, &b.task);
    CHECK(strcmp(happened, "a") == 0);
    flow_host_use(virtual);
}

TEST(a_virtual_clock_stands_while_a_task_waits_for_ever)
{
    flow_host *h = begin();
    struct sending s = { h, &a.task, true };
    pthread_t thread;

    h->post(h, &b.task, 1);
    h->post(h, &c.task, (double)INFINITY);
    pthread_create(&thread, NULL, sends, &s);
    while (happened[0] == '\0')
        CHECK(h->turn(h, true));
    CHECK(strcmp(happened, "a") == 0 && h->now(h) == 0);
    pthread_join(thread, NULL);
    h->post(h, &c.task, 2);
    run_all(h);
    CHECK(strcmp(happened, "abc") == 0 && h->now(h) == 2);
}

TEST(a_virtual_clock_stands_at_last_for_a_task_of_the_latest_time)
{
    flow_host *h = begin();
    struct sending s = { h, &a.task, true };
    pthread_t thread;

    h->post(h, &c.task, DBL_MAX);
    h->post(h, &b.task, 1);
    CHECK(h->turn(h, true) && strcmp(happened, "b") == 0);
    pthread_create(&thread, NULL, sends, &s);
    while (strcmp(happened, "b") == 0)
        CHECK(h->turn(h, true));
    CHECK(strcmp(happened, "ba") == 0 && h->now(h) == 1);
    pthread_join(thread, NULL);
    h->cancel(h, &c.task);
    CHECK(!h->turn(h, true));
}

TEST(the_cores_own_loop_sleeps_until_a_task_is_due)
{
    flow_host *virtual = begin(), *h;
    double start;

    flow_host_use(NULL);
    h = flow_host_here();
    start = h->now(h);
    h->post(h, &a.task, 0.01);
    run_all(h);
    CHECK(strcmp(happened, "a") == 0 && h->now(h) >= start + 0.01);
    flow_host_use(virtual);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(tasks_are_called_in_the_order_of_their_times),
        CASE(tasks_of_the_same_time_are_called_as_they_were_posted),
        CASE(the_virtual_clock_steps_to_the_next_task),
        CASE(a_turn_that_may_not_sleep_runs_only_what_is_due),
        CASE(what_is_posted_in_a_turn_is_called_in_the_next),
        CASE(a_cancelled_task_is_not_called),
        CASE(cancelling_what_was_never_posted_is_fine),
        CASE(posting_a_posted_task_moves_it),
        CASE(a_task_may_cancel_another_of_the_same_turn),
        CASE(the_virtual_clock_starts_at_nothing),
        CASE(many_tasks_posted_moved_and_cancelled_are_called_in_order),
        CASE(another_thread_may_post),
        CASE(another_thread_wakes_the_cores_own_loop_from_its_sleep),
        CASE(what_other_threads_posted_may_be_cancelled_or_moved),
        CASE(a_task_for_the_end_of_time_does_not_keep_the_loop_from_others),
        CASE(a_virtual_clock_stands_while_a_task_waits_for_ever),
        CASE(a_virtual_clock_stands_at_last_for_a_task_of_the_latest_time),
        CASE(the_cores_own_loop_sleeps_until_a_task_is_due),
    };
    return run_tests("hosts", tests, sizeof tests / sizeof *tests);
}
