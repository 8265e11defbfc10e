/* SPDX-License-Identifier: MIT */
/* What is told of flows from outside: the listing of all that live, those which
 * hold the loop too long, and those never finished. */
#include "harness.h"

#include "base/memory.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char listing[65536];

/* Takes out each part of the listing from `from` up to before `to`. */
static void leave_out(const char *from, const char *to)
{
    char *at = listing;

    while ((at = strstr(at, from)) != NULL) {
        char *end = strstr(at + strlen(from), to);
        memmove(at, end, strlen(end) + 1);
    }
}

static void read_listing(int from)
{
    size_t n = 0;
    ssize_t got;

    while ((got = read(from, listing + n, sizeof listing - 1 - n)) > 0)
        n += (size_t)got;
    listing[n] = 0;
    close(from);
}

/* The listing whole; it must fit into a pipe. */
static const char *dump_all(void)
{
    int ends[2];

    if (pipe(ends) != 0)
        return "";
    flow_dump(ends[1]);
    close(ends[1]);
    read_listing(ends[0]);
    return listing;
}

/* Without what differs from one machine to the next. */
static const char *dump(void)
{
    dump_all();
    leave_out(" (made at ", ": ");
    leave_out("; stack ", "\n");
    return listing;
}

static bool is(const char *text)
{
    bool same = strcmp(listing, text) == 0;

    if (!same && !disturbed())
        fprintf(stderr, "is:\n%sand not:\n%s", listing, text);
    return same;
}

/* ---- Stages to look at --------------------------------------------------- */
static void pass_on(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v))
        flow_yield(self, v);
}

static void nap(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    flow_yield(self, 1);
    flow_cooperate(self, *(double *)arg);
    flow_yield(self, 2);
}

/* Lists all flows from within one. */
static void look(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    dump();
    flow_yield(self, 1);
}

static double hour = 3600;

/* Lets so many seconds pass while flows wait. */
static void pass(double seconds)
{
    flow_stage *s = flow_generate(nap, NULL, &seconds);
    flow_value v;

    while (flow_block(s, &v))
        flow_drop(v);
    flow_failure(s);
    flow_close(s);
}

/* ---- The listing --------------------------------------------------------- */
TEST(without_flows_there_is_nothing_to_list)
{
    dump();
    CHECK(is("0 flows of 0 stages\n"));
}

TEST(a_chain_is_listed_from_its_reader_to_its_source)
{
    flow_stage *s = flow_generate(nap, NULL, &hour);

    s = flow_generate(pass_on, flow_skip(s, 0), NULL);
    dump();
    CHECK(is("1 flow of 3 stages\n"
             "pass_on: not begun\n"
             "< skip: not asked\n"
             "< nap: not begun\n"));
    flow_close(s);
}

TEST(each_stage_says_what_it_waits_for_and_since_when)
{
    flow_stage *s = flow_generate(nap, NULL, &hour);
    flow_deferred *d;

    s = flow_named(flow_generate(pass_on, s, NULL), "inner");
    d = flow_run(flow_generate(pass_on, flow_take(s, 9), NULL));
    pass(2.5);
    dump();
    CHECK(is("1 flow of 4 stages\n"
             "pass_on: waits for 'take'\n"
             "< take: waits for 'inner'\n"
             "< inner: waits for 'nap'\n"
             "< nap: waits for a timer, since 2.5 s\n"));
    flow_release(d);
}

TEST(results_ends_and_failures_are_listed)
{
    flow_stage *ready = flow_list(FLOW_VALUES(1, 2, 3));
    flow_stage *ended = flow_list(FLOW_VALUES(1));
    flow_value v;

    if (flow_block(ready, &v) && flow_block(ended, &v)
        && !flow_block(ended, &v)) {
        dump();
        CHECK(is("2 flows of 2 stages\n"
                 "list: ended\n"
                 "list: 2 results ready\n"));
    }
    flow_failure(ready);
    flow_failure(ended);
    flow_close(ready);
    flow_close(ended);
}

TEST(a_flow_can_list_itself)
{
    flow_stage *s = flow_skip(flow_generate(look, NULL, NULL), 0);
    flow_value v;

    listing[0] = 0;
    flow_block(s, &v);
    CHECK(is("1 flow of 2 stages\nskip: running\n< look: running\n"));
    flow_failure(s);
    flow_close(s);
}

TEST(the_inputs_of_one_stage_stand_below_it)
{
    flow_stage *a = flow_named(flow_generate(nap, NULL, &hour), "a");
    flow_stage *b = flow_generate(pass_on, flow_once(flow_int(1)), NULL);
    flow_stage *s = flow_skip(flow_merge(FLOW_STAGES(a, b)), 1);

    dump();
    CHECK(is("1 flow of 5 stages\n"
             "skip: not asked\n"
             "< merge: not asked\n"
             "    a: not begun\n"
             "    pass_on: not begun\n"
             "    < once: not asked\n"));
    flow_close(s);
}

TEST(long_chains_are_cut)
{
    flow_stage *s = numbers(1);

    for (int i = 1; i < 100; i++)
        s = flow_skip(s, 1);
    dump();
    CHECK(strncmp(listing, "1 flow of 100 stages\nskip: ", 27) == 0);
    CHECK(strstr(listing, "\n... and 36 more\n") != NULL);
    flow_close(s);
}

TEST(many_inputs_and_many_flows_are_cut)
{
    flow_stage *s[300];

    for (int i = 0; i < 300; i++)
        s[i] = flow_once(flow_int(i));
    dump();
    CHECK(strstr(listing, "\n... and 100 more flows\n") != NULL);
    s[0] = flow_merge(s, 300);
    dump();
    CHECK(strstr(listing, "\n    ... and 284 more\n") != NULL);
    flow_close(s[0]);
}

