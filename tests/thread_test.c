/* SPDX-License-Identifier: MIT */
/* Workers, calls in threads, pools. Nobody sleeps: what must come first is
 * waited for by semaphores, and the virtual clock stands while a thread is to
 * bring something. */
#include "harness_inside.h"

#include <flow/reactor.h>
#include <flow/thread.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LONG_ENOUGH = 60 };                  /* seconds, for what must come  */

/* All that was closed has come back, and holds no memory any more. */
static void all_come_back(void)
{
    MUST(flow_threads_left(LONG_ENOUGH) == 0);
}

/* ---- Bodies ------------------------------------------------------------- */
static void counts(flow_worker *self, void *arg)
{
    for (int n = 1; n <= (int)(intptr_t)arg && flow_worker_give(self, n); n++)
        ;
}

static flow_stage *counting(int n)
{
    return flow_threaded(NULL, counts, NULL, (void *)(intptr_t)n);
}

static void passes(flow_worker *self, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_worker_next(self, &v) && flow_worker_give(self, v))
        ;
}

static void does_nothing(flow_worker *self, void *arg)
{
    (void)self, (void)arg;
}

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

static int64_t sum_of(flow_stage *s)
{
    int64_t sum = 0, before = 0;

    for (flow_value v; flow_block(s, &v); before = v.as.num, sum += before)
        CHECK(v.as.num == before + 1);
    CHECK(flow_failure(s) == NULL);
    flow_failure(s);
    flow_close(s);
    return sum;
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

static void fails_at_three(flow_worker *self, void *arg)
{
    (void)arg;
    if (flow_worker_give(self, 1) && flow_worker_give(self, 2))
        flow_worker_fail(self, FLOW_EINVAL, 0, "at three");
    CHECK(!flow_worker_give(self, 4));
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

/* ---- Rows of results, and waking ---------------------------------------- */
static sem_t gave_all, go_on;

static void semaphores(void)
{
    sem_init(&gave_all, 0, 0);
    sem_init(&go_on, 0, 0);
}

static int woken, posted_from;
static flow_host *underneath;

static void count_woken(flow_waker *w)
{
    (void)w;
    woken++;
}

static double count_now(flow_host *h)
{
    (void)h;
    return underneath->now(underneath);
}

static void count_post(flow_host *h, flow_task *t, double seconds)
{
    (void)h;
    underneath->post(underneath, t, seconds);
}

static void count_cancel(flow_host *h, flow_task *t)
{
    (void)h;
    underneath->cancel(underneath, t);
}

static void count_post_from(flow_host *h, flow_task *t)
{
    (void)h;
    posted_from++;
    underneath->post_from(underneath, t);
}

static bool count_turn(flow_host *h, bool sleep)
{
    (void)h;
    return underneath->turn(underneath, sleep);
}

static void counts_and_tells(flow_worker *self, void *arg)
{
    sem_wait(&go_on);
    counts(self, arg);
    sem_post(&gave_all);
}

static flow_waker count_from_now(void)
{
    static flow_host counting_host = {
        .now = count_now, .post = count_post, .cancel = count_cancel,
        .post_from = count_post_from, .turn = count_turn
    };

    semaphores();
    underneath = flow_host_here();
    flow_host_use(&counting_host);
    woken = posted_from = 0;
    return (flow_waker){ count_woken, &counting_host };
}

/* The worker may still wait to go on; it will find that nobody listens. */
static void counted(flow_stage *s)
{
    flow_close(s);
    sem_post(&go_on);
    flow_host_use(underneath);
    all_come_back();
}

TEST(many_results_wake_the_loop_once_and_come_as_one_row_set)
{
    enum { MANY = 300 };
    flow_waker waker = count_from_now();
    flow_set set = { .n = 0 };
    flow_stage *s;

    s = flow_threaded(NULL, counts_and_tells, NULL, (void *)(intptr_t)MANY);
    if (flow_pull_set(s, &waker, &set) == FLOW_WAIT) {
        sem_post(&go_on);
        sem_wait(&gave_all);
        CHECK(posted_from == 1 && woken == 0);
        underneath->turn(underneath, false);
        CHECK(woken == 1);
        CHECK(flow_pull_set(s, &waker, &set) == FLOW_READY);
        CHECK(set.n == MANY);
    } else {
        flow_drop(set.error);
    }
    counted(s);
}

static void gives_when_told(flow_worker *self, void *arg)
{
    (void)arg;
    do
        sem_wait(&go_on);
    while (flow_worker_give(self, 1) && sem_post(&gave_all) == 0);
}

TEST(a_loop_that_is_being_woken_is_not_woken_again)
{
    flow_waker waker = count_from_now();
    flow_stage *s = flow_threaded(NULL, gives_when_told, NULL, NULL);
    flow_value v = flow_none();

    for (int n = 0; n < 2 && flow_pull(s, &waker, &v) == FLOW_WAIT; n++) {
        sem_post(&go_on);
        sem_wait(&gave_all);
        CHECK(posted_from == 1 && woken == 0);
        CHECK(flow_pull(s, &waker, &v) == FLOW_READY);
    }
    while (underneath->turn(underneath, false))
        ;
    CHECK(woken == 1);
    flow_drop(v);
    counted(s);
}

static void reads_half(flow_worker *self, void *arg)
{
    flow_value v;

    (void)arg;
    sem_wait(&go_on);
    for (int n = 0; n < 4; n++)
        CHECK(flow_worker_next(self, &v));
    sem_post(&gave_all);
    sem_wait(&go_on);
}

TEST(a_source_is_read_on_when_half_of_what_it_gave_is_read)
{
    flow_waker waker = count_from_now();
    flow_stage *s = flow_read_ahead(
        flow_threaded(NULL, reads_half, numbers(100), NULL), 8);
    flow_value v;

    if (flow_pull(s, &waker, &v) == FLOW_WAIT) {
        sem_post(&go_on);
        sem_wait(&gave_all);
        CHECK(posted_from == 1);
    } else {
        flow_drop(v);
    }
    counted(s);
}

static atomic_int given;

static void gives_while_it_may(flow_worker *self, void *arg)
{
    (void)arg;
    while (flow_worker_give(self, 1))
        if (++given == 8)
            sem_post(&gave_all);
    sem_post(&go_on);
}

TEST(a_worker_is_ahead_by_what_read_ahead_says_and_no_more)
{
    flow_waker waker = { count_woken, flow_host_here() };
    flow_stage *s = flow_threaded(NULL, gives_while_it_may, NULL, NULL);
    flow_value v;

    semaphores();
    given = 0;
    if (flow_pull(flow_read_ahead(s, 8), &waker, &v) == FLOW_WAIT) {
        sem_wait(&gave_all);
        CHECK(flow_threads_left(0) == 0 && given == 8);
        flow_close(s);
        sem_wait(&go_on);
        MUST(given <= 9 || disturbed());
    } else {
        flow_close(s);
    }
    all_come_back();
}

/* ---- Values that cross -------------------------------------------------- */
static void cuts_words(flow_worker *self, void *arg)
{
    flow_value line = flow_textf("%s", (const char *)arg);

    for (size_t n = 0; n < 3; n++)
        if (!flow_worker_give(self, flow_slice(&line, 4 * n, 3)))
            break;
    flow_worker_give(self, flow_pack(FLOW_VALUES(
        flow_share(line), flow_tuple(FLOW_VALUES(flow_share(line), 1)))));
    flow_drop(line);
}

TEST(what_is_shared_is_copied)
{
    expect("one two six ['one two six', ('one two six', 1)]",
           flow_threaded(NULL, cuts_words, NULL, "one two six"));
    all_come_back();
}

static void shares_lists(flow_worker *self, void *arg)
{
    flow_value inner = flow_pack(FLOW_VALUES(flow_textf("a%d", 1), 2));
    flow_value list = flow_pack(FLOW_VALUES(inner, flow_textf("b")));
    flow_value error = flow_because(
        flow_error(FLOW_EINVAL, 3, "outer"), flow_error(FLOW_ELIMIT, 0, "in"));

    (void)arg;
    if (flow_worker_give(self, flow_share(list)))
        flow_worker_give(self, flow_settle(flow_share(error)));
    flow_drop(list);
    flow_drop(error);
}

TEST(shared_lists_and_errors_are_copied_whole)
{
    expect("[['a1', 2], 'b'] <Invalid: outer>",
           flow_threaded(NULL, shares_lists, NULL, NULL));
    all_come_back();
}

static flow_value nested(int depth)
{
    flow_value v = flow_int(depth);

    while (depth-- > 0)
        v = flow_pack(&v, 1);
    return v;
}

static void gives_deep_ones(flow_worker *self, void *arg)
{
    (void)arg;
    if (flow_worker_give(self, nested(2)))
        flow_worker_give(self, nested(200));
}

TEST(lists_too_deep_to_look_into_do_not_cross)
{
    expect("[[2]] !Limit: lists more than 100 deep in others do not go to "
           "another thread",
           flow_threaded(NULL, gives_deep_ones, NULL, NULL));
    all_come_back();
}

static atomic_int boxes;

static void box_released(void *p)
{
    (void)p;
    boxes--;
}

static const flow_class box_class = {
    .name = "thing", .release = box_released
};

static flow_value new_box(void)
{
    boxes++;
    return flow_box(&box_class, &boxes);
}

static void gives_boxes(flow_worker *self, void *arg)
{
    flow_value box = new_box();

    if (arg != NULL)
        flow_share(box);
    flow_worker_give(self, box);
    if (arg != NULL)
        flow_drop(box);
}

static flow_value is_thing(flow_value v, void *arg)
{
    bool is = flow_unbox(&v, &box_class) == &boxes;

    (void)arg;
    flow_drop(v);
    return flow_bool(is);
}

TEST(a_box_crosses_when_it_is_the_only_one)
{
    expect("True", flow_map(flow_threaded(NULL, gives_boxes, NULL, NULL),
                            is_thing, NULL));
    all_come_back();
    MUST(boxes == 0);
}

TEST(a_box_that_is_shared_is_refused)
{
    expect("!Invalid: a box of class 'thing' has other holders in its thread, "
           "and cannot go to another one; hand over the only one",
           flow_threaded(NULL, gives_boxes, NULL, &boxes));
    all_come_back();
    MUST(boxes == 0);
}

TEST(a_worker_owns_what_comes_from_its_source)
{
    flow_stage *s = flow_threaded(NULL, does_nothing, flow_once(new_box()),
                                  NULL);

    flow_close(s);
    MUST(boxes == 0);
    expect("", flow_threaded(NULL, does_nothing, flow_once(new_box()), NULL));
    all_come_back();
    MUST(boxes == 0);
}

static flow_stage *shared_boxes(flow_value box)
{
    return flow_list(FLOW_VALUES(1, flow_share(box)));
}

TEST(input_that_is_shared_is_copied_or_refused)
{
    flow_value box = new_box(), text = flow_textf("long %d", 1);

    expect("1 !Invalid: a box of class 'thing' has other holders in its "
           "thread, and cannot go to another one; hand over the only one",
           flow_threaded(NULL, passes, shared_boxes(box), NULL));
    expect("long 1 long 1",
           flow_threaded(NULL, passes, flow_list(FLOW_VALUES(
               flow_share(text), flow_share(text))), NULL));
    flow_drop(box);
    flow_drop(text);
    all_come_back();
    MUST(boxes == 0);
}

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

/* ---- Calls in threads --------------------------------------------------- */
static flow_value squares(flow_value v, void *arg)
{
    (void)arg;
    return flow_int(v.as.num * v.as.num);
}

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
        CASE(many_results_wake_the_loop_once_and_come_as_one_row_set),
        CASE(a_loop_that_is_being_woken_is_not_woken_again),
        CASE(a_source_is_read_on_when_half_of_what_it_gave_is_read),
        CASE(a_worker_is_ahead_by_what_read_ahead_says_and_no_more),
        CASE(what_is_shared_is_copied),
        CASE(shared_lists_and_errors_are_copied_whole),
        CASE(lists_too_deep_to_look_into_do_not_cross),
        CASE(a_box_crosses_when_it_is_the_only_one),
        CASE(a_box_that_is_shared_is_refused),
        CASE(a_worker_owns_what_comes_from_its_source),
        CASE(input_that_is_shared_is_copied_or_refused),
        CASE(a_worker_that_is_never_asked_never_begins),
        CASE(a_worker_without_room_is_told_that_nobody_listens),
        CASE(a_worker_without_input_is_told_that_nobody_listens),
        CASE(closing_does_not_wait_for_a_worker_that_never_gives_again),
        CASE(what_a_worker_blocks_in_is_interrupted_by_closing),
        CASE(signals_are_left_to_the_threads_of_loops),
        CASE(a_failure_after_closing_is_reported),
        CASE(a_deferred_that_is_released_closes_the_worker),
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
        CASE(an_iterable_runs_in_a_thread),
        CASE(a_flow_in_a_thread_has_a_loop_of_its_own),
        CASE(what_runs_in_a_thread_of_a_pool_finds_it_as_new),
        CASE(a_flow_in_a_thread_that_waits_is_closed_at_once),
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
        CASE(random_programs_pass_everything_on_in_order),
        CASE(what_many_threads_send_comes_whole_and_each_in_its_order),
        CASE(the_loop_of_every_host_waits_for_threads),
        CASE(a_virtual_clock_stands_while_a_thread_is_to_bring_something),
    };

    return run_tests("thread", tests, sizeof tests / sizeof *tests);
}
