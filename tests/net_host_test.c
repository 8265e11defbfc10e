/* SPDX-License-Identifier: MIT */
/* The host over libuv keeps the promises of a host: what is asked of it here is
 * asked of the core's own as well. */
#include "process.h"

#include "reactor/poll.h"
#include "reactor/uv_host.h"

#include <flow/reactor.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

/* ---- Both hosts --------------------------------------------------------- */
static flow_host *host;

/* Runs a part of a test on the core's host, then on that of libuv. */
static void on_both(void (*part)(void))
{
    flow_host_use(NULL);
    host = flow_host_here();
    part();
    host = flow_uv_host();
    flow_host_use(host);
    part();
    flow_uv_close();
}

static char written[64];

struct letter { flow_task task; char c; void (*then)(struct letter *l); };

static void write_letter(flow_task *t)
{
    struct letter *l = (struct letter *)t;
    size_t n = strlen(written);

    written[n] = l->c;
    written[n + 1] = '\0';
    if (l->then != NULL)
        l->then(l);
}

#define LETTER(c, then) { { .call = write_letter }, c, then }

static void turn_to_the_end(void)
{
    written[0] = '\0';
    while (host->turn(host, true))
        ;
}

/* ---- Order -------------------------------------------------------------- */
static struct letter late_comer = LETTER('d', NULL);

static void post_late_comer(struct letter *l)
{
    (void)l;
    host->post(host, &late_comer.task, 0);
}

static void posted_in_order(void)
{
    struct letter a = LETTER('a', post_late_comer), b = LETTER('b', NULL);
    struct letter c = LETTER('c', NULL);

    host->post(host, &c.task, 0);
    host->post(host, &a.task, 0);
    host->post(host, &b.task, 0);
    host->post(host, &c.task, 0);           /* moves it                     */
    turn_to_the_end();
    CHECK(strcmp(written, "abcd") == 0);
}

TEST(tasks_run_in_the_order_they_were_posted) { on_both(posted_in_order); }

static void posted_meanwhile(void)
{
    struct letter a = LETTER('a', post_late_comer);

    host->post(host, &a.task, 0);
    written[0] = '\0';
    CHECK(host->turn(host, true));
    CHECK(strcmp(written, "a") == 0);
    CHECK(host->turn(host, true));
    CHECK(strcmp(written, "ad") == 0);
    CHECK(!host->turn(host, true));
}

TEST(what_a_task_posts_runs_in_the_next_turn) { on_both(posted_meanwhile); }

static void timed(void)
{
    struct letter a = LETTER('a', NULL), b = LETTER('b', NULL);
    struct letter c = LETTER('c', NULL);
    double begin = host->now(host);

    host->post(host, &c.task, 0.03);
    host->post(host, &a.task, 0.01);
    host->post(host, &b.task, 0.02);
    turn_to_the_end();
    CHECK(strcmp(written, "abc") == 0);
    CHECK(host->now(host) - begin >= 0.03);
    CHECK(host->now(host) - begin < 5);
}

TEST(timers_go_off_in_their_order_and_not_early) { on_both(timed); }

static void cancelled(void)
{
    struct letter a = LETTER('a', NULL), b = LETTER('b', NULL);
    struct letter c = LETTER('c', NULL);

    host->post(host, &a.task, 0);
    host->post(host, &b.task, 0);
    host->post(host, &c.task, 1000);
    host->cancel(host, &a.task);
    host->cancel(host, &c.task);
    host->cancel(host, &c.task);
    turn_to_the_end();
    CHECK(strcmp(written, "b") == 0);
}

TEST(a_cancelled_task_does_not_run_nor_keep_the_loop) { on_both(cancelled); }

static struct letter victim = LETTER('v', NULL);

static void cancel_victim(struct letter *l)
{
    (void)l;
    host->cancel(host, &victim.task);
}

static void cancelled_meanwhile(void)
{
    struct letter a = LETTER('a', cancel_victim);

    host->post(host, &a.task, 0);
    host->post(host, &victim.task, 0);
    turn_to_the_end();
    CHECK(strcmp(written, "a") == 0);
}

