/* SPDX-License-Identifier: MIT */
/* What happens rarely: at the largest sizes, in states that last a moment, and
 * to those who wake, close and list out of turn. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- The largest sizes ------------------------------------------------- */
TEST(bounds_beyond_what_a_value_holds_are_cut_to_that)
{
    expect("ab", flow_join(script("ab"), SIZE_MAX));
    expect("ab", flow_netstrings(flow_once(flow_literal("2:ab,")), SIZE_MAX));
    expect("a b", flow_line_break(flow_once(flow_literal("a|b|")),
                                  &(flow_line_options){ "|", SIZE_MAX,
                                                        false, false }));
}

TEST(a_line_may_be_too_long_by_what_its_delimiter_began_with)
{
    static const flow_line_options three = { "\r\n", 3, false, false };

    expect("abc", flow_line_break(flow_list(FLOW_VALUES("abc\r", "\n")),
                                  &three));
    expect("!Limit: a line is longer than the 3 bytes that are allowed",
           flow_line_break(flow_list(FLOW_VALUES("abc\r", "d\r\n")), &three));
    expect("!Limit: a line is longer than the 3 bytes that are allowed",
           flow_line_break(flow_list(FLOW_VALUES("abc", "d\r", "\n")),
                           &three));
}

TEST(a_line_may_be_too_long_by_a_delimiter_that_began_later)
{
    expect("!Limit: a line is longer than the 3 bytes that are allowed",
           flow_line_break(flow_list(FLOW_VALUES("xxxaa", "ab")),
                           &(flow_line_options){ "aab", 3, false, false }));
}

TEST(a_delimiter_of_many_bytes_may_come_in_many_pieces)
{
    static const flow_line_options ends = { "<end>", 0, false, false };

    expect("a< b", flow_line_break(flow_list(FLOW_VALUES(
        "a<", "<e", "n", "d>", "b<en", "d>")), &ends));
}

/* ---- Waking out of turn ------------------------------------------------ */
/* Wakes whoever asks it, says that it waits, and has a value the next time. */
struct eager { int asked; };

static flow_status eager_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct eager *e = self;

    if (e->asked++ % 2 == 0) {
        flow_wake(w);
        return FLOW_WAIT;
    }
    if (e->asked > 4)
        return FLOW_DONE;
    flow_give(out, flow_int(e->asked));
    return FLOW_READY;
}

static flow_stage *eager(void)
{
    static const flow_type type = {
        .name = "eager", .size = sizeof(struct eager), .fill = eager_fill
    };

    return flow_stage_new(&type, &(struct eager){ 0 });
}

TEST(a_source_that_wakes_its_reader_before_it_waits_is_asked_again)
{
    flow_stage *end;

    flow_tee(eager(), 2, &end, 1);
    expect("2 4", end);
    expect("2 4", flow_prefetch(eager(), 2));
    expect("2 4", flow_merge(FLOW_STAGES(eager())));
    expect("2 4", flow_skip(eager(), 0));
}

/* Wakes whoever asks it, and ends all the same. */
static flow_status wakes_and_ends(void *self, flow_stage *out, flow_waker *w)
{
    (void)self;
    (void)out;
    flow_wake(w);
    return FLOW_DONE;
}

TEST(an_input_that_wakes_while_it_ends_is_not_asked_again)
{
    static const flow_type type = { .name = "hasty", .fill = wakes_and_ends };

    expect("", flow_merge(FLOW_STAGES(flow_stage_new(&type, ""))));
    expect("a b", flow_merge(FLOW_STAGES(flow_stage_new(&type, ""),
                                         script(".a.b"))));
}

/* Keeps the last waker it was given, also when it is closed. */
static flow_waker *kept;

static flow_status keeps_waker(void *self, flow_stage *out, flow_waker *w)
{
    (void)self;
    (void)out;
    kept = w;
    return FLOW_WAIT;
}

static flow_stage *keeper(void)
{
    static const flow_type type = { .name = "keeper", .fill = keeps_waker };

    return flow_stage_new(&type, "");
}

static void nobody(flow_waker *w)
{
    (void)w;
}

static flow_status pull(flow_stage *s, flow_value *out)
{
    static flow_waker waker;

    waker = (flow_waker){ nobody, flow_host_here() };
    *out = flow_none();
    return flow_pull(s, &waker, out);
}

TEST(an_input_that_wakes_after_it_was_closed_wakes_nobody)
{
    flow_stage *s = flow_race(FLOW_STAGES(keeper(), script(".a.b")));
    flow_value v;

    kept = NULL;
    CHECK(pull(s, &v) == FLOW_WAIT);
    flow_drop(v);
    flow_host_here()->turn(flow_host_here(), true);
    CHECK(pull(s, &v) == FLOW_READY);
    flow_drop(v);
    flow_wake(disturbed() ? NULL : kept);
    expect(disturbed() ? "" : "b", s);
}

/* ---- Failing while another failure waits --------------------------------- */
/* Reads each box it is handed to its end. */
static void reads_boxes(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value box, v;

    (void)arg;
    while (flow_next(self, source, &box)) {
        flow_stage *s = flow_stage_of(&box);

        while (flow_ready(s) > 0 && flow_next(self, s, &v))
            flow_yield(self, v);
        flow_drop(box);
    }
}

