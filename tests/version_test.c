/* SPDX-License-Identifier: MIT */
#include <flow/flow.h>

#include "harness.h"

static void the_version_is_that_of_the_build(void)
{
    CHECK_TEXT(flow_version(), "0.1.0");
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        TEST(the_version_is_that_of_the_build),
    };
    return RUN_TESTS(argc, argv, tests);
}
