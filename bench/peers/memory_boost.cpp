/* SPDX-License-Identifier: MIT */
/* The bytes of a fiber of Boost.Context that is suspended, on a pooled stack as
 * large as ours. */
#include "../bench.h"
#include <boost/context/fiber.hpp>
#include <boost/context/pooled_fixedsize_stack.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace ctx = boost::context;

static const int64_t FIBERS = 20000;

int main()
{
    ctx::pooled_fixedsize_stack pool(65536);
    std::vector<ctx::fiber> all;
    int64_t total = 0;

    all.reserve(FIBERS);
    double before = bench_memory();
    for (int64_t i = 0; i < FIBERS; i++) {
        all.emplace_back(std::allocator_arg, pool, [&total](ctx::fiber &&back) {
            for (;;) {
                total++;
                back = std::move(back).resume();
            }
            return std::move(back);
        });
        all.back() = std::move(all.back()).resume();
    }
    double after = bench_memory();
    for (auto &f : all)
        f = std::move(f).resume();
    bench_check(total == 2 * FIBERS);
    bench_print((after - before) / FIBERS, "bytes");
}
