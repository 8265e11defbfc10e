/* SPDX-License-Identifier: MIT */
/* Errors: their classes, causes and traces; settled, and raised again. */
#include "harness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const flow_error_class io_error[1] = {{ "IOError", FLOW_EANY }};
static const flow_error_class disk_error[1] = {{ "DiskError", io_error }};

/* ---- What an error is -------------------------------------------------- */
TEST(an_error_is_of_its_class_and_of_those_above)
{
    flow_value e = flow_error(disk_error, 5, "full");

    CHECK(flow_is(&e, disk_error) && flow_is(&e, io_error));
    MUST(flow_is(&e, FLOW_EANY));
    CHECK(!flow_is(&e, FLOW_EINVAL));
    CHECK(flow_class_of(&e) == disk_error);
    flow_drop(e);
}

TEST(an_error_of_a_class_is_none_of_a_class_below)
{
    flow_value e = flow_error(io_error, 0, "trap");

    CHECK(!flow_is(&e, disk_error));
    flow_drop(e);
}

TEST(an_error_tells_its_code_and_message)
{
    flow_value e = flow_error(io_error, 7, "no %s since %d", "disk", 1970);

    CHECK(flow_code(&e) == 7);
    CHECK(strcmp(flow_message(&e), "no disk since 1970") == 0);
    CHECK(flow_cause(&e) == NULL);
    flow_drop(e);
}

TEST(what_is_no_error_has_nothing_of_one)
{
    flow_value v = flow_literal("fine");

    MUST(!flow_is(&v, FLOW_EANY) && !flow_is_failure(v) && flow_code(&v) == 0);
    MUST(strcmp(flow_message(&v), "") == 0);
    MUST(flow_cause(&v) == NULL && flow_class_of(&v) == NULL);
}

TEST(a_system_error_has_the_number_and_its_text)
{
    flow_value e = flow_system_error(ENOENT, "cannot open %s", "nowhere");

    CHECK(flow_class_of(&e) == FLOW_ESYSTEM && flow_code(&e) == ENOENT);
    CHECK(strstr(flow_message(&e), "cannot open nowhere") != NULL);
    CHECK(strstr(flow_message(&e), strerror(ENOENT)) != NULL);
    flow_drop(e);
}

TEST(every_class_of_the_library_has_its_name_and_is_an_error)
{
#define X(class, says, above)                                                \
    MUST(strcmp(class->name, says) == 0);                                    \
    MUST(class->base == above);
    FLOW_ERRORS(X)
#undef X
}

TEST(without_memory_an_error_is_one_of_memory)
{
    flow_value e = flow_error(io_error, 3, "%0*d", 500, 1);

    MUST(flow_is_failure(e));
    MUST(flow_is(&e, io_error) || flow_is(&e, FLOW_ENOMEM));
    flow_drop(e);
}

/* ---- Causes ------------------------------------------------------------ */
TEST(an_error_keeps_its_cause)
{
    flow_value e = flow_because(flow_error(io_error, 1, "cannot save"),
                                flow_error(disk_error, 2, "full"));
    const flow_value *cause = flow_cause(&e);

    CHECK(flow_is(&e, io_error) && !flow_is(&e, disk_error));
    CHECK(cause != NULL && flow_is(cause, disk_error));
    CHECK(cause != NULL && flow_cause(cause) == NULL);
    flow_drop(e);
}

TEST(causes_may_be_many)
{
    flow_value e = flow_error(io_error, 0, "the first");
    int depth = 0;

    for (int n = 1; n < 100; n++)
        e = flow_because(flow_error(io_error, n, "because"), e);
    for (const flow_value *c = &e; c != NULL; c = flow_cause(c))
        depth++;
    CHECK(depth == 100);
    flow_drop(e);
}

/* ---- Settling ---------------------------------------------------------- */
TEST(an_error_fails_the_flow_it_is_given_to)
{
    expect("!IOError: trap", flow_once(flow_error(io_error, 0, "trap")));
}

TEST(a_settled_error_is_a_value_like_others)
{
    flow_value e = flow_settle(flow_error(io_error, 4, "trap"));

    CHECK(e.kind == FLOW_ERROR && !flow_is_failure(e));
    CHECK(flow_is(&e, io_error) && flow_code(&e) == 4);
    expect("<IOError: trap> 2", flow_list(FLOW_VALUES(e, 2)));
}

