/* SPDX-License-Identifier: MIT */
/* Three C++20 coroutines that read each other, for each item of the first. */
#include "../bench.h"
#include "generator.hpp"

static const int64_t ITEMS = 50000;

static generator<int64_t> numbers(int64_t n)
{
    for (int64_t i = 1; i <= n; i++)
        co_yield i;
}

template <typename Test>
static generator<int64_t> filter(generator<int64_t> source, Test test)
{
    for (int64_t i : source)
        if (test(i))
            co_yield i;
}

template <typename Function>
static generator<int64_t> map(generator<int64_t> source, Function f)
{
    for (int64_t i : source)
        co_yield f(i);
}

int main()
{
    bench b = bench_begin();

    while (bench_round(&b)) {
        int64_t total = 0;
        bench_start(&b);
        auto evens = filter(numbers(ITEMS),
                            [](int64_t i) { return i % 2 == 0; });
        for (int64_t i : map(std::move(evens), [](int64_t i) { return i * 3; }))
            total += i;
        bench_stop(&b);
        bench_check(total == (ITEMS / 2) * (ITEMS / 2 + 1) * 3);
    }
    bench_print(b.best / ITEMS * 1e9, "ns");
}
