/* SPDX-License-Identifier: MIT */
/* From one stack to another with Boost.Context. */
#include "../bench.h"
#include <boost/context/fiber.hpp>

#include <utility>

namespace ctx = boost::context;

static const int64_t ITEMS = 100000;

int main()
{
    bench b = bench_begin();

    while (bench_round(&b)) {
        int64_t there = 0;
        ctx::fiber inside([&there](ctx::fiber &&outside) {
            for (; there < ITEMS; there++)
                outside = std::move(outside).resume();
            return std::move(outside);
        });
        bench_start(&b);
        for (int64_t i = 0; i < ITEMS; i++)
            inside = std::move(inside).resume();
        bench_stop(&b);
        inside = std::move(inside).resume();
        bench_check(!inside && there == ITEMS);
    }
    bench_print(b.best / ITEMS / 2 * 1e9, "ns");
}
