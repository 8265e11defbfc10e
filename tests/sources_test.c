/* SPDX-License-Identifier: MIT */
/* Sources, and how any stage is read: lists, steps, row sets. */
#include "harness.h"

static flow_waker waker = { .host = NULL };

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

/* ---- Lists ------------------------------------------------------------- */
TEST(a_list_gives_its_items_in_order)
{
    expect("1 two 3.5", flow_list(FLOW_VALUES(1, "two", 3.5)));
}

TEST(an_empty_list_ends_at_once)
{
    expect("", flow_list(NULL, 0));
}

TEST(a_list_takes_its_items)
{
    flow_value v = flow_text("taken", 5);
    flow_stage *s = flow_list(FLOW_VALUES(flow_share(v), flow_share(v)));

    flow_close(s);
    expect("taken", flow_once(v));
}

TEST(an_error_in_a_list_fails_it_after_the_items_before)
{
    expect("1 2 !Invalid: three",
           flow_list(FLOW_VALUES(1, 2, flow_error(FLOW_EINVAL, 0, "three"),
                                 flow_text("four", 4))));
}

TEST(once_gives_one_value)
{
    expect("only", flow_once(flow_text("only", 4)));
}

TEST(a_failed_stage_gives_its_failure_only)
{
    expect("!Limit: too much", flow_failed(flow_error(FLOW_ELIMIT, 0,
                                                      "too much")));
}

TEST(a_failed_stage_without_an_error_ends_at_once)
{
    expect("", flow_failed(flow_none()));
    expect("", flow_failed(flow_text("no error", 8)));
}

TEST(a_missing_stage_is_an_invalid_argument)
{
    flow_value v;

    MUST(pull(NULL, &v) == FLOW_FAILED);
    MUST(flow_is(&v, FLOW_EINVAL) || flow_is(&v, FLOW_ENOMEM));
    flow_drop(v);
}

/* ---- Steps ------------------------------------------------------------- */
struct count { int next, last, fails_at; };

static flow_status counts(void *state, flow_stage *out)
{
    struct count *c = state;

    if (c->next > c->last)
        return FLOW_DONE;
    if (c->next == c->fails_at) {
        c->next++;
        flow_give(out, flow_error(FLOW_EINVAL, 0, "not this one"));
        return FLOW_READY;
    }
    flow_give(out, flow_int(c->next++));
    return FLOW_READY;
}

TEST(a_step_is_called_again_and_again)
{
    struct count c = { 1, 4, 0 };

    expect("1 2 3 4", flow_iterate(counts, &c));
}

TEST(a_step_may_fail)
{
    struct count c = { 1, 4, 3 };

    expect("1 2 !Invalid: not this one", flow_iterate(counts, &c));
}

TEST(a_step_that_failed_and_is_not_done_goes_on_when_asked_again)
{
    struct count c = { 1, 3, 2 };
    flow_stage *s = flow_iterate(counts, &c);
    flow_value v;

    CHECK(pull(s, &v) == FLOW_READY && v.as.num == 1);
    CHECK(pull(s, &v) == FLOW_FAILED);
    flow_drop(v);
    CHECK(pull(s, &v) == FLOW_READY && v.as.num == 3);
    CHECK(pull(s, &v) == FLOW_DONE);
    CHECK(pull(s, &v) == FLOW_DONE);
    flow_close(s);
}

TEST(block_goes_on_with_a_step_that_failed)
{
    struct count c = { 1, 3, 2 };
    flow_stage *s = flow_iterate(counts, &c);
    flow_value v;

    CHECK(flow_block(s, &v) && v.as.num == 1);
    CHECK(!flow_block(s, &v) && flow_failure(s) != NULL);
    CHECK(flow_block(s, &v) && v.as.num == 3);
    CHECK(!flow_block(s, &v));
    (void)flow_failure(s);
    flow_close(s);
}

static flow_status fails_for_good(void *state, flow_stage *out)
{
    (void)state;
    flow_give(out, flow_int(1));
    flow_give(out, flow_error(FLOW_EINVAL, 0, "for good"));
    return FLOW_DONE;
}

TEST(a_step_that_fails_and_is_done_has_ended)
{
    flow_stage *s = flow_iterate(fails_for_good, NULL);
    flow_value v;

    CHECK(pull(s, &v) == FLOW_READY && v.as.num == 1);
    CHECK(pull(s, &v) == FLOW_FAILED);
    flow_drop(v);
    CHECK(pull(s, &v) == FLOW_DONE);
    flow_close(s);
}