TEST(a_task_may_cancel_one_that_is_due) { on_both(cancelled_meanwhile); }

static void due_already(void)
{
    struct letter soon = LETTER('s', NULL), far = LETTER('f', NULL);

    written[0] = '\0';
    host->post(host, &far.task, 1000);
    host->post(host, &soon.task, 0.001);
    poll(NULL, 0, 3);
    while (written[0] == '\0')
        host->turn(host, true);
    MUST(strcmp(written, "s") == 0);
    host->cancel(host, &far.task);
}

TEST(what_is_due_before_a_turn_ends_it) { on_both(due_already); }

static void not_asleep(void)
{
    struct letter a = LETTER('a', NULL);

    written[0] = '\0';
    CHECK(!host->turn(host, true));
    host->post(host, &a.task, 1000);
    CHECK(host->turn(host, false));
    CHECK(written[0] == '\0');
    host->cancel(host, &a.task);
    CHECK(!host->turn(host, true));
}

TEST(a_turn_need_not_sleep) { on_both(not_asleep); }

/* ---- Threads ------------------------------------------------------------ */
enum { SENT = 1000 };

static struct { flow_task task; int number; } sent[SENT];
static int came;
static flow_task keep;                      /* something is still to come   */

static void sent_came(flow_task *t)
{
    CHECK(((void)came, t == &sent[came].task));
    if (++came == SENT)
        host->cancel(host, &keep);
}

static void keep_on(flow_task *t)
{
    (void)t;
}

static void *send_all(void *arg)
{
    (void)arg;
    for (int i = 0; i < SENT; i++)
        host->post_from(host, &sent[i].task);
    return NULL;
}

static void sent_from_a_thread(void)
{
    pthread_t thread;

    came = 0;
    for (int i = 0; i < SENT; i++)
        sent[i].task.call = sent_came;
    keep.call = keep_on;
    host->post(host, &keep, 60);
    pthread_create(&thread, NULL, send_all, NULL);
    turn_to_the_end();
    pthread_join(thread, NULL);
    CHECK(came == SENT);
}

TEST(tasks_come_from_another_thread_in_order) { on_both(sent_from_a_thread); }

/* ---- Drivers ------------------------------------------------------------ */
static void nap(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    for (int n = 1; n <= 3 && flow_cooperate(self, 0.001 * n); n++)
        flow_yield(self, n);
}

static void blocked(void)
{
    flow_stage *s = flow_generate(nap, NULL, NULL);
    int64_t n = 0;

    for (flow_value v; flow_block(s, &v);)
        CHECK(v.as.num == ++n);
    CHECK(n == 3 && flow_failure(s) == NULL);
    flow_failure(s);
    flow_close(s);
}

TEST(block_runs_the_loop) { on_both(blocked); }

static void stuck(void)
{
    flow_stage *s = never();
    flow_value v;

    CHECK(!flow_block(s, &v));
    CHECK(flow_failure(s) != NULL && flow_is(flow_failure(s), FLOW_ESTUCK));
    flow_close(s);
}

TEST(block_finds_out_that_nothing_can_come) { on_both(stuck); }

static void run_beside(void)
{
    flow_deferred *one = flow_run(flow_generate(nap, NULL, NULL));
    flow_deferred *two = flow_run(flow_generate(nap, NULL, NULL));
    const flow_value *a, *b;

    flow_loop();
    a = flow_outcome(one);
    b = flow_outcome(two);
    CHECK(a != NULL && a->as.num == 3 && b != NULL && b->as.num == 3);
    flow_release(one);
    flow_release(two);
}

TEST(loop_runs_flows_beside_each_other) { on_both(run_beside); }

/* ---- A loop of the program's -------------------------------------------- */
TEST(a_loop_of_the_program_carries_flows)
{
    uv_loop_t loop;
    flow_deferred *d;
    flow_stage *s;
    flow_value v;
    const flow_value *last;

    uv_loop_init(&loop);
    flow_host_use(flow_uv_host_on(&loop));
    d = flow_run(flow_generate(nap, NULL, NULL));
    uv_run(&loop, UV_RUN_DEFAULT);
    last = flow_outcome(d);
    CHECK(last != NULL && last->as.num == 3);
    flow_release(d);

    s = never();
    CHECK(!flow_block(s, &v));
    CHECK(flow_is(flow_failure(s), FLOW_ENESTED));
    flow_close(s);

    flow_uv_close();
    MUST(flow_uv_host() == NULL);           /* it has not turned since      */
    reports();
    uv_run(&loop, UV_RUN_DEFAULT);
    MUST(uv_loop_close(&loop) == 0);
}

