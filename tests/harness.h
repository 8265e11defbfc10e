/* SPDX-License-Identifier: MIT */
/* What every test program uses.
 *
 *     TEST(map_applies_its_function_to_each_value)
 *     {
 *         expect("2 4 6", flow_map(numbers(3), twice, NULL));
 *     }
 *
 *     int main(void)
 *     {
 *         static const struct test tests[] = {
 *             CASE(map_applies_its_function_to_each_value),
 *         };
 *         return run_tests("map", tests, sizeof tests / sizeof *tests);
 *     }
 *
 * Each test runs on a virtual clock, plainly; then again and again with its
 * first, second, ... allocation failing, once and from then on; then with each
 * flow that is expected closed, or past a deadline, at its first, second, ...
 * suspension. After each run nothing may be allocated any more.
 *
 * FLOW_TORTURE=none, quick (the default: a bound on the runs of each kind),
 * full, or kind:number, as a failure names it, for that run alone.
 * FLOW_TEST=name: that test alone. / */
#ifndef FLOW_TEST_HARNESS_H
#define FLOW_TEST_HARNESS_H

#include <flow/flow.h>

struct test { const char *says; void (*run)(void); };
#define TEST(name) static void name(void)
#define CASE(name) { #name, name }

/* Runs all, prints `N passed, N failed`, gives the exit status. */
int run_tests(const char *program, const struct test *tests, size_t n);

/* Runs each once, and leaves the library as a new process has it: for tests
 * that make processes. */
int run_processes(const char *program, const struct test *tests, size_t n);

/* Drives s to its end and closes it. Its values, written with flow_write and
 * joined by a space, then for a failure `!Class: message`, must be `text`.
 * While something is made to go wrong, they must be a beginning of it, followed
 * by the failure that was brought about, or nothing. */
void expect(const char *text, flow_stage *s);

/* Must be true; once an allocation has been made to fail it is only evaluated.
 */
#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)
void check(bool holds, const char *says, const char *file, int line);

/* Must be true in every run, whatever goes wrong. */
#define MUST(condition) must((condition), #condition, __FILE__, __LINE__)
void must(bool holds, const char *says, const char *file, int line);

/* Whether an allocation of this run was made to fail, or its flow closed. */
bool disturbed(void);

/* The reports (unread failures, ...) since the test began, one a line. A test
 * in which there are some must look at them; quiet runs fail otherwise. */
const char *reports(void);

/* Generators enough that recursion from one to the next would overflow a stack.
 * To ThreadSanitizer each is a thread, slow to make, and there can be few. */
#ifdef __SANITIZE_THREAD__
enum { LONG_CHAIN = 500 };
#else
enum { LONG_CHAIN = 10000 };
#endif

/* ---- Stages to test with ----------------------------------------------- */
flow_stage *numbers(int n);             /* 1 2 ... n, by a generator         */
/* A script: letters and digits are values of text; '.' waits a turn; '_' waits
 * a second of the clock; '!' fails with FLOW_EINVAL "scripted" (not the last
 * thing it can do: the end). script("ab.c") gives a, b, and after a turn c. */
flow_stage *script(const char *text);
flow_stage *never(void);                /* waits for what does not come      */
/* As script, and *closed counts one when it is closed. */
flow_stage *watched_script(const char *text, int *closed);

#endif