TEST(it_is_told_where_stages_were_made_and_what_stacks_they_use)
{
    flow_stage *s = flow_generate(look, NULL, NULL);
    flow_value v;

    flow_block(s, &v);
    dump_all();
    CHECK(strstr(listing, "look (made at ") != NULL);
    CHECK(strstr(listing, "dump_test.c:") != NULL);
    CHECK(strstr(listing, "; stack ") != NULL);
    CHECK(strstr(listing, " of 60 KiB\n") != NULL);
    flow_failure(s);
    flow_close(s);
}

/* A stage that is asked, but nobody's input, is shown with who waits for it. */
static void ask_other(flow_gen *self, flow_stage *source, void *other)
{
    flow_value v;

    (void)source;
    flow_next(self, other, &v);
}

TEST(a_stage_that_is_only_asked_is_listed_with_its_reader)
{
    flow_stage *other = flow_named(never(), "other");
    flow_deferred *d = flow_run(flow_generate(ask_other, NULL, other));

    dump();
    CHECK(strstr(listing, "1 flow of 2 stages\n"
                 "ask_other: waits for 'other'\n"
                 "< other: waits for ") == listing);
    flow_release(d);
    flow_close(other);
    dump();
    MUST(is("0 flows of 0 stages\n"));
}

/* ---- At any moment ------------------------------------------------------- */
static int signal_end;

static void on_signal(int number)
{
    (void)number;
    flow_dump(signal_end);
}

TEST(flows_are_listed_from_a_signal_handler)
{
    struct sigaction action = { .sa_handler = on_signal }, before;
    flow_deferred *d = flow_run(flow_generate(nap, NULL, &hour));
    int ends[2];

    if (pipe(ends) == 0) {
        signal_end = ends[1];
        sigaction(SIGUSR1, &action, &before);
        raise(SIGUSR1);
        sigaction(SIGUSR1, &before, NULL);
        close(ends[1]);
        read_listing(ends[0]);
        CHECK(strstr(listing, "nap (made at ") != NULL);
    }
    flow_release(d);
}

/* Waits for ever, and lists all flows when it is closed. */
static void look_back(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    flow_yield(self, 1);
    if (source != NULL)
        flow_next(self, source, &v);
    flow_cooperate(self, 3600);
    dump();
}

TEST(flows_are_listed_while_they_are_being_closed)
{
    flow_stage *a = flow_generate(look_back, NULL, NULL);
    flow_stage *b = flow_generate(look_back, flow_skip(a, 0), NULL);
    flow_stage *s = flow_take(flow_merge(FLOW_STAGES(b, never())), 2);
    flow_value v;

    for (int i = 0; i < 2; i++)
        flow_block(s, &v);
    flow_failure(s);
    flow_close(s);
    dump();
    MUST(is("0 flows of 0 stages\n"));
}

/* ---- Slow steps ---------------------------------------------------------- */
static void hold(double seconds)
{
    struct timespec t = { 0, (long)(seconds * 1e9) };

    nanosleep(&t, NULL);
}

static void slow(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_yield(self, 1);
    hold(0.15);
    flow_yield(self, 2);
}

TEST(a_stage_that_holds_the_loop_is_reported_by_name)
{
    flow_stage *s;

    flow__config.slow_step = 0.1;
    s = flow_generate(pass_on, flow_generate(slow, NULL, NULL), NULL);
    expect("1 2", s);
    flow__config.slow_step = 0;
    CHECK(strstr(reports(), "'slow' (made at ") == reports());
    CHECK(strstr(reports(), " held the loop for 0.") != NULL);
    CHECK(strstr(reports(), "pass_on") == NULL);
    reports();
}

/* ---- At exit ------------------------------------------------------------- */
static int report_end;

static void report(void *ctx, const char *text)
{
    (void)ctx;
    if (write(report_end, text, strlen(text)) < 0)
        return;
}

static void leave_flows(void)
{
    flow_stage *ended;
    flow_value v;

    flow_generate(look, NULL, NULL);
    ended = flow_list(NULL, 0);
    flow_block(ended, &v);
    flow_take(flow_named(flow_once(flow_int(1)), "inner"), 1);
    exit(0);
}

TEST(flows_never_finished_are_reported_at_exit)
{
    int ends[2], status = 0;
    pid_t child;

    if (pipe(ends) != 0)
        return;
    fflush(NULL);
    child = fork();
    if (child == 0) {
        close(ends[0]);
        report_end = ends[1];
        flow__config.report = report;
        leave_flows();
    }
    close(ends[1]);
    read_listing(ends[0]);
    waitpid(child, &status, 0);
    leave_out(" (made at ", ")");
    CHECK(is("2 flows were not finished at exit: 'take'), 'look')"));
}

int main(void)
{
    static const struct test tests[] = {
        CASE(without_flows_there_is_nothing_to_list),
        CASE(a_chain_is_listed_from_its_reader_to_its_source),
        CASE(each_stage_says_what_it_waits_for_and_since_when),
        CASE(results_ends_and_failures_are_listed),
        CASE(a_flow_can_list_itself),
        CASE(the_inputs_of_one_stage_stand_below_it),
        CASE(long_chains_are_cut),
        CASE(many_inputs_and_many_flows_are_cut),
        CASE(it_is_told_where_stages_were_made_and_what_stacks_they_use),
        CASE(a_stage_that_is_only_asked_is_listed_with_its_reader),
        CASE(flows_are_listed_from_a_signal_handler),
        CASE(flows_are_listed_while_they_are_being_closed),
        CASE(a_stage_that_holds_the_loop_is_reported_by_name),
        CASE(flows_never_finished_are_reported_at_exit),
    };

    return run_tests("dump", tests, sizeof tests / sizeof *tests);
}
