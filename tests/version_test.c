/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <flow/version.h>

#include <string.h>

TEST(the_library_tells_the_version_of_its_build)
{
    CHECK(strcmp(flow_version(), FLOW_VERSION) == 0);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(the_library_tells_the_version_of_its_build),
    };
    return run_tests("version", tests, sizeof tests / sizeof *tests);
}
