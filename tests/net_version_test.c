/* SPDX-License-Identifier: MIT */
/* PLACEHOLDER, to be replaced. */
#include "harness.h"

#include <flow/net.h>

TEST(the_loop_has_a_version)
{
    CHECK(flow_net_loop_version()[0] == '1');
}

int main(void)
{
    static const struct test tests[] = {
        CASE(the_loop_has_a_version),
    };
    return run_tests("net_version", tests, sizeof tests / sizeof *tests);
}
