/* SPDX-License-Identifier: MIT */
/* Numbers by chance, the same ones for the same luck (splitmix64). */
#include "harness_inside.h"

#include <stdlib.h>
#include <string.h>

static struct luck chance;

void begin_chance(struct luck luck)
{
    chance = luck;
}

void seed_chance(uint64_t seed)
{
    begin_chance((struct luck){ .seed = seed });
}

unsigned below(unsigned n)
{
    uint64_t z;

    if (chance.n > 0) {
        chance.n--;
        return *chance.bytes++ % n;
    }
    z = chance.seed += 0x9e3779b97f4a7c15;
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
