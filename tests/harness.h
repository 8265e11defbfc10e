/* SPDX-License-Identifier: MIT */
/* harness.h - what every test program is built on.
 *
 *     static void one_and_one_are_two(void)
 *     {
 *         CHECK(1 + 1 == 2);
 *     }
 *
 *     int main(int argc, char **argv)
 *     {
 *         static const struct test tests[] = {
 *             TEST(one_and_one_are_two),
 *         };
 *         return RUN_TESTS(argc, argv, tests);
 *     }
 *
 * A test's name is a sentence about behaviour. The program's arguments, if any,
 * are the names of the tests to run. The last line printed is the count,
 * `N passed, N failed`; the answer is the status to exit with. */
#ifndef FLOW_TESTS_HARNESS_H
#define FLOW_TESTS_HARNESS_H
#include <stdbool.h>
#include <stddef.h>

struct test {
    const char *says;
    void (*run)(void);
};

#define TEST(name) { #name, name }

/* A check that does not hold is printed and fails the test, which goes on. */
#define CHECK(holds) check((holds), #holds, __FILE__, __LINE__)
#define CHECK_TEXT(is, wanted) check_text((is), (wanted), __FILE__, __LINE__)

#define RUN_TESTS(argc, argv, tests) \
    run_tests((argc), (argv), (tests), sizeof(tests) / sizeof((tests)[0]))

bool check(bool holds, const char *what, const char *file, int line);
bool check_text(const char *is, const char *wanted, const char *file, int line);
int run_tests(int argc, char **argv, const struct test *tests, size_t n);

#endif
