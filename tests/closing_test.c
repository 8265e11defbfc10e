/* SPDX-License-Identifier: MIT */
/* Closing: an answer to whoever waits, at every point, and never a leak. */
#include "harness.h"

#include <string.h>

static void woken(flow_waker *w)
{
    (void)w;
}

static flow_status pull(flow_stage *s, flow_value *out)
{
    static flow_waker waker;

    waker = (flow_waker){ woken, flow_host_here() };
    return flow_pull(s, &waker, out);
}

/* Asks n times, and lets a turn pass wherever it must wait. */
static void ask(flow_stage *s, int n)
{
    flow_host *h = flow_host_here();
    flow_value v;

    while (n-- > 0) {
        flow_status st = pull(s, &v);

        if (st == FLOW_WAIT)
            h->turn(h, true);
        else if (st != FLOW_DONE)
            flow_drop(v);
    }
}

TEST(closing_nothing_is_fine)
{
    flow_close(NULL);
}

/* ---- At every point ---------------------------------------------------- */
struct tidy { int begun, tidied, cleaned; };

static void cleans(void *p)
{
    ((struct tidy *)p)->cleaned++;
}

/* Holds something over every kind of suspension. */
static void holds(flow_gen *self, flow_stage *source, void *arg)
{
    struct tidy *t = arg;
    flow_value held = flow_textf("held over %s", "suspensions"), v;

    t->begun++;
    if (!flow_cleanup(self, cleans, t)) {
        t->tidied++;
        flow_drop(held);
        return;
    }
    flow_yield(self, "first");
    while (flow_next(self, source, &v)) {
        flow_yield(self, v);
        flow_cooperate(self, 0);
    }
    flow_cooperate(self, 2);
    if (!disturbed() || flow_closing(self) || flow_fails(held))
        flow_yield(self, flow_share(held));
    t->tidied++;
    flow_drop(held);
}

static flow_stage *holding(flow_stage *source, struct tidy *t)
{
    return flow_generate(holds, source, t);
}

TEST(a_body_that_is_closed_at_any_point_tidies_up)
{
    struct tidy t[3] = {{ 0 }};
    int closed = 0;

    for (int asks = 0; asks < 30; asks++) {
        flow_stage *s = watched_script("a.b_c", &closed);

        s = holding(holding(holding(s, &t[0]), &t[1]), &t[2]);
        ask(s, asks);
        flow_close(s);
        MUST(closed == asks + 1);
        for (int n = 0; n < 3; n++)
            MUST(t[n].begun == t[n].tidied && t[n].begun == t[n].cleaned);
    }
}

TEST(a_flow_that_is_cut_short_tidies_up)
{
    struct tidy t = { 0 };
    int closed = 0;

    expect("first a b held over suspensions",
           holding(watched_script("a.b", &closed), &t));
    MUST(closed == 1 && t.begun == t.tidied && t.begun == t.cleaned);
}

TEST(a_body_that_has_not_begun_does_not_begin)
{
    struct tidy t = { 0 };
    int closed = 0;

    flow_close(holding(watched_script("ab", &closed), &t));
    MUST(closed == 1 && t.begun == 0);
}

TEST(what_was_read_ahead_is_dropped)
{
    struct tidy t = { 0 };
    flow_stage *s = flow_read_ahead(holding(script("abcd"), &t), 4);

    ask(s, 1);
    flow_close(s);
    MUST(t.begun == t.tidied);
}

/* ---- What a closed body sees ------------------------------------------- */
struct seen { bool closing_before, closing_after, any_true; int answers; };

static void sees(flow_gen *self, flow_stage *source, void *arg)
{
    struct seen *seen = arg;
    flow_value v, *set;
    size_t n;

    seen->closing_before = flow_closing(self);
    flow_yield(self, 1);
    seen->closing_after = flow_closing(self);
    if (!flow_closing(self))
        return;
    seen->any_true = flow_yield(self, flow_text("dropped", 7))
        || flow_next(self, source, &v) || flow_wait(self, source)
        || flow_next_set(self, source, &set, &n) || flow_cooperate(self, 0)
        || flow_yield(self, flow_error(FLOW_EINVAL, 0, "dropped too"));
    seen->answers = 6;
}

TEST(every_wait_of_a_closed_body_answers_false)
{
    struct seen seen = { 0 };
    flow_stage *s = flow_generate(sees, numbers(9), &seen);

    ask(s, 1);
    flow_close(s);
    CHECK(!seen.closing_before && seen.closing_after && seen.answers == 6);
    MUST(!seen.any_true);
    (void)reports();
}

