/* SPDX-License-Identifier: MIT */
/* Grows a tree, asks its root, and holds what comes against what its model
 * says: see trees.h. */
#include "trees.h"

#include <string.h>

enum { DEPTH = 5, INPUTS = 12 };

/* ---- Roots ------------------------------------------------------------- */
/* What must come of the root: one sequence exactly; several, mixed but each in
 * its order; or one of several. The values of several are pairs with a number.
 */
enum kind { EXACT, MIXED, ONE_OF };

struct root {
    enum kind kind;
    flow_stage *s;
    char *says;
    struct outcome o[INPUTS];
    size_t n;
};

struct tag { int n; };

static flow_value tags(flow_value v, void *arg)
{
    return flow_tuple(FLOW_VALUES(((struct tag *)arg)->n, v));
}

static flow_stage *tagged(flow_stage *s, size_t n)
{
    struct tag *tag = tree_alloc(sizeof *tag, NULL);

    tag->n = (int)n;
    return flow_map(s, tags, tag);
}

/* Reads what each stage has ready that it is handed. */
static void reads_concurrent(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value box, v;

    (void)arg;
    while (flow_next(self, source, &box)) {
        flow_stage *s = flow_stage_of(&box);

        flow_drop(box);
        while (flow_ready(s) > 0 && flow_next(self, s, &v))
            flow_yield(self, v);
    }
}

/* Settled errors have no number: they are left out. */
static void forget_settled(struct outcome *o)
{
    size_t kept = 0;

    for (size_t i = 0; i < o->n; i++)
        if (o->v[i].kind == FLOW_ERROR)
            flow_drop(o->v[i]);
        else
            o->v[kept++] = o->v[i];
    o->n = kept;
}

static struct root grow_mixed(void)
{
    struct root r = { .kind = MIXED };
    unsigned how = below(4);
    flow_stage *s[4];

    r.n = below(4) + 1;
    r.says = says("%s(", how == 0 ? "race" : how == 1 ? "concurrent" : "merge");
    for (size_t i = 0; i < r.n; i++) {
        struct node node = grow((int)below(DEPTH - 1));

        s[i] = REAL(tagged(node.s, i));
        r.o[i] = node.o;
        r.says = says("%s\n    %s", r.says, node.says);
        forget_settled(&r.o[i]);
    }
    memory_safe(false);
    if (how == 0) {
        r.kind = ONE_OF;
        r.s = flow_race(s, r.n);
    } else if (how == 1) {
        r.s = flow_generate(reads_concurrent, flow_concurrent(s, r.n), NULL);
    } else {
        r.s = flow_merge(s, r.n);
    }
    memory_safe(true);
    return r;
}

static flow_stage *expand_tagged(flow_value pair, void *arg)
{
    size_t n;
    const flow_value *v = flow_items(&pair, &n);
    flow_stage *s = tagged(expand(flow_share(v[1]), arg), (size_t)v[0].as.num);

    flow_drop(pair);
    return s;
}

/* Each value's stage is a sequence, and the failure of the source is one. */
static struct root grow_unordered(void)
{
    struct changing *c = some_changing();
    unsigned width = below(5) + 1;
    struct node node = grow((int)below(DEPTH - 2));
    struct root r = { .kind = MIXED };

    forget_settled(&node.o);
    if (node.o.n >= INPUTS) {
        r = (struct root){ .kind = EXACT, .n = 1 };
        outcome_end(&r.o[0], flow_share(node.o.end));
        r.s = REAL(flow_skip(node.s, SIZE_MAX));
        outcome_drop(&node.o);
        return r;
    }
    for (r.n = 0; r.n < node.o.n; r.n++)
        expand_outcome(&node.o.v[r.n], c, &r.o[r.n]);
    outcome_end(&r.o[r.n++], flow_share(node.o.end));
    outcome_drop(&node.o);
    r.s = REAL(flow_parallel_unordered(flow_enumerate(node.s, 0), width,
                                       expand_tagged, c));
    r.says = says("unordered%u(%u, %s)", c->what, width, node.says);
    return r;
}

static struct root grow_root(struct luck luck)
{
    struct root r = { .kind = EXACT, .n = 1 };
    struct node node;

    begin_chance(luck);
    gives_parts = false;
    if (one_in(5))
        return one_in(3) ? grow_unordered() : grow_mixed();
    node = grow((int)below(DEPTH + 1));
    r.s = node.s;
    r.o[0] = node.o;
    r.says = node.says;
    return r;
}

/* ---- Holding it against what came -------------------------------------- */
struct came {
    const struct root *root;
    size_t at[INPUTS];                      /* how much of each has come    */
    size_t winner;                          /* of ONE_OF; INPUTS: none yet  */
    bool without_memory;                    /* an allocation was to fail    */
};

static bool is_due(struct came *c, size_t n, const flow_value *v)
{
    const struct outcome *o = &c->root->o[n];

    return c->at[n] < o->n && flow_compare(&o->v[c->at[n]++], v) == 0;
}

static bool is_right(struct came *c, const flow_value *v)
{
    size_t size, n;
    const flow_value *pair = flow_items(v, &size);

    if (c->root->kind == EXACT)
        return is_due(c, 0, v) || (c->without_memory && gives_parts);
    if (v->kind == FLOW_ERROR)
        return true;
    if (v->kind != FLOW_TUPLE || size != 2 || pair[0].kind != FLOW_INT)
        return false;
    n = (size_t)pair[0].as.num;
    if (n >= c->root->n)
        return false;
    if (c->root->kind == ONE_OF && c->winner != INPUTS && c->winner != n)
        return false;
    c->winner = n;
    return is_due(c, n, &pair[1]) || (c->without_memory && gives_parts);
}

