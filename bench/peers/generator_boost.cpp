/* SPDX-License-Identifier: MIT */
/* One item from a fiber of Boost.Context to the loop that reads it. */
#include "../bench.h"
#include <boost/context/fiber.hpp>

#include <utility>

namespace ctx = boost::context;

static const int64_t ITEMS = 100000;

class numbers {
public:
    numbers(int64_t n)
        : inside([this, n](ctx::fiber &&reader) {
              for (value = 1; value <= n; value++)
                  reader = std::move(reader).resume();
              return std::move(reader);
          })
    {
    }

    bool next(int64_t &out)
    {
        inside = std::move(inside).resume();
        out = value;
        return static_cast<bool>(inside);
    }

private:
    int64_t value = 0;
    ctx::fiber inside;
};

int main()
{
    bench b = bench_begin();

    while (bench_round(&b)) {
        numbers source(ITEMS);
        int64_t total = 0, i;
        bench_start(&b);
        while (source.next(i))
            total += i;
        bench_stop(&b);
        bench_check(total == ITEMS * (ITEMS + 1) / 2);
    }
    bench_print(b.best / ITEMS * 1e9, "ns");
}