static void sends_when_closed(flow_gen *self, flow_stage *source, void *arg)
{
    flow_chan *c = flow_chan_new(4);
    flow_deferred *d = flow_defer();
    flow_value v;
    bool *any_true = arg;

    (void)source;
    flow_yield(self, 1);
    if (flow_closing(self))
        *any_true = flow_send(self, c, flow_text("sent", 4))
                 || flow_await(self, d, &v);
    flow_chan_release(c);
    flow_release(d);
}

TEST(sending_and_awaiting_answer_false_too)
{
    bool any_true = false;
    flow_stage *s = flow_generate(sends_when_closed, NULL, &any_true);

    ask(s, 1);
    flow_close(s);
    MUST(!any_true);
    (void)reports();
}

static void counts_refusals(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    while (flow_next(self, source, &v))
        if (!flow_yield(self, v))
            ++*(int *)arg;
}

TEST(the_natural_loop_ends_at_the_first_refusal)
{
    int refusals = 0;
    flow_stage *s = flow_generate(counts_refusals, numbers(9), &refusals);

    ask(s, 2);
    flow_close(s);
    CHECK(refusals == 1);
}

/* ---- Bodies that go on ------------------------------------------------- */
struct stubborn { int refused, cleaned; };

static void is_cleaned(void *p)
{
    ((struct stubborn *)p)->cleaned++;
}

static void goes_on(flow_gen *self, flow_stage *source, void *arg)
{
    struct stubborn *s = arg;

    (void)source;
    flow_cleanup(self, is_cleaned, s);
    flow_cleanup(self, is_cleaned, s);
    for (;;)
        if (!flow_yield(self, 1))
            s->refused++;
}

TEST(a_body_that_goes_on_is_given_up_and_reported)
{
    struct stubborn stubborn = { 0 };
    flow_stage *s = flow_generate(goes_on, NULL, &stubborn);

    ask(s, 2);
    flow_close(s);
    CHECK(stubborn.refused >= FLOW_PATIENCE - 1
          && stubborn.refused <= FLOW_PATIENCE + 1);
    CHECK(stubborn.cleaned == 2);
    CHECK(strstr(reports(), "goes_on") != NULL);
}

static void waits_on(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    flow_cleanup(self, is_cleaned, arg);
    for (;;)
        if (flow_next(self, source, &v))
            flow_drop(v);
        else if (!flow_closing(self))
            return;
}

TEST(a_body_that_waits_on_is_given_up_too_and_its_source_closed)
{
    struct stubborn stubborn = { 0 };
    int closed = 0;
    flow_stage *s = flow_generate(waits_on, watched_script("a_b", &closed),
                                  &stubborn);

    ask(s, 1);
    flow_close(s);
    CHECK(stubborn.cleaned == 1 && strstr(reports(), "waits_on") != NULL);
    MUST(closed == 1);
}

TEST(a_stubborn_body_does_not_keep_others_from_tidying_up)
{
    struct stubborn stubborn = { 0 };
    struct tidy below = { 0 }, above = { 0 };
    flow_stage *s = holding(script("a_b_c"), &below);

    s = holding(flow_generate(waits_on, s, &stubborn), &above);
    ask(s, 6);
    flow_close(s);
    MUST(below.begun == below.tidied && above.begun == above.tidied);
    (void)reports();
}

static void ends_late(flow_gen *self, flow_stage *source, void *arg)
{
    int *n = arg;

    (void)source;
    flow_yield(self, 1);
    while (*n > 0 && !flow_yield(self, 1))
        --*n;
}

TEST(patience_is_long_enough_for_some_more_calls)
{
    int n = FLOW_PATIENCE - 3;
    flow_stage *s = flow_generate(ends_late, NULL, &n);

    ask(s, 1);
    flow_close(s);
    CHECK(n == 0 && strcmp(reports(), "") == 0);
}

/* ---- Closing inside a flow --------------------------------------------- */
static void closes_inner(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    while (flow_next(self, source, &v)) {
        flow_stage *s = holding(script("ab.c"), arg);
        flow_value first;

        if (flow_next(self, s, &first))
            flow_drop(first);
        flow_close(s);
        flow_yield(self, v);
    }
}

TEST(a_body_may_close_a_flow_it_was_reading)
{
    struct tidy t = { 0 };

    expect("1 2 3", flow_generate(closes_inner, numbers(3), &t));
    MUST(t.begun == t.tidied && t.begun == t.cleaned);
}

