/* SPDX-License-Identifier: MIT */
/* One item from a C++20 coroutine to the loop that reads it. */
#include "../bench.h"
#include "generator.hpp"

static const int64_t ITEMS = 100000;

static generator<int64_t> numbers(int64_t n)
{
    for (int64_t i = 1; i <= n; i++)
        co_yield i;
}

int main()
{
    bench b = bench_begin();

    while (bench_round(&b)) {
        int64_t total = 0;
        bench_start(&b);
        for (int64_t i : numbers(ITEMS))
            total += i;
        bench_stop(&b);
        bench_check(total == ITEMS * (ITEMS + 1) / 2);
    }
    bench_print(b.best / ITEMS * 1e9, "ns");
}