TEST(the_host_of_a_thread_is_one)
{
    uv_loop_t loop;
    flow_host *first = flow_uv_host();

    MUST(first != NULL && flow_uv_host() == first);
    MUST(flow_uv_host_on(&loop) == NULL);
    MUST(strstr(reports(), "already") != NULL);
    flow_uv_close();
    flow_uv_close();
    first = flow_uv_host();
    MUST(first != NULL);
    flow_uv_close();
}

TEST(closing_the_host_gives_the_core_s_own_back)
{
    flow_host *own;

    flow_host_use(NULL);
    own = flow_host_here();
    flow_host_use(flow_uv_host());
    MUST(flow_host_here() == flow_uv_host());
    flow_uv_close();
    MUST(flow_host_here() == own);
}

TEST(what_is_still_open_in_the_loop_is_told_of)
{
    flow_host *h = flow_uv_host();
    uv_timer_t timer;
    uv_loop_t *loop;
    flow_value why;

    flow_host_use(h);
    loop = flow__uv_loop(&why);
    uv_timer_init(loop, &timer);
    flow_uv_close();
    MUST(strstr(reports(), "1 things that wait in the loop are still open")
         != NULL);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    MUST(uv_loop_close(loop) == 0);
}

TEST(a_descriptor_that_is_still_watched_is_told_of)
{
    flow_value why;
    struct flow__poll *watch;
    int ends[2];

    flow_host_use(flow_uv_host());
    MUST(pipe(ends) == 0);
    watch = flow__poll_new(ends[0], &why);
    flow_uv_close();
    MUST(disturbed()
         || strstr(reports(), "1 things that wait in the loop are still open")
            != NULL);
    flow_drop(watch == NULL ? why : flow_none());
    flow__poll_close(watch);
    close(ends[0]);
    close(ends[1]);
}

/* ---- What the system refuses -------------------------------------------- */
static int has_no_loop(void)
{
    return refuses(SYS_epoll_create1) && flow_uv_host() != NULL;
}

/* A loop that was to be taken into a new process, and lost some of itself. */
static bool loses(uv_loop_t *loop, long refused)
{
    uv_loop_init(loop);
    return refuses(refused) && uv_loop_fork(loop) != 0;
}

static int has_lost_its_waking(void)
{
    uv_loop_t loop;
    bool has_host = loses(&loop, SYS_eventfd2)
                    && flow_uv_host_on(&loop) != NULL;

    uv_loop_close(&loop);
    return has_host;
}

static int has_lost_its_signals(void)
{
    uv_loop_t loop;
    flow_stage *s;
    flow_waker w = { NULL, NULL };
    flow_value v;

    if (!loses(&loop, SYS_pipe2))
        return uv_loop_close(&loop);
    flow_host_use(flow_uv_host_on(&loop));
    s = flow_signals(SIGUSR1);
    if (flow_pull(s, &w, &v) != FLOW_FAILED || !flow_is(&v, FLOW_ESYSTEM))
        return 1;
    flow_drop(v);
    flow_close(s);
    flow_uv_close();
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop);
}

static int reports_of(int (*run)(void), const char *report)
{
    int status = run();

    return status != 0 || (*reports() != '\0'
                           && strstr(reports(), report) == NULL);
}

static int tells_of_no_loop(void)
{
    return reports_of(has_no_loop, "no loop of libuv: ");
}

static int tells_of_no_waking(void)
{
    return reports_of(has_lost_its_waking, "no loop of libuv: ");
}

TEST(without_descriptors_there_is_no_host_of_libuv)
{
    MUST(ends(tells_of_no_loop) == 0);
    MUST(ends(tells_of_no_waking) == 0);
}

