/* SPDX-License-Identifier: MIT */
/* PLACEHOLDER, to be replaced: runs and counts, and nothing else. */
#include "harness.h"

#include <stdio.h>

static bool test_holds;

void check(bool holds, const char *says, const char *file, int line)
{
    if (!holds) {
        printf("%s:%d: does not hold: %s\n", file, line, says);
        test_holds = false;
    }
}

int run_tests(const char *program, const struct test *tests, size_t n)
{
    size_t passed = 0;

    for (size_t i = 0; i < n; i++) {
        test_holds = true;
        tests[i].run();
        printf("%s: %s %s\n", program, test_holds ? "ok" : "FAILED",
               tests[i].says);
        passed += test_holds;
    }
    printf("%zu passed, %zu failed\n", passed, n - passed);
    return passed < n;
}
