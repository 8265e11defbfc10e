/* SPDX-License-Identifier: MIT */
/* lines [READ-AHEAD]: one line of a text that comes in blocks of 64 KiB, cut,
 * filtered and read by a generator. */
#include "lines.h"
#include <flow/flow.h>

struct blocks { flow_value whole; size_t at; };

static flow_status blocks(void *state, flow_stage *out)
{
    struct blocks *b = state;

    if (b->at == TEXT)
        return FLOW_DONE;
    flow_give(out, flow_slice(&b->whole, b->at, BLOCK));
    b->at += BLOCK;
    return FLOW_READY;
}

static bool counts(const flow_value *line, void *arg)
{
    size_t n;
    const char *p = flow_chars(line, &n);

    (void)arg;
    return n == 0 || *p != '#';
}

static void sum(flow_gen *self, flow_stage *source, void *arg)
{
    int64_t total = 0;
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v)) {
        total += v.size;
        flow_drop(v);
    }
    flow_yield(self, total);
}

int main(int argc, char **argv)
{
    size_t ahead = (size_t)bench_argument(argc, argv, 1);
    size_t counted, lines = make_text(&counted);
    struct bench b = bench_begin();
    struct blocks all = { flow_bytes(text, TEXT), 0 };

    while (bench_round(&b)) {
        flow_stage *s = flow_lines(flow_iterate(blocks, &all));
        flow_value total;

        all.at = 0;
        s = flow_filter(flow_read_ahead(s, ahead), counts, NULL);
        s = flow_generate(sum, s, NULL);
        bench_start(&b);
        bench_check(flow_block(s, &total));
        bench_stop(&b);
        bench_check(total.as.num == (int64_t)counted);
        flow_close(s);
    }
    flow_drop(all.whole);
    bench_print(b.best / (double)lines * 1e9, "ns");
    return 0;
}