static flow_status last_with_done(void *state, flow_stage *out)
{
    (void)state;
    flow_give(out, flow_text("last", 4));
    return FLOW_DONE;
}

TEST(what_a_step_gives_with_its_end_is_not_lost)
{
    expect("last", flow_iterate(last_with_done, NULL));
}

static size_t rooms[4];

static flow_status fills_its_room(void *state, flow_stage *out)
{
    int *calls = state;

    if (*calls == 2)
        return FLOW_DONE;
    rooms[*calls] = flow_room(out);
    ++*calls;
    while (flow_room(out) > 0)
        flow_give(out, flow_int(*calls));
    return FLOW_READY;
}

TEST(a_step_has_room_for_one_value)
{
    int calls = 0;

    expect("1 2", flow_iterate(fills_its_room, &calls));
    CHECK(rooms[0] == 1 && rooms[1] == 1);
}

TEST(a_step_that_reads_ahead_has_room_for_as_many)
{
    int calls = 0;
    flow_stage *s = flow_read_ahead(flow_iterate(fills_its_room, &calls), 3);
    flow_value v;

    CHECK(pull(s, &v) == FLOW_READY && rooms[0] == 3 && calls == 1);
    CHECK(flow_ready(s) == 2);
    flow_close(s);
    calls = 0;
    s = flow_read_ahead(flow_iterate(fills_its_room, &calls), 3);
    if (!disturbed())
        expect("1 1 1 2 2 2", s);
    else
        flow_close(s);
}

static flow_status gives_too_much(void *state, flow_stage *out)
{
    (void)state;
    for (int n = 0; n < 5; n++)
        flow_give(out, flow_textf("value %d", n));
    return FLOW_DONE;
}

TEST(what_a_step_gives_beyond_its_room_harms_nobody)
{
    flow_stage *s = flow_iterate(gives_too_much, NULL);
    flow_value v;

    CHECK(pull(s, &v) == FLOW_READY);
    flow_drop(v);
    CHECK(pull(s, &v) == FLOW_FAILED && flow_is(&v, FLOW_ELIMIT));
    flow_drop(v);
    CHECK(pull(s, &v) == FLOW_DONE);
    flow_close(s);
}

/* ---- Row sets ---------------------------------------------------------- */
TEST(all_that_is_ready_is_read_at_once)
{
    int calls = 0;
    flow_stage *s = flow_read_ahead(flow_iterate(fills_its_room, &calls), 4);
    flow_set set = { 0 };

    waker = (flow_waker){ woken, flow_host_here() };
    CHECK(flow_pull_set(s, &waker, &set) == FLOW_READY && set.n == 4);
    CHECK(flow_pull_set(s, &waker, &set) == FLOW_READY && set.n == 4);
    CHECK(flow_pull_set(s, &waker, &set) == FLOW_DONE);
    flow_close(s);
}

TEST(a_set_comes_before_the_failure)
{
    flow_stage *s = flow_list(FLOW_VALUES(
        1, 2, flow_error(FLOW_EINVAL, 0, "three")));
    flow_set set = { 0 };
    size_t n = 0;
    flow_status st;

    waker = (flow_waker){ woken, flow_host_here() };
    while ((st = flow_pull_set(s, &waker, &set)) == FLOW_READY)
        n += set.n;
    CHECK(n == 2 && st == FLOW_FAILED && flow_is(&set.error, FLOW_EINVAL));
    if (st == FLOW_FAILED)
        flow_drop(set.error);
    CHECK(flow_pull_set(s, &waker, &set) == FLOW_DONE);
    flow_close(s);
}

TEST(filling_takes_nothing)
{
    flow_stage *s = script("a.b");
    flow_value v;

    waker = (flow_waker){ woken, flow_host_here() };
    CHECK(flow_fill(s, &waker) == FLOW_READY && flow_ready(s) == 1);
    CHECK(flow_fill(s, &waker) == FLOW_READY && flow_ready(s) == 1);
    if (pull(s, &v) == FLOW_READY)
        flow_drop(v);
    CHECK(flow_fill(s, &waker) == FLOW_WAIT);
    flow_close(s);
}

TEST(a_failure_that_a_fill_has_found_is_still_there_to_be_read)
{
    flow_stage *s = script("!");
    flow_value v;

    waker = (flow_waker){ woken, flow_host_here() };
    CHECK(flow_fill(s, &waker) == FLOW_FAILED);
    CHECK(flow_fill(s, &waker) == FLOW_FAILED);
    CHECK(pull(s, &v) == FLOW_FAILED && flow_is(&v, FLOW_EINVAL));
    flow_drop(v);
    CHECK(flow_fill(s, &waker) == FLOW_DONE);
    flow_close(s);
    CHECK(reports()[0] == '\0');
}

