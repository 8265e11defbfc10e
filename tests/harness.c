/* SPDX-License-Identifier: MIT */
/* Output is flushed after each test, so that a crash shows which one it was. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

static bool test_holds;

bool check(bool holds, const char *what, const char *file, int line)
{
    if (!holds) {
        printf("%s:%d: does not hold: %s\n", file, line, what);
        test_holds = false;
    }
    return holds;
}

bool check_text(const char *is, const char *wanted, const char *file, int line)
{
    bool same = is != NULL && strcmp(is, wanted) == 0;

    if (!same) {
        printf("%s:%d: \"%s\" instead of \"%s\"\n", file, line,
               is != NULL ? is : "(null)", wanted);
        test_holds = false;
    }
    return same;
}

static bool is_asked_for(const struct test *t, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], t->says) == 0)
            return true;
    return argc <= 1;
}

int run_tests(int argc, char **argv, const struct test *tests, size_t n)
{
    int passed = 0;
    int failed = 0;

    for (size_t i = 0; i < n; i++) {
        if (!is_asked_for(&tests[i], argc, argv))
            continue;
        test_holds = true;
        tests[i].run();
        printf("%s %s\n", test_holds ? "ok    " : "FAILED", tests[i].says);
        fflush(stdout);
        if (test_holds)
            passed++;
        else
            failed++;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