/* The second has been asked before, and so has something ready when the first
 * fails; there may be no memory to hand it out. */
TEST(what_is_ready_comes_before_the_failure_of_another)
{
    flow_stage *asked = numbers(2);
    flow_waker w = { nobody, flow_host_here() };
    bool ready = flow_fill(asked, &w) == FLOW_READY;

    expect(ready ? "1 !Invalid: scripted" : "!Invalid: scripted",
           flow_generate(reads_boxes,
                         flow_concurrent(FLOW_STAGES(script("!"), asked)),
                         NULL));
}

/* ---- Generators in odd moments ------------------------------------------- */
static void passes_on(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v))
        flow_yield(self, v);
}

/* Gives numbers, then closes itself, and does not take no for an answer. */
struct clinging { flow_stage *itself; int before, after; };

static void clings(flow_gen *self, flow_stage *source, void *arg)
{
    struct clinging *c = arg;
    int n = 0;

    (void)source;
    while (n < c->before && flow_yield(self, n + 1))
        n++;
    while (n < c->before + c->after && flow_yield(self, n + 1))
        n++;
    if (!flow_closing(self))
        flow_close(c->itself);
    for (;;)
        flow_yield(self, 99);
}

static flow_stage *clinging(struct clinging *c, size_t ahead)
{
    c->itself = flow_read_ahead(flow_generate(clings, NULL, c), ahead);
    return flow_generate(passes_on, c->itself, NULL);
}

TEST(one_that_closes_itself_and_goes_on_is_given_up_when_asked_again)
{
    struct clinging c = { NULL, 1, 0 };

    expect("1", clinging(&c, 1));
    CHECK(strstr(reports(), "'clings' was closed while it runs") != NULL);
    CHECK(strstr(reports(), "was given up") != NULL);
}

TEST(one_that_closes_itself_and_goes_on_is_given_up_when_closed)
{
    struct clinging c = { NULL, 2, 1 };
    flow_stage *s = clinging(&c, 2);
    flow_value v;
    int n = 0;

    while (n < 3 && flow_block(s, &v))
        CHECK(v.as.num == ++n);
    CHECK(n == 3);
    flow_close(s);
    CHECK(strstr(reports(), "was given up") != NULL);
}

static void fails_while_closed(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value error;

    (void)source;
    while (flow_yield(self, 1))
        ;
    flow_fail(self, FLOW_EFORMAT, 0, "too late");
    *(bool *)arg = flow_catch(self, FLOW_EFORMAT, &error);
    if (*(bool *)arg)
        flow_drop(error);
    *(bool *)arg &= !flow_yield(self, 2);
}

TEST(one_that_is_closed_may_catch_its_failure_and_is_closed_still)
{
    bool caught = false;
    flow_stage *s = flow_generate(fails_while_closed, NULL, &caught);
    flow_value v;

    CHECK(flow_block(s, &v));
    flow_close(s);
    CHECK(caught);
    reports();
}

/* ---- Sets -------------------------------------------------------------- */
TEST(a_flow_that_gives_sets_fires_with_the_last_of_the_last)
{
    flow_deferred *d = flow_run(flow_list(FLOW_VALUES(
        flow_textf("%d", 1), flow_textf("%d", 2), flow_textf("%d", 3))));
    const flow_value *v = flow_outcome(d);

    CHECK(v != NULL && v->kind == FLOW_TEXT && *flow_chars(v, NULL) == '3');
    flow_outcome(d);
    flow_release(d);
}

/* ---- Listing what lasts a moment --------------------------------------- */
static char listing[4096];

static const char *dump(void)
{
    int ends[2];
    ssize_t n;

    if (pipe(ends) != 0)
        return "";
    flow_dump(ends[1]);
    close(ends[1]);
    n = read(ends[0], listing, sizeof listing - 1);
    listing[n > 0 ? n : 0] = '\0';
    close(ends[0]);
    return listing;
}

struct with_source { flow_stage *source; };

static flow_status waits_alone(void *self, flow_stage *out, flow_waker *w)
{
    (void)self;
    (void)out;
    (void)w;
    return FLOW_WAIT;
}

TEST(who_waits_without_a_word_is_listed_as_waiting_for_an_input)
{
    static const flow_type type = {
        .name = "silent", .size = sizeof(struct with_source),
        .fill = waits_alone, .inputs = flow_first_input
    };
    flow_stage *s = flow_stage_new(&type, &(struct with_source){ numbers(1) });
    flow_value v;

    CHECK(pull(s, &v) == FLOW_WAIT);
    CHECK(strstr(dump(), ": waits for an input\n") != NULL);
    flow_drop(v);
    flow_close(s);
}

static flow_status gives_and_fails(void *self, flow_stage *out, flow_waker *w)
{
    (void)self;
    (void)w;
    return flow_raise_in(out, flow_error(FLOW_EINVAL, 0, "not read"));
}

