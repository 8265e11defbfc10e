/* SPDX-License-Identifier: MIT */
/* How values cross between threads: in rows, with few wakes, and alone. */
#include "thread_tests.h"

#include <stdatomic.h>

/* ---- Rows of results, and waking ---------------------------------------- */
static int posted_from;
static flow_host *underneath;

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

int main(void)
{
    static const struct test tests[] = {
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
    };
    return run_tests("thread_crossing", tests, sizeof tests / sizeof *tests);
}