static bool same_end(const flow_value *a, const flow_value *b)
{
    return flow_is_failure(*a) == flow_is_failure(*b)
        && flow_class_of(a) == flow_class_of(b) && flow_code(a) == flow_code(b);
}

/* Whether the whole may end so. */
static bool may_end(const struct came *c, const flow_value *end)
{
    bool all = true, one = false;

    for (size_t i = 0; i < c->root->n; i++) {
        const struct outcome *o = &c->root->o[i];
        bool whole = c->at[i] == o->n && same_end(end, &o->end);

        if (c->winner == INPUTS || c->winner == i || c->root->kind != ONE_OF)
            one |= whole;
        all &= whole;
    }
    return c->root->kind == ONE_OF || flow_is_failure(*end) ? one : all;
}

static bool because_of_memory(const flow_value *v)
{
    for (; v != NULL; v = flow_cause(v))
        if (flow_is(v, FLOW_ENOMEM))
            return true;
    return false;
}

static void check_value(struct came *c, flow_value v)
{
    if (!harness_failed() && !is_right(c, &v)) {
        describing = true;
        complain("a wrong value: %s", says_value(&v));
        describing = false;
    }
    flow_drop(v);
}

static void check_end(struct came *c, flow_value end)
{
    if (!may_end(c, &end) && !(c->without_memory && because_of_memory(&end)))
        complain("a wrong end: %s %d %s",
                 flow_is_failure(end) ? flow_class_of(&end)->name
                                      : "no failure",
                 flow_code(&end), flow_message(&end));
    flow_drop(end);
}

/* ---- Driving ----------------------------------------------------------- */
static struct { flow_waker waker; bool woken; } driver;

static void driver_woken(flow_waker *w)
{
    (void)w;
    driver.woken = true;
}

static bool sleeps(void)
{
    flow_host *h = driver.waker.host;

    while (!driver.woken)
        if (!h->turn(h, true) && !driver.woken) {
            complain("stuck: nothing can wake it");
            return false;
        }
    return true;
}

static flow_status ask(flow_stage *s, struct came *c, flow_value *end)
{
    flow_set set = { NULL, 0, flow_none() };
    flow_status st;
    flow_value v = flow_none();

    driver.woken = false;
    if (one_in(2)) {
        st = flow_pull(s, &driver.waker, &v);
        if (st == FLOW_READY)
            check_value(c, v);
        *end = st == FLOW_FAILED ? v : flow_none();
        return st;
    }
    st = flow_pull_set(s, &driver.waker, &set);
    for (size_t i = 0; i < set.n; i++)
        check_value(c, set.v[i]);
    *end = set.error;
    return st;
}

/* Asks up to `most` times; how often it did. */
static unsigned long drive(flow_stage *s, struct came *c, unsigned long most)
{
    unsigned long asks = 0;
    flow_value end;

    while (asks++ < most && !harness_failed())
        switch (ask(s, c, &end)) {
        case FLOW_READY:
            break;
        case FLOW_WAIT:
            if (!sleeps())
                return asks;
            break;
        case FLOW_FAILED:
        case FLOW_DONE:
            check_end(c, end);
            return asks;
        }
    return asks;
}

/* ---- Runs -------------------------------------------------------------- */
/* Grows the tree of that luck, asks at most `most` times, and closes it. The
 * at-th allocation fails, if at > 0. Answers how often it asked. */
static unsigned long run(struct luck luck, unsigned long most,
                         unsigned long at)
{
    struct memory before;
    struct root root;
    struct came came = { .winner = INPUTS, .without_memory = at > 0 };
    unsigned long asks;

    flow_host_use(flow_virtual_host());
    reports_forget();
    memory_settle();
    before = memory_live();
    memory_count(at, at > 0 && one_in(2));
    memory_safe(true);
    root = grow_root(luck);
    came.root = &root;
    driver.waker = (flow_waker){ driver_woken, flow_host_here() };
    if (describing)
        fprintf(stderr, "    %s\n", root.says);
    memory_safe(false);
    asks = drive(root.s, &came, most);
    memory_safe(true);
    flow_close(root.s);
    tree_forget();
    for (size_t i = 0; i < root.n; i++)
        outcome_drop(&root.o[i]);
    memory_check(before);
    if (strstr(reports(), "given up") != NULL)
        complain("%s", reports());
    return asks;
}

static bool runs_well(struct luck luck, const char *how, unsigned long most,
                      unsigned long at, unsigned long *asks)
{
    harness_at("trees: FAILED --trees 1 --seed %llu (%s %lu)",
               (unsigned long long)luck.seed, how, at > 0 ? at : most);
    *asks = run(luck, most, at);
    if (!harness_failed())
        return true;
    describing = true;
    run(luck, 0, 0);
    describing = false;
    return false;
}

bool tree_holds(struct luck luck)
{
    unsigned long asks, allocations, ignored;

    if (!runs_well(luck, "asked", UINT32_MAX, 0, &asks))
        return false;
    allocations = memory_asked();
    seed_chance(~luck.seed);
    if (one_in(3)
        && !runs_well(luck, "closed", below((unsigned)asks + 1), 0, &ignored))
        return false;
    seed_chance(~luck.seed + 1);
    return !one_in(3) || allocations == 0
        || runs_well(luck, "allocation", UINT32_MAX,
                     below((unsigned)allocations) + 1, &ignored);
}
