/* SPDX-License-Identifier: MIT */
/* Small functions for operators to call. */
#ifndef FLOW_TEST_OPERATOR_FUNCTIONS_H
#define FLOW_TEST_OPERATOR_FUNCTIONS_H

#include "harness.h"

static inline flow_value same(flow_value v, void *arg)
{
    (void)arg;
    return v;
}

static inline flow_value twice(flow_value v, void *arg)
{
    (void)arg;
    return flow_int(2 * v.as.num);
}

/* Fails at the number *arg, or at a text that begins with that character. */
static inline flow_value but_not(flow_value v, void *arg)
{
    int64_t found = v.as.num;

    if (v.kind == FLOW_TEXT)
        found = *flow_chars(&v, &(size_t){ 0 });
    if (found != *(int *)arg)
        return v;
    flow_drop(v);
    return flow_error(FLOW_EINVAL, 0, "not that");
}

/* Of a pair of numbers the sum. */
static inline flow_value sum(flow_value pair, void *arg)
{
    const flow_value *items = flow_items(&pair, &(size_t){ 0 });
    flow_value v = flow_int(items[0].as.num + items[1].as.num);

    (void)arg;
    flow_drop(pair);
    return v;
}

static inline flow_value add(flow_value a, flow_value b, void *arg)
{
    (void)arg;
    return flow_int(a.as.num + b.as.num);
}

/* Of two texts both together. */
static inline flow_value join(flow_value a, flow_value b, void *arg)
{
    size_t n, m;
    const char *s = flow_chars(&a, &n), *t = flow_chars(&b, &m);
    flow_value v = flow_textf("%.*s%.*s", (int)n, s, (int)m, t);

    (void)arg;
    flow_drop(a);
    flow_drop(b);
    return v;
}

static inline bool is_odd(const flow_value *v, void *arg)
{
    (void)arg;
    return v->as.num % 2 != 0;
}

/* Numbers below *arg. */
static inline bool is_below(const flow_value *v, void *arg)
{
    return v->as.num < *(int *)arg;
}

static inline bool is_no_b(const flow_value *v, void *arg)
{
    size_t n;
    const char *s = flow_chars(v, &n);

    (void)arg;
    return n != 1 || *s != 'b';
}

static inline bool nothing_passes(const flow_value *v, void *arg)
{
    (void)v;
    (void)arg;
    return false;
}

/* An error as an ordinary value. */
static inline flow_value settled(void)
{
    return flow_settle(flow_error(FLOW_EINVAL, 0, "settled"));
}

/* A text that is counted, not a literal. */
static inline flow_value counted(const char *s)
{
    return flow_textf("%s", s);
}

#endif