static void closes_when_closed(flow_gen *self, flow_stage *source, void *arg)
{
    flow_stage *s = holding(script("ab.c"), arg);
    flow_value v;

    (void)source;
    if (flow_next(self, s, &v))
        flow_yield(self, v);
    flow_close(s);
}

TEST(a_body_that_is_closed_may_close_others)
{
    struct tidy t = { 0 };
    flow_stage *s = flow_generate(closes_when_closed, NULL, &t);

    ask(s, 1);
    flow_close(s);
    MUST(t.begun == t.tidied && t.begun == t.cleaned);
}

static void reads_when_closed(flow_gen *self, flow_stage *source, void *arg)
{
    flow_stage *s;
    flow_value v;

    (void)source;
    flow_yield(self, 1);
    s = holding(numbers(3), arg);
    while (flow_next(self, s, &v))
        flow_drop(v);
    flow_close(s);
}

TEST(a_closed_body_cannot_read_a_flow_made_after)
{
    struct tidy t = { 0 };
    flow_stage *s = flow_generate(reads_when_closed, NULL, &t);

    ask(s, 1);
    flow_close(s);
    CHECK(t.begun == 0);
}

struct closing { flow_task task; flow_stage *s; };

static void closes(flow_task *t)
{
    struct closing *c = (struct closing *)(void *)t;

    flow_close(c->s);
    c->s = NULL;
}

TEST(a_flow_may_be_closed_by_the_loop)
{
    struct tidy t = { 0 };
    struct closing c = { .task.call = closes };
    flow_host *h = flow_host_here();

    c.s = holding(holding(script("a__b"), &t), &t);
    h->post(h, &c.task, 1.5);
    for (int n = 0; n < 50 && c.s != NULL; n++)
        ask(c.s, 1);
    h->cancel(h, &c.task);
    flow_close(c.s);
    MUST(t.begun == t.tidied);
}

/* ---- Failures nobody has read ------------------------------------------ */
TEST(a_failure_that_nobody_has_read_is_reported)
{
    flow_stage *s = flow_read_ahead(script("ab!"), 4);

    ask(s, 1);
    flow_close(s);
    CHECK(strstr(reports(), "scripted") != NULL);
}

TEST(a_failure_that_was_read_is_not_reported)
{
    flow_stage *s = script("a!");

    ask(s, 3);
    flow_close(s);
    CHECK(strcmp(reports(), "") == 0);
}

static void fails_when_closed(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    if (!flow_yield(self, 1))
        flow_fail(self, FLOW_EINVAL, 0, "could not be saved");
}

TEST(a_failure_while_closing_is_reported)
{
    flow_stage *s = flow_generate(fails_when_closed, NULL, NULL);

    ask(s, 1);
    flow_close(s);
    CHECK(strstr(reports(), "could not be saved") != NULL);
}

/* ---- From inside --------------------------------------------------------- */
static flow_value closes_it(flow_value v, void *arg)
{
    flow_close(*(flow_stage **)arg);
    return v;
}

TEST(a_function_that_closes_its_operator_does_not_and_is_reported)
{
    flow_stage *s = flow_map(numbers(2), closes_it, &s);

    expect("1 2", s);
    CHECK(strstr(reports(), "closed while it runs") != NULL);
}

static void closes_reader(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    flow_close(*(flow_stage **)arg);
    flow_yield(self, 1);
}

TEST(a_body_that_closes_its_reader_does_not_and_is_reported)
{
    flow_stage *s = flow_skip(flow_generate(closes_reader, NULL, &s), 0);

    expect("1", s);
    CHECK(strstr(reports(), "closed while it runs") != NULL);
}

TEST(a_body_that_closes_itself_is_refused_and_reported)
{
    flow_stage *s = flow_generate(closes_reader, NULL, &s);

    expect("", s);
    CHECK(strstr(reports(), "closed while it runs") != NULL);
}

static flow_value asks_on(flow_value v, void *arg)
{
    flow_value w;
    flow_status st = pull(*(flow_stage **)arg, &w);

    flow_drop(v);
    return st == FLOW_FAILED ? w : flow_none();
}

TEST(an_operator_that_asks_itself_fails_as_nested)
{
    flow_stage *s = flow_named(flow_map(numbers(2), asks_on, &s), "snake");

    expect("!Nested: 'snake' asks itself for a value", s);
}

static void asks_itself(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)source;
    flow_next(self, *(flow_stage **)arg, &v);
}