static void yields_and_fails(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_yield(self, 1);
    flow_fail(self, FLOW_EINVAL, 0, "not read");
}

TEST(a_failure_that_has_not_been_told_is_listed)
{
    static const flow_type type = { .name = "fails", .fill = gives_and_fails };
    flow_stage *s = flow_stage_new(&type, "");
    flow_stage *g = flow_read_ahead(flow_generate(yields_and_fails, NULL, NULL),
                                    4);
    flow_waker w = { nobody, flow_host_here() };
    flow_value v;

    CHECK(flow_fill(s, &w) == FLOW_FAILED);
    CHECK(strstr(dump(), "has failed") != NULL);
    flow_close(s);
    CHECK(pull(g, &v) == FLOW_READY);
    CHECK(strstr(dump(), "has failed") != NULL);
    flow_drop(v);
    flow_close(g);
    CHECK(strstr(reports(), "not read") != NULL);
}

/* Gives one more than are read ahead; `arg`: then fails. */
static void gives_five(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    for (int n = 1; n <= 5 && flow_yield(self, n); n++)
        ;
    if (arg != NULL)
        flow_fail(self, FLOW_EINVAL, 0, "not read");
}

/* Lists it when its reader has all that it gave, but has not asked how it
 * ended. */
static const char *dump_after_five(void *fails)
{
    flow_stage *s = flow_generate(
        passes_on, flow_read_ahead(flow_generate(gives_five, NULL, fails), 4),
        NULL);
    flow_value v;

    for (int n = 1; n <= 5; n++)
        CHECK(flow_block(s, &v) && v.as.num == n);
    dump();
    flow_close(s);
    return listing;
}

TEST(how_a_generator_ended_is_listed_before_it_was_asked)
{
    bool fails = true;

    CHECK(strstr(dump_after_five(NULL), ": ended") != NULL);
    CHECK(strstr(dump_after_five(&fails), ": has failed") != NULL);
    CHECK(strstr(reports(), "not read") != NULL);
}

/* ---- A listing that is interrupted --------------------------------------- */
static int listed_to[2];
static int ticks;

/* The third empties the pipe. */
static void tick(int signal)
{
    int before = errno;
    char some[4096];

    (void)signal;
    if (++ticks == 3)
        while (read(listed_to[0], some, sizeof some) > 0)
            ;
    errno = before;
}

static void fill_pipe(void)
{
    char some[4096] = "";

    while (write(listed_to[1], some, sizeof some) > 0)
        ;
    fcntl(listed_to[1], F_SETFL, 0);
}

static void dump_ticking(void)
{
    struct sigaction act = { .sa_handler = tick }, before;
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2
    };
    struct itimerspec each = { { 0, 1000000 }, { 0, 1000000 } };
    timer_t timer;

    ticks = 0;
    sigaction(SIGUSR2, &act, &before);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
        return;
    timer_settime(timer, 0, &each, NULL);
    flow_dump(listed_to[1]);
    timer_delete(timer);
    sigaction(SIGUSR2, &before, NULL);
}

TEST(a_listing_goes_on_after_signals)
{
    flow_stage *s = numbers(1);
    ssize_t n;

    MUST(pipe2(listed_to, O_NONBLOCK) == 0);
    fill_pipe();
    dump_ticking();
    n = read(listed_to[0], listing, sizeof listing - 1);
    listing[n > 0 ? n : 0] = '\0';
    CHECK(strncmp(listing, "1 flow of 1 stage\nnumbers ", 26) == 0);
    close(listed_to[0]);
    close(listed_to[1]);
    flow_close(s);
}

TEST(a_listing_that_nobody_takes_does_no_harm)
{
    flow_stage *s = numbers(1);

    flow_dump(-1);
    flow_close(s);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(bounds_beyond_what_a_value_holds_are_cut_to_that),
        CASE(a_line_may_be_too_long_by_what_its_delimiter_began_with),
        CASE(a_line_may_be_too_long_by_a_delimiter_that_began_later),
        CASE(a_delimiter_of_many_bytes_may_come_in_many_pieces),
        CASE(a_source_that_wakes_its_reader_before_it_waits_is_asked_again),
        CASE(an_input_that_wakes_while_it_ends_is_not_asked_again),
        CASE(an_input_that_wakes_after_it_was_closed_wakes_nobody),
        CASE(what_is_ready_comes_before_the_failure_of_another),
        CASE(one_that_closes_itself_and_goes_on_is_given_up_when_asked_again),
        CASE(one_that_closes_itself_and_goes_on_is_given_up_when_closed),
        CASE(one_that_is_closed_may_catch_its_failure_and_is_closed_still),
        CASE(a_flow_that_gives_sets_fires_with_the_last_of_the_last),
        CASE(who_waits_without_a_word_is_listed_as_waiting_for_an_input),
        CASE(a_failure_that_has_not_been_told_is_listed),
        CASE(how_a_generator_ended_is_listed_before_it_was_asked),
        CASE(a_listing_goes_on_after_signals),
        CASE(a_listing_that_nobody_takes_does_no_harm),
    };
    return run_tests("rare", tests, sizeof tests / sizeof *tests);
}
