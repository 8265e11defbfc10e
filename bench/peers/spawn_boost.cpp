/* SPDX-License-Identifier: MIT */
/* To start a fiber of Boost.Context that does nothing, on a pooled stack, and
 * to be rid of it. */
#include "../bench.h"
#include <boost/context/fiber.hpp>
#include <boost/context/pooled_fixedsize_stack.hpp>

#include <memory>
#include <utility>

namespace ctx = boost::context;

static const int64_t FIBERS = 10000;

int main()
{
    ctx::pooled_fixedsize_stack pool(65536);
    bench b = bench_begin();

    while (bench_round(&b)) {
        int64_t ran = 0, done = 0;
        bench_start(&b);
        for (int64_t i = 0; i < FIBERS; i++) {
            ctx::fiber f(std::allocator_arg, pool, [&ran](ctx::fiber &&back) {
                ++ran;
                return std::move(back);
            });
            f = std::move(f).resume();
            done += !f;
        }
        bench_stop(&b);
        bench_check(ran == FIBERS && done == FIBERS);
    }
    bench_print(b.best / FIBERS * 1e9, "ns");
}