TEST(a_script_waits_where_it_says)
{
    flow_host *h = flow_host_here();
    double start = h->now(h);

    expect("a b c", script("a.b_c"));
    CHECK(h->now(h) >= start + 1 && h->now(h) < start + 1.5);
}

TEST(a_script_fails_where_it_says)
{
    expect("a b !Invalid: scripted", script("a.b!c"));
}

TEST(a_stage_that_is_closed_closes_its_self_once)
{
    int closed = 0;

    expect("a b", watched_script("a.b", &closed));
    MUST(closed == 1);
}

/* ---- Stages of one's own ----------------------------------------------- */
struct doubled { flow_stage *source; };

/* Numbers only; they are changed where they are, and lent on. */
static flow_status doubled_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct doubled *d = self;
    flow_set set = { 0 };
    flow_status st = flow_pull_set(d->source, w, &set);

    if (st != FLOW_READY)
        return flow_pass(out, st, set.error);
    for (size_t i = 0; i < set.n; i++)
        if (set.v[i].kind == FLOW_INT)
            set.v[i].as.num *= 2;
    flow_lend(out, set.v, set.n);
    return FLOW_READY;
}

static flow_stage *doubled(flow_stage *source)
{
    static const flow_type type = {
        .name = "doubled", .size = sizeof(struct doubled),
        .fill = doubled_fill, .inputs = flow_first_input
    };

    return flow_stage_new(&type, &(struct doubled){ source });
}

TEST(a_stage_may_lend_what_it_was_given)
{
    expect("2 4 6", doubled(numbers(3)));
    expect("2 4 6", doubled(flow_read_ahead(numbers(3), 2)));
    expect("4 8 12 16 20", doubled(doubled(flow_read_ahead(numbers(5), 3))));
}

TEST(lent_values_that_nobody_read_are_dropped)
{
    flow_value text = flow_text("lent", 4);
    flow_stage *s = flow_read_ahead(flow_list(FLOW_VALUES(
        flow_share(text), flow_share(text), flow_share(text))), 3);
    flow_value v;

    s = doubled(s);
    if (pull(s, &v) == FLOW_READY)
        flow_drop(v);
    flow_close(s);
    flow_drop(text);
}

static flow_status fails_oddly(void *self, flow_stage *out, flow_waker *w)
{
    (void)self;
    (void)w;
    return flow_raise_in(out, flow_text("no error", 8));
}

TEST(a_stage_fails_with_errors_only)
{
    static const flow_type odd = { .name = "odd", .fill = fails_oddly };

    expect("!Invalid: 'odd' failed with a value that is no error",
           flow_stage_new(&odd, ""));
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_list_gives_its_items_in_order),
        CASE(an_empty_list_ends_at_once),
        CASE(a_list_takes_its_items),
        CASE(an_error_in_a_list_fails_it_after_the_items_before),
        CASE(once_gives_one_value),
        CASE(a_failed_stage_gives_its_failure_only),
        CASE(a_failed_stage_without_an_error_ends_at_once),
        CASE(a_missing_stage_is_an_invalid_argument),
        CASE(a_step_is_called_again_and_again),
        CASE(a_step_may_fail),
        CASE(a_step_that_failed_and_is_not_done_goes_on_when_asked_again),
        CASE(block_goes_on_with_a_step_that_failed),
        CASE(a_step_that_fails_and_is_done_has_ended),
        CASE(what_a_step_gives_with_its_end_is_not_lost),
        CASE(a_step_has_room_for_one_value),
        CASE(a_step_that_reads_ahead_has_room_for_as_many),
        CASE(what_a_step_gives_beyond_its_room_harms_nobody),
        CASE(all_that_is_ready_is_read_at_once),
        CASE(a_set_comes_before_the_failure),
        CASE(filling_takes_nothing),
        CASE(a_failure_that_a_fill_has_found_is_still_there_to_be_read),
        CASE(a_script_waits_where_it_says),
        CASE(a_script_fails_where_it_says),
        CASE(a_stage_that_is_closed_closes_its_self_once),
        CASE(a_stage_may_lend_what_it_was_given),
        CASE(lent_values_that_nobody_read_are_dropped),
        CASE(a_stage_fails_with_errors_only),
    };
    return run_tests("sources", tests, sizeof tests / sizeof *tests);
}