static void raises(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    flow_raise(self, flow_share(*(flow_value *)arg));
}

TEST(a_settled_error_fails_again_when_it_is_raised)
{
    flow_value e = flow_settle(flow_error(io_error, 0, "trap"));

    expect("!IOError: trap", flow_generate(raises, NULL, &e));
    CHECK(!flow_is_failure(e));
    flow_drop(e);
}

TEST(the_same_error_may_fail_two_flows)
{
    flow_value e = flow_error(io_error, 0, "trap");

    expect("!IOError: trap", flow_generate(raises, NULL, &e));
    expect("!IOError: trap", flow_generate(raises, NULL, &e));
    flow_drop(e);
}

/* ---- Traces ------------------------------------------------------------ */
static void inner(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_fail(self, io_error, 0, "deep down");
}

static void outer(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v))
        flow_yield(self, v);
}

/* To be freed. */
static char *trace_of(const flow_value *error)
{
    static char *text;
    size_t n;
    FILE *to = open_memstream(&text, &n);

    flow_print_trace(to, error);
    fclose(to);
    return text;
}

TEST(a_trace_names_the_class_the_message_and_the_stages_passed)
{
    flow_stage *s = flow_generate(inner, NULL, NULL);
    flow_value v;

    s = flow_generate(outer, s, NULL);
    s = flow_named(flow_generate(outer, s, NULL), "outermost");
    CHECK(!flow_block(s, &v) && flow_failure(s) != NULL);
    if (flow_failure(s) != NULL) {
        char *text = trace_of(flow_failure(s));

        CHECK(strstr(text, "IOError") != NULL);
        CHECK(strstr(text, "deep down") != NULL);
        CHECK(strstr(text, "inner") != NULL);
        CHECK(strstr(text, "outermost") != NULL);
        CHECK(strstr(text, "errors_test.c:") != NULL);
        CHECK(strstr(text, "inner") < strstr(text, "outermost"));
        free(text);
    }
    flow_close(s);
}

TEST(a_trace_shows_the_causes)
{
    flow_value e = flow_because(flow_error(io_error, 1, "cannot save"),
                                flow_error(disk_error, 2, "full"));
    char *text = trace_of(&e);

    CHECK(strstr(text, "IOError") != NULL && strstr(text, "cannot save"));
    CHECK(strstr(text, "DiskError") != NULL && strstr(text, "full"));
    free(text);
    flow_drop(e);
}

TEST(a_trace_through_very_many_stages_is_bounded_or_whole)
{
    flow_stage *s = flow_generate(inner, NULL, NULL);
    flow_value v;

    for (int n = 0; n < 300; n++)
        s = flow_generate(outer, s, NULL);
    CHECK(!flow_block(s, &v) && flow_failure(s) != NULL);
    if (flow_failure(s) != NULL) {
        char *text = trace_of(flow_failure(s));

        CHECK(strstr(text, "deep down") != NULL);
        CHECK(strstr(text, "inner") != NULL);
        free(text);
    }
    flow_close(s);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(an_error_is_of_its_class_and_of_those_above),
        CASE(an_error_of_a_class_is_none_of_a_class_below),
        CASE(an_error_tells_its_code_and_message),
        CASE(what_is_no_error_has_nothing_of_one),
        CASE(a_system_error_has_the_number_and_its_text),
        CASE(every_class_of_the_library_has_its_name_and_is_an_error),
        CASE(without_memory_an_error_is_one_of_memory),
        CASE(an_error_keeps_its_cause),
        CASE(causes_may_be_many),
        CASE(an_error_fails_the_flow_it_is_given_to),
        CASE(a_settled_error_is_a_value_like_others),
        CASE(a_settled_error_fails_again_when_it_is_raised),
        CASE(the_same_error_may_fail_two_flows),
        CASE(a_trace_names_the_class_the_message_and_the_stages_passed),
        CASE(a_trace_shows_the_causes),
        CASE(a_trace_through_very_many_stages_is_bounded_or_whole),
    };
    return run_tests("errors", tests, sizeof tests / sizeof *tests);
}