TEST(a_generator_that_asks_itself_fails_as_nested)
{
    flow_stage *s = flow_generate(asks_itself, NULL, &s);

    expect("!Nested: 'asks_itself' asks itself for a value", s);
}

static void asks_itself_later(flow_gen *self, flow_stage *source, void *arg)
{
    flow_yield(self, 1);
    asks_itself(self, source, arg);
}

static void passes(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v))
        flow_yield(self, v);
}

TEST(a_generator_that_another_enters_and_that_asks_itself_fails_as_nested)
{
    flow_stage *s = flow_generate(asks_itself_later, NULL, &s);

    expect("1 !Nested: 'asks_itself_later' asks itself for a value",
           flow_generate(passes, s, NULL));
}

struct cancelling { flow_deferred *flow; int given, tidied; };

/* Runs ahead of a reader that it gives up. */
static void cancels_reader(flow_gen *self, flow_stage *source, void *arg)
{
    struct cancelling *c = arg;

    (void)source;
    for (int n = 1; flow_yield(self, n); n++)
        if (n == 3) {
            c->given = n;
            flow_cancel(c->flow);
        }
    c->tidied++;
}

TEST(what_reads_ahead_may_have_its_reader_closed)
{
    struct cancelling c = { 0 };
    flow_stage *s = flow_generate(cancels_reader, NULL, &c);

    c.flow = flow_run(flow_throttle(flow_prefetch(s, 5), 10));
    if (!disturbed()) {
        flow_loop();
        CHECK(c.given == 3 && c.tidied == 1);
    }
    flow_outcome(c.flow);
    flow_release(c.flow);
}

/* ---- Depth ------------------------------------------------------------- */
TEST(a_chain_of_thousands_is_closed_while_it_waits)
{
    struct tidy t = { 0 };
    flow_stage *s = script("a_b");

    for (int n = 0; n < LONG_CHAIN; n++)
        s = holding(s, &t);
    for (int n = 0; n < 3; n++)
        ask(s, 1);
    flow_close(s);
    MUST(t.begun == t.tidied && t.begun == t.cleaned);
}

static void passes_on(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    ++*(int *)arg;
    while (flow_next(self, source, &v))
        flow_yield(self, v);
    --*(int *)arg;
}

TEST(a_chain_of_thousands_is_closed_between_two_values)
{
    int inside = 0;
    flow_stage *s = numbers(3);

    for (int n = 0; n < LONG_CHAIN; n++)
        s = flow_generate(passes_on, s, &inside);
    ask(s, 2);
    CHECK(inside == LONG_CHAIN);
    flow_close(s);
    MUST(inside == 0);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(closing_nothing_is_fine),
        CASE(a_body_that_is_closed_at_any_point_tidies_up),
        CASE(a_flow_that_is_cut_short_tidies_up),
        CASE(a_body_that_has_not_begun_does_not_begin),
        CASE(what_was_read_ahead_is_dropped),
        CASE(every_wait_of_a_closed_body_answers_false),
        CASE(sending_and_awaiting_answer_false_too),
        CASE(the_natural_loop_ends_at_the_first_refusal),
        CASE(a_body_that_goes_on_is_given_up_and_reported),
        CASE(a_body_that_waits_on_is_given_up_too_and_its_source_closed),
        CASE(a_stubborn_body_does_not_keep_others_from_tidying_up),
        CASE(patience_is_long_enough_for_some_more_calls),
        CASE(a_body_may_close_a_flow_it_was_reading),
        CASE(a_body_that_is_closed_may_close_others),
        CASE(a_closed_body_cannot_read_a_flow_made_after),
        CASE(a_flow_may_be_closed_by_the_loop),
        CASE(a_failure_that_nobody_has_read_is_reported),
        CASE(a_failure_that_was_read_is_not_reported),
        CASE(a_failure_while_closing_is_reported),
        CASE(a_function_that_closes_its_operator_does_not_and_is_reported),
        CASE(a_body_that_closes_its_reader_does_not_and_is_reported),
        CASE(a_body_that_closes_itself_is_refused_and_reported),
        CASE(an_operator_that_asks_itself_fails_as_nested),
        CASE(a_generator_that_asks_itself_fails_as_nested),
        CASE(a_generator_that_another_enters_and_that_asks_itself_fails_as_nested),
        CASE(what_reads_ahead_may_have_its_reader_closed),
        CASE(a_chain_of_thousands_is_closed_while_it_waits),
        CASE(a_chain_of_thousands_is_closed_between_two_values),
    };
    return run_tests("closing", tests, sizeof tests / sizeof *tests);
}
