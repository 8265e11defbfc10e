/* SPDX-License-Identifier: MIT */
/* What happens rarely: at the largest sizes, in states that last a moment, and
 * to those who wake, close and list out of turn. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>
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
        CASE(a_delimiter_of_many_bytes_may_come_in_many_pieces),
        CASE(a_source_that_wakes_its_reader_before_it_waits_is_asked_again),
        CASE(an_input_that_wakes_after_it_was_closed_wakes_nobody),
        CASE(a_flow_that_gives_sets_fires_with_the_last_of_the_last),
        CASE(who_waits_without_a_word_is_listed_as_waiting_for_an_input),
        CASE(a_failure_that_has_not_been_told_is_listed),
        CASE(a_listing_that_nobody_takes_does_no_harm),
    };
    return run_tests("rare", tests, sizeof tests / sizeof *tests);
}
