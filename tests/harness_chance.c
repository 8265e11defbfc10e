/* SPDX-License-Identifier: MIT */
/* Numbers by chance, the same ones for the same seed (splitmix64). */
#include "harness_inside.h"

#include <stdlib.h>
#include <string.h>

static uint64_t chance;

void seed_chance(uint64_t seed)
{
    chance = seed;
}

unsigned below(unsigned n)
{
    uint64_t z = chance += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (unsigned)((z ^ (z >> 31)) % n);
}

unsigned long long argument(int argc, char **argv, const char *name,
                            unsigned long long otherwise)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return strtoull(argv[i + 1], NULL, 10);
    return otherwise;
}