TEST(without_descriptors_there_are_no_signals)
{
    MUST(ends(has_lost_its_signals) == 0);
}

/* ---- Signals ------------------------------------------------------------ */
static void kill_myself(flow_task *t)
{
    (void)t;
    kill(getpid(), SIGUSR1);
}

TEST(signals_are_a_stage)
{
    flow_task shot = { .call = kill_myself };
    flow_stage *s;
    flow_value v;

    host = flow_uv_host();
    flow_host_use(host);
    s = flow_signals(SIGUSR1);
    for (int n = 0; n < 2; n++) {
        host->post(host, &shot, n == 0 ? 0 : 0.005);
        if (!flow_block(s, &v))
            break;
        CHECK(v.as.num == SIGUSR1);
    }
    CHECK(flow_failure(s) == NULL);
    flow_failure(s);
    host->cancel(host, &shot);
    flow_close(s);
    flow_uv_close();
}

TEST(a_signal_nobody_can_wait_for_is_a_failure)
{
    flow_host_use(flow_uv_host());
    expect("!SystemError: cannot wait for signal 9: Invalid argument",
           flow_signals(SIGKILL));
    flow_uv_close();
}

TEST(signals_need_a_host_of_libuv)
{
    flow_host_use(NULL);
    expect("!Invalid: the host of this thread is not one of libuv: call "
           "flow_host_use(flow_uv_host())", flow_signals(SIGUSR1));
}

/* ---- A loop of another kind --------------------------------------------- */
/* Turns the host from a loop of poll(2), until it has nothing left to do. */
static int poll_to_the_end(void)
{
    int polls = 0;

    for (; host->turn(host, false); polls++) {
        struct pollfd p = { flow_uv_descriptor(), POLLIN, 0 };
        double seconds = flow_uv_timeout();

        poll(&p, 1, seconds < 0 ? -1 : (int)(seconds * 1e3));
    }
    return polls;
}

TEST(a_foreign_loop_turns_the_host)
{
    flow_deferred *d;
    const flow_value *last;

    host = flow_uv_host();
    flow_host_use(host);
    d = flow_run(flow_generate(nap, NULL, NULL));
    CHECK(poll_to_the_end() < 100);         /* it does not spin             */
    last = flow_outcome(d);
    CHECK(last != NULL && last->as.num == 3);
    flow_release(d);
    flow_uv_close();
}

static flow_task shout;

static void *send_one(void *arg)
{
    host->post_from(host, &shout);
    return arg;
}

TEST(a_foreign_loop_hears_of_other_threads_when_nothing_is_due)
{
    pthread_t thread;
    struct pollfd p = { -1, POLLIN, 0 };

    shout.call = keep_on;
    host = flow_uv_host();
    p.fd = flow_uv_descriptor();
    CHECK(!host->turn(host, false));
    pthread_create(&thread, NULL, send_one, NULL);
    CHECK(poll(&p, 1, 20000) == 1);
    pthread_join(thread, NULL);
    CHECK(host->turn(host, false));
    flow_uv_close();
}

TEST(a_foreign_loop_hears_of_other_threads)
{
    pthread_t thread;

    host = flow_uv_host();
    flow_host_use(host);
    came = 0;
    for (int i = 0; i < SENT; i++)
        sent[i].task.call = sent_came;
    keep.call = keep_on;
    host->post(host, &keep, 60);
    pthread_create(&thread, NULL, send_all, NULL);
    poll_to_the_end();
    pthread_join(thread, NULL);
    CHECK(came == SENT);
    flow_uv_close();
}

TEST(a_foreign_loop_is_told_when_nothing_is_due)
{
    flow_task task = { .call = keep_on };

    MUST(flow_uv_descriptor() == -1 && flow_uv_timeout() < 0);
    host = flow_uv_host();
    MUST(flow_uv_descriptor() >= 0);
    MUST(!host->turn(host, false) && flow_uv_timeout() < 0);
    host->post(host, &task, 0);
    MUST(!(flow_uv_timeout() > 0) && !(flow_uv_timeout() < 0));
    host->post(host, &task, 1000);
    MUST(flow_uv_timeout() > 900 && flow_uv_timeout() < 1001);
    host->cancel(host, &task);
    MUST(flow_uv_timeout() < 0);
    host->post(host, &task, 0);
    MUST(host->turn(host, false) && flow_uv_timeout() < 1);
    MUST(!host->turn(host, false) && flow_uv_timeout() < 0);
    flow_uv_close();
}

