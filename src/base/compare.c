/* SPDX-License-Identifier: MIT */
/* A total order over values, and a hash that agrees with it. Lists that lie too
 * deep in others to be looked into are ordered as objects: by their addresses.
 */
#include "value.h"

#include <math.h>
#include <string.h>

/* Kinds that are compared with one another share a rank. */
static int rank(const flow_value *v)
{
    switch ((flow_kind)v->kind) {
    case FLOW_NONE: return 0;
    case FLOW_BOOL: case FLOW_INT: case FLOW_REAL: return 1;
    case FLOW_TEXT: case FLOW_BYTES: return 2;
    case FLOW_LIST: return 3;
    case FLOW_TUPLE: return 4;
    case FLOW_BOX: return 5;
    case FLOW_ERROR: return 6;
    }
    return 7;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

#define LEAST ((double)INT64_MIN)       /* exactly; so is -LEAST, one more */

/* Exactly: no integer is rounded. Not-a-number stands before all numbers. */
static int compare_mixed(int64_t a, double b)
{
    int64_t whole;

    if (isnan(b) || b < LEAST)
        return 1;
    if (b >= -LEAST)
        return -1;
    whole = (int64_t)b;
    if (a != whole)
        return ORDER(a, whole);
    return ORDER((double)whole, b);
}

static int compare_reals(double a, double b)
{
    if (isnan(a) || isnan(b))
        return ORDER(!isnan(a), !isnan(b));
    return ORDER(a, b);
}

static int compare_numbers(const flow_value *a, const flow_value *b)
{
    if (a->kind == FLOW_REAL && b->kind == FLOW_REAL)
        return compare_reals(a->as.real, b->as.real);
    if (a->kind == FLOW_REAL)
        return -compare_mixed(b->as.num, a->as.real);
    if (b->kind == FLOW_REAL)
        return compare_mixed(a->as.num, b->as.real);
    return ORDER(a->as.num, b->as.num);
}

static int compare_chars(const flow_value *a, const flow_value *b)
{
    size_t n, m;
    const char *s = flow_chars(a, &n), *t = flow_chars(b, &m);
    int order = memcmp(s, t, n < m ? n : m);

    return order != 0 ? order : ORDER(n, m);
}

static int compare(const flow_value *a, const flow_value *b, int depth);

static int compare_items(const flow_value *a, const flow_value *b, int depth)
{
    size_t n, m;
    const flow_value *s = flow_items(a, &n), *t = flow_items(b, &m);

    if (s == t)
        return 0;
    if (depth >= FLOW__DEEPEST)
        return ORDER((uintptr_t)s, (uintptr_t)t);
    for (size_t i = 0; i < n && i < m; i++) {
        int order = compare(&s[i], &t[i], depth + 1);
        if (order != 0)
            return order;
    }
    return ORDER(n, m);
}

static int compare_boxes(const flow_value *a, const flow_value *b)
{
    const struct flow__box *p = flow__box_of(a), *q = flow__box_of(b);

    if (p->class != q->class)
        return ORDER((uintptr_t)p->class, (uintptr_t)q->class);
    if (p->object == q->object)
        return 0;
    return p->class->compare != NULL
        ? p->class->compare(p->object, q->object)
        : ORDER((uintptr_t)p->object, (uintptr_t)q->object);
}

static int compare_errors(const flow_value *a, const flow_value *b)
{
    int order = strcmp(flow_class_of(a)->name, flow_class_of(b)->name);

    if (order == 0)
        order = ORDER(flow_code(a), flow_code(b));
    return order != 0 ? order : strcmp(flow_message(a), flow_message(b));
}

static int compare(const flow_value *a, const flow_value *b, int depth)
{
    int order = ORDER(rank(a), rank(b));

    if (order != 0)
        return order;
    switch ((flow_kind)a->kind) {
    case FLOW_NONE:
        return 0;
    case FLOW_BOOL: case FLOW_INT: case FLOW_REAL:
        return compare_numbers(a, b);
    case FLOW_TEXT: case FLOW_BYTES:
        return compare_chars(a, b);
    case FLOW_LIST: case FLOW_TUPLE:
        return compare_items(a, b, depth);
    case FLOW_BOX:
        return compare_boxes(a, b);
    case FLOW_ERROR:
        return compare_errors(a, b);
    }
    return 0;
}

int flow_compare(const flow_value *a, const flow_value *b)
{
    return compare(a, b, 0);
}

/* ---- Hash: FNV-1a for what is short, stirred at the end ---------------- */
static uint64_t stir(uint64_t h)
{
    h ^= h >> 32;
    h *= 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

static uint64_t hash_chars(const char *s, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
    return stir(h);
}

/* A real that is an integer hashes as that integer. Truncated by a cast: a call
 * would need libm. */
static uint64_t hash_real(double x)
{
    uint64_t bits = 0;

    if (isnan(x))
        return 1;
    if (x >= LEAST && x < -LEAST && (double)(int64_t)x == x)
        return stir((uint64_t)(int64_t)x);
    memcpy(&bits, &x, sizeof bits);
    return stir(bits);
}

static uint64_t hash_box(const flow_value *v)
{
    const struct flow__box *b = flow__box_of(v);

    if (b->class->hash != NULL)
        return b->class->hash(b->object);
    return stir(b->class->compare != NULL ? (uintptr_t)b->class
                                          : (uintptr_t)b->object);
}

static uint64_t hash(const flow_value *v, int depth);

static uint64_t hash_items(const flow_value *v, int depth)
{
    uint64_t h = (uint64_t)rank(v);
    size_t n;
    const flow_value *items = flow_items(v, &n);

    for (size_t i = 0; i < n && depth < FLOW__DEEPEST; i++)
        h = stir(h * 31 + hash(&items[i], depth + 1));
    return h;
}

static uint64_t hash(const flow_value *v, int depth)
{
    uint64_t h = (uint64_t)rank(v);
    size_t n;
    const char *s;

    switch ((flow_kind)v->kind) {
    case FLOW_NONE:
        return h;
    case FLOW_BOOL: case FLOW_INT:
        return stir((uint64_t)v->as.num);
    case FLOW_REAL:
        return hash_real(v->as.real);
    case FLOW_TEXT: case FLOW_BYTES:
        s = flow_chars(v, &n);
        return hash_chars(s, n);
    case FLOW_LIST: case FLOW_TUPLE:
        return hash_items(v, depth);
    case FLOW_BOX:
        return hash_box(v);
    case FLOW_ERROR:
        return hash_chars(flow_message(v), strlen(flow_message(v)));
    }
    return h;
}

uint64_t flow_hash(const flow_value *v)
{
    return hash(v, 0);
}
