/* SPDX-License-Identifier: MIT */
/* Random trees of operators give what a simple model says; closed at any
 * moment, or without memory, a beginning of it; and they never leak.
 *
 *     trees_test [--trees N] [--seed S]
 *
 * A tree that fails names its seed: `--trees 1 --seed S` grows it again. */
#include "trees.h"

int main(int argc, char **argv)
{
    unsigned long long trees = argument(argc, argv, "--trees", 2000);
    unsigned long long seed = argument(argc, argv, "--seed", 1);
    unsigned long long failed = 0;

    harness_begin();
    for (unsigned long long i = 0; i < trees && failed < 10; i++)
        failed += !tree_holds((struct luck){ .seed = seed + i });
    printf("%llu trees from seed %llu\n", trees, seed);
    printf("%d passed, %d failed\n", failed == 0, failed > 0);
    return failed > 0;
}
