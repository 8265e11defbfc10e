/* SPDX-License-Identifier: MIT */
/* The bytes of a C++20 coroutine that has given a value and is suspended. */
#include "../bench.h"
#include "generator.hpp"

#include <vector>

static const int64_t GENERATORS = 100000;

static generator<int64_t> endless()
{
    for (;;)
        co_yield 1;
}

int main()
{
    std::vector<generator<int64_t>> all;
    int64_t total = 0;

    all.reserve(GENERATORS);
    memset(static_cast<void *>(all.data()), 0xff,
           GENERATORS * sizeof all[0]);     /* these pages are not counted  */
    double before = bench_memory();
    for (int64_t i = 0; i < GENERATORS; i++) {
        all.push_back(endless());
        total += *all.back().begin();
    }
    double after = bench_memory();
    for (auto &g : all)
        total += *g.begin();
    bench_check(total == 2 * GENERATORS);
    bench_print((after - before) / GENERATORS, "bytes");
}
