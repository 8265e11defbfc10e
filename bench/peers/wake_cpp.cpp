/* SPDX-License-Identifier: MIT */
/* To set aside and go on with a chain of C++20 coroutines whose source has
 * nothing yet, for each that is between the source and the reader. Each hands
 * up that there is nothing, so that every one of them could do something else
 * meanwhile, as ours could. */
#include "../bench.h"
#include "generator.hpp"

#include <optional>

static const int64_t WAITS = 300;

using perhaps = std::optional<int64_t>;

static generator<perhaps> waits(int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        co_yield std::nullopt;
    co_yield n;
}

static generator<perhaps> level(generator<perhaps> source)
{
    for (perhaps v : source)
        co_yield v;
}

static generator<perhaps> chain(int depth)
{
    return depth == 0 ? waits(WAITS) : level(chain(depth - 1));
}

static double seconds(int depth)
{
    bench b = bench_begin();

    while (bench_round(&b)) {
        int64_t waited = 0, n = 0;
        generator<perhaps> top = chain(depth);
        bench_start(&b);
        for (perhaps v : top)
            if (v)
                n = *v;
            else
                waited++;
        bench_stop(&b);
        bench_check(n == WAITS && waited == WAITS);
    }
    return b.best;
}

int main()
{
    bench_print((seconds(110) - seconds(10)) / 100 / WAITS * 1e9, "ns");
}
