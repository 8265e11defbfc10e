/* SPDX-License-Identifier: MIT */
/* One item from a source that is a function pointer and its state. */
#include "../bench.h"

enum { ITEMS = 200000 };

struct source {
    bool (*next)(struct source *s, int64_t *out);
    int64_t at;
};

static bool numbers(struct source *s, int64_t *out)
{
    if (s->at == ITEMS)
        return false;
    *out = ++s->at;
    return true;
}

/* What keeps the compiler from seeing which function it will be. */
static bool (*volatile chosen)(struct source *s, int64_t *out) = numbers;

int main(void)
{
    struct bench b = bench_begin();

    while (bench_round(&b)) {
        struct source s = { chosen, 0 };
        int64_t total = 0, i;
        bench_start(&b);
        while (s.next(&s, &i))
            total += i;
        bench_stop(&b);
        bench_check(total == (int64_t)ITEMS * (ITEMS + 1) / 2);
    }
    bench_print(b.best / ITEMS * 1e9, "ns");
    return 0;
}