/* ---- Names -------------------------------------------------------------- */
TEST(a_name_has_addresses)
{
    flow_stage *s;
    flow_value v;

    flow_host_use(flow_uv_host());
    s = flow_resolve("localhost");
    if (flow_block(s, &v)) {
        size_t n;
        const char *chars = flow_chars(&v, &n);

        CHECK(strncmp(chars, "127.", n < 4 ? n : 4) == 0
              || strncmp(chars, "::1", n) == 0);
        flow_drop(v);
    }
    CHECK(flow_failure(s) == NULL);
    flow_failure(s);
    flow_close(s);
    flow_uv_close();
}

TEST(an_address_is_its_own_address)
{
    flow_host_use(flow_uv_host());
    expect("127.0.0.1", flow_resolve("127.0.0.1"));
    expect("::1", flow_resolve(flow_textf("::1")));
    flow_uv_close();
}

TEST(a_name_that_cannot_be_one_is_told)
{
    flow_host_use(flow_uv_host());
    expect("!Invalid: the name of a host must be a text, not empty and without "
           "a byte 0", flow_resolve(""));
    expect("!ResolveError: cannot look up not a name: unknown node or service",
           flow_resolve("not a name"));
    flow_uv_close();
}

TEST(names_need_a_host_of_libuv)
{
    flow_host_use(NULL);
    expect("!Invalid: the host of this thread is not one of libuv: call "
           "flow_host_use(flow_uv_host())", flow_resolve("localhost"));
}

TEST(nobody_waits_for_a_name_any_more)
{
    flow_host_use(flow_uv_host());
    for (int n = 0; n < 8; n++)
        flow_release(flow_run(flow_resolve("localhost")));
    flow_uv_close();
    MUST(strcmp(reports(), "") == 0 || disturbed());
}

int main(void)
{
    static const struct test tests[] = {
        CASE(tasks_run_in_the_order_they_were_posted),
        CASE(what_a_task_posts_runs_in_the_next_turn),
        CASE(timers_go_off_in_their_order_and_not_early),
        CASE(a_cancelled_task_does_not_run_nor_keep_the_loop),
        CASE(a_task_may_cancel_one_that_is_due),
        CASE(what_is_due_before_a_turn_ends_it),
        CASE(a_turn_need_not_sleep),
        CASE(tasks_come_from_another_thread_in_order),
        CASE(block_runs_the_loop),
        CASE(block_finds_out_that_nothing_can_come),
        CASE(loop_runs_flows_beside_each_other),
        CASE(a_loop_of_the_program_carries_flows),
        CASE(the_host_of_a_thread_is_one),
        CASE(closing_the_host_gives_the_core_s_own_back),
        CASE(what_is_still_open_in_the_loop_is_told_of),
        CASE(a_descriptor_that_is_still_watched_is_told_of),
        CASE(without_descriptors_there_is_no_host_of_libuv),
        CASE(without_descriptors_there_are_no_signals),
        CASE(signals_are_a_stage),
        CASE(a_signal_nobody_can_wait_for_is_a_failure),
        CASE(signals_need_a_host_of_libuv),
        CASE(a_foreign_loop_turns_the_host),
        CASE(a_foreign_loop_hears_of_other_threads_when_nothing_is_due),
        CASE(a_foreign_loop_hears_of_other_threads),
        CASE(a_foreign_loop_is_told_when_nothing_is_due),
        CASE(a_name_has_addresses),
        CASE(an_address_is_its_own_address),
        CASE(a_name_that_cannot_be_one_is_told),
        CASE(names_need_a_host_of_libuv),
        CASE(nobody_waits_for_a_name_any_more),
    };
    return run_tests("net_host", tests, sizeof tests / sizeof *tests);
}
