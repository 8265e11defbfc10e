/* SPDX-License-Identifier: MIT */
/* One line of a text that is there as a whole, found with memchr. */
#include "../lines.h"

/* What keeps the compiler from knowing the text. */
static const char *volatile start = text;

static int64_t sum(const char *at, const char *end)
{
    int64_t total = 0;

    while (at < end) {
        const char *to = memchr(at, '\n', (size_t)(end - at));
        if (*at != '#')
            total += to - at;
        at = to + 1;
    }
    return total;
}

int main(void)
{
    size_t counted, lines = make_text(&counted);
    struct bench b = bench_begin();

    while (bench_round(&b)) {
        const char *at = start;
        int64_t total;

        bench_start(&b);
        total = sum(at, at + TEXT);
        bench_stop(&b);
        bench_check(total == (int64_t)counted);
    }
    bench_print(b.best / (double)lines * 1e9, "ns");
    return 0;
}
