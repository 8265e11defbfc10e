/* SPDX-License-Identifier: MIT */
/* A service that factors numbers, a line for each, and two clients of it.
 *
 * One asks for a number with large factors, which takes long; the server lets
 * others go on every so many steps, so that the small numbers of the other
 * client are answered meanwhile: its answers all come first. What is no number
 * gets an answer as well. */
#include <flow/net.h>
#include <flow/reactor.h>

#include <string.h>

enum {
    STEPS = 1000,                   /* between two looks at the others      */
    DIGITS = 18
};

/* 0: it is none, or larger than we can do. */
static uint64_t number_in(const char *s, size_t size)
{
    uint64_t n = 0;

    if (size > DIGITS)
        return 0;
    for (size_t i = 0; i < size; i++) {
        if (s[i] < '0' || s[i] > '9')
            return 0;
        n = 10 * n + (uint64_t)(s[i] - '0');
    }
    return n;
}

/* The smallest factor, from `from` on; 0: it is being closed. */
static uint64_t factor_of(flow_gen *self, uint64_t n, uint64_t from)
{
    for (uint64_t f = from; f * f <= n; f++) {
        if (n % f == 0)
            return f;
        if (f % STEPS == 0 && !flow_cooperate(self, 0))
            return 0;
    }
    return n;
}

static void factor(flow_gen *self, uint64_t n)
{
    uint64_t f = 2;

    flow_yield(self, flow_textf("%llu =", (unsigned long long)n));
    if (n == 1)
        flow_yield(self, " 1");
    for (; n > 1 && !flow_closing(self); n /= f) {
        f = factor_of(self, n, f);
        if (f == 0)
            return;
        flow_yield(self, flow_textf(" %llu", (unsigned long long)f));
    }
    flow_yield(self, "\n");
}

static void answer(flow_gen *self, flow_stage *lines, void *arg)
{
    flow_value line;

    (void)arg;
    while (flow_next(self, lines, &line)) {
        size_t size;
        const char *s = flow_chars(&line, &size);
        uint64_t n = number_in(s, size);

        if (n > 0)
            factor(self, n);
        else
            flow_yield(self, flow_textf("'%.*s' is not a number from 1 to 18 "
                                        "digits\n", (int)size, s));
        flow_drop(line);
    }
}

static flow_stage *factoring(flow_stage *received, void *arg)
{
    return flow_generate(answer, flow_lines(received), arg);
}

/* The lines that come back. */
static flow_stage *ask(flow_deferred *service, const char *questions)
{
    return flow_lines(flow_connect(flow_served_at(service),
                                   flow_once(flow_literal(questions)), NULL));
}

int main(void)
{
    flow_deferred *service;
    flow_stage *both;

    flow_host_use(flow_uv_host());
    service = flow_serve("localhost:0", factoring, NULL, NULL);
    both = flow_merge(FLOW_STAGES(
        ask(service, "1000006000009\n"),
        ask(service, "60\n97\n1001\nsixty\n1\n1234567890123456789\n")));
    for (flow_value v; flow_block(both, &v);)
        flow_print(stdout, v);
    if (flow_failure(both) != NULL)
        flow_print_trace(stderr, flow_failure(both));
    flow_close(both);
    flow_release(service);
    flow_uv_close();
    return 0;
}
