/* SPDX-License-Identifier: MIT */
/* PLACEHOLDER, to be replaced. */
#include <flow/net.h>

#include "harness.h"

static void the_loop_has_a_version(void)
{
    CHECK(flow_net_loop_version()[0] == '1');
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        TEST(the_loop_has_a_version),
    };
    return RUN_TESTS(argc, argv, tests);
}
