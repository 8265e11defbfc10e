/* SPDX-License-Identifier: MIT */
/* Every operator beside its model. A model takes an outcome and makes another
 * of it; settled errors, which traps make, go by as if they were not there. */
#include "trees.h"

#include <string.h>

bool gives_parts;

static bool goes_by(const flow_value *v)
{
    return v->kind == FLOW_ERROR;
}

/* Whether the next value of `from` is an ordinary one; others are moved to
 * `to`. */
static bool is_next(const struct outcome *from, size_t *i, struct outcome *to)
{
    for (; *i < from->n && goes_by(&from->v[*i]); ++*i)
        outcome_add(to, flow_share(from->v[*i]));
    return *i < from->n;
}

/* Replaces the outcome of a node; the end stays unless there is a new one. */
static void becomes(struct node *node, struct outcome *o)
{
    if (!flow_fails(o->end)) {
        flow_drop(o->end);
        o->end = flow_share(node->o.end);
    }
    outcome_drop(&node->o);
    node->o = *o;
}

/* ---- One for one ------------------------------------------------------- */
static void map(struct node *t)
{
    struct changing *c = some_changing();
    struct outcome o = { 0 };

    for (size_t i = 0; is_next(&t->o, &i, &o); i++) {
        flow_value v = change(flow_share(t->o.v[i]), c);

        if (flow_fails(v)) {
            outcome_end(&o, v);
            break;
        }
        outcome_add(&o, v);
    }
    becomes(t, &o);
    t->s = REAL(flow_map(t->s, change, c));
    t->says = says("map%u/%u(%s)", c->what, c->mod, t->says);
}

static void enumerate(struct node *t)
{
    struct outcome o = { 0 };
    int n = (int)below(3), next = n;

    for (size_t i = 0; is_next(&t->o, &i, &o); i++)
        outcome_add(&o, flow_tuple(FLOW_VALUES(next++,
                                               flow_share(t->o.v[i]))));
    becomes(t, &o);
    t->s = REAL(flow_enumerate(t->s, n));
    t->says = says("enumerate(%d, %s)", n, t->says);
}

static flow_value fold(flow_value so_far, flow_value next, void *changing)
{
    const struct changing *c = changing;
    uint64_t hash = flow_hash(&so_far) * 31 + flow_hash(&next);

    flow_drop(so_far);
    flow_drop(next);
    if (c->what == 3 && hash % (c->mod + 6) == 0)
        return flow_error(FLOW_ELIMIT, (int)c->mod, "a fold");
    return flow_int((int64_t)(hash % 100));
}

/* The running values, or the last one only. */
static void scan_or_reduce(struct node *t)
{
    struct changing *c = some_changing();
    struct outcome o = { 0 };
    flow_value so_far = flow_int(7);
    bool all = one_in(2);

    for (size_t i = 0; is_next(&t->o, &i, &o); i++) {
        so_far = fold(so_far, flow_share(t->o.v[i]), c);
        if (flow_fails(so_far)) {
            outcome_end(&o, so_far);
            break;
        }
        if (all)
            outcome_add(&o, so_far);
    }
    becomes(t, &o);
    if (!all && !flow_fails(t->o.end))
        outcome_add(&t->o, so_far);
    t->s = all ? REAL(flow_scan(t->s, flow_int(7), fold, c))
               : REAL(flow_reduce(t->s, flow_int(7), fold, c));
    t->says = says("%s%u/%u(%s)", all ? "scan" : "reduce", c->what, c->mod,
                   t->says);
}

/* ---- Some of them ------------------------------------------------------ */
static void filter(struct node *t)
{
    struct changing *c = one_in(4) ? NULL : some_changing();
    struct outcome o = { 0 };

    for (size_t i = 0; is_next(&t->o, &i, &o); i++)
        if (c == NULL ? flow_true(&t->o.v[i]) : chosen(&t->o.v[i], c))
            outcome_add(&o, flow_share(t->o.v[i]));
    becomes(t, &o);
    t->s = REAL(flow_filter(t->s, c == NULL ? NULL : chosen, c));
    t->says = says("filter%u(%s)", c == NULL ? 0 : c->mod, t->says);
}

static void take(struct node *t)
{
    size_t n = below(6), left = n;
    struct outcome o = { 0 };

    for (size_t i = 0; left > 0 && is_next(&t->o, &i, &o); i++, left--)
        outcome_add(&o, flow_share(t->o.v[i]));
    if (left == 0)
        outcome_end(&t->o, flow_none());
    becomes(t, &o);
    t->s = REAL(flow_take(t->s, n));
    t->says = says("take(%zu, %s)", n, t->says);
}

static void skip(struct node *t)
{
    size_t n = below(4), skipped = 0;
    struct outcome o = { 0 };

    for (size_t i = 0; is_next(&t->o, &i, &o); i++)
        if (skipped++ >= n)
            outcome_add(&o, flow_share(t->o.v[i]));
    becomes(t, &o);
    t->s = REAL(flow_skip(t->s, n));
    t->says = says("skip(%zu, %s)", n, t->says);
}

static void take_while(struct node *t)
{
    struct changing *c = some_changing();
    struct outcome o = { 0 };
    size_t i = 0;

    for (; is_next(&t->o, &i, &o) && chosen(&t->o.v[i], c); i++)
        outcome_add(&o, flow_share(t->o.v[i]));
    if (i < t->o.n)
        outcome_end(&t->o, flow_none());
    becomes(t, &o);
    t->s = REAL(flow_take_while(t->s, chosen, c));
    t->says = says("take_while%u(%s)", c->mod, t->says);
}

static void skip_while(struct node *t)
{
    struct changing *c = some_changing();
    struct outcome o = { 0 };
    bool skips = true;

    for (size_t i = 0; is_next(&t->o, &i, &o); i++) {
        skips = skips && chosen(&t->o.v[i], c);
        if (!skips)
            outcome_add(&o, flow_share(t->o.v[i]));
    }
    becomes(t, &o);
    t->s = REAL(flow_skip_while(t->s, chosen, c));
    t->says = says("skip_while%u(%s)", c->mod, t->says);
}

static void distinct(struct node *t)
{
    struct outcome o = { 0 };
    const flow_value *last = NULL;

    for (size_t i = 0; is_next(&t->o, &i, &o); i++) {
        if (last == NULL || flow_compare(last, &t->o.v[i]) != 0)
            outcome_add(&o, flow_share(t->o.v[i]));
        last = &t->o.v[i];
    }
    becomes(t, &o);
    t->s = REAL(flow_distinct(t->s));
    t->says = says("distinct(%s)", t->says);
}

/* ---- All into one, one into many --------------------------------------- */
static void collect(struct node *t)
{
    size_t most = one_in(3) ? below(8) : UINT32_MAX;
    struct outcome o = { 0 };

    if (t->o.n > most)
        outcome_end(&o, flow_error(FLOW_ELIMIT, 0, "too many"));
    else if (!flow_fails(t->o.end)) {
        flow_value list = flow_pack(t->o.v, t->o.n);

        t->o.n = 0;
        outcome_add(&o, list);
    }
    becomes(t, &o);
    t->s = REAL(flow_collect_most(t->s, most));
    t->says = says("collect(%zu, %s)", most, t->says);
}

static flow_value absorb(flow_value v, void *changing)
{
    const struct changing *c = changing;
    uint64_t hash = flow_hash(&v);

    flow_drop(v);
    return c->what == 3 && hash % (c->mod + 4) == 0
         ? flow_error(FLOW_ELIMIT, (int)c->mod, "an absorption") : flow_none();
}

static void for_each(struct node *t)
{
    struct changing *c = some_changing();
    struct outcome o = { 0 };

    for (size_t i = 0; is_next(&t->o, &i, &o); i++) {
        flow_value v = absorb(flow_share(t->o.v[i]), c);

        if (flow_fails(v)) {
            outcome_end(&o, v);
            break;
        }
    }
    becomes(t, &o);
    t->s = REAL(flow_for_each(t->s, absorb, c));
    t->says = says("for_each%u/%u(%s)", c->what, c->mod, t->says);
}

static void batch(struct node *t)
{
    size_t n = below(4) + 1;
    struct outcome o = { 0 };

    for (size_t i = 0; i < t->o.n; i += n) {
        size_t size = t->o.n - i < n ? t->o.n - i : n;

        for (size_t j = i; j < i + size; j++)
            flow_share(t->o.v[j]);
        outcome_add(&o, flow_pack(t->o.v + i, size));
    }
    becomes(t, &o);
    t->s = REAL(flow_batch(t->s, n, 0));
    gives_parts = true;
    t->says = says("batch(%zu, %s)", n, t->says);
}

static void unbatch(struct node *t)
{
    struct outcome o = { 0 };

    for (size_t i = 0; i < t->o.n; i++) {
        size_t n;
        const flow_value *items = flow_items(&t->o.v[i], &n);

        if (t->o.v[i].kind != FLOW_LIST && t->o.v[i].kind != FLOW_TUPLE) {
            outcome_add(&o, flow_share(t->o.v[i]));
            continue;
        }
        for (size_t j = 0; j < n; j++)
            outcome_add(&o, flow_share(items[j]));
    }
    becomes(t, &o);
    t->s = REAL(flow_unbatch(t->s));
    t->says = says("unbatch(%s)", t->says);
}

/* flow_flat_map, and flow_parallel in order, which gives the same. */
static void flat_map(struct node *t)
{
    struct changing *c = some_changing();
    struct outcome o = { 0 };
    unsigned width = below(4);

    for (size_t i = 0; !flow_fails(o.end) && is_next(&t->o, &i, &o); i++)
        expand_outcome(&t->o.v[i], c, &o);
    becomes(t, &o);
    t->s = width == 0 ? REAL(flow_flat_map(t->s, expand, c))
                      : REAL(flow_parallel(t->s, width, expand, c));
    t->says = says("flat_map%u(width %u, %s)", c->what, width, t->says);
}

/* ---- Those that change nothing, or the end only ------------------------ */
static void passes_on(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v))
        flow_yield(self, v);
}

static void passes_sets_on(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value *set;
    size_t n;

    (void)arg;
    while (flow_next_set(self, source, &set, &n))
        for (size_t i = 0; i < n; i++)
            if (!flow_yield(self, set[i])) {
                while (++i < n)
                    flow_drop(set[i]);
                return;
            }
}

static void waits_and_passes_on(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_wait(self, source) && flow_next(self, source, &v)) {
        flow_cooperate(self, 0);
        flow_yield(self, v);
    }
}

static void pass(struct node *t)
{
    static flow_body *const bodies[] = {
        passes_on, passes_sets_on, waits_and_passes_on
    };
    unsigned n = below(3);

    t->s = REAL(flow_generate(bodies[n], t->s, NULL));
    t->says = says("pass%u(%s)", n, t->says);
}

static void timed(struct node *t)
{
    unsigned n = below(4);

    t->s = n == 0 ? REAL(flow_prefetch(t->s, below(4) + 1))
         : n == 1 ? REAL(flow_throttle(t->s, below(3)))
         : n == 2 ? REAL(flow_within(t->s, 1e6))
                  : REAL(flow_deadline(t->s, 1e9));
    t->says = says("timed%u(%s)", n, t->says);
}

static void trap(struct node *t)
{
    if (flow_is(&t->o.end, tree_error)) {
        outcome_add(&t->o, flow_settle(t->o.end));
        t->o.end = flow_none();
    }
    t->s = REAL(flow_trap(t->s, tree_error));
    t->says = says("trap(%s)", t->says);
}

/* ---- Retry ------------------------------------------------------------- */
enum { TRIES = 3 };

struct tries { flow_stage *s[TRIES]; size_t next; };

static void forget_tries(void *p)
{
    struct tries *t = p;

    while (t->next < TRIES)
        flow_close(t->s[t->next++]);
}

static flow_stage *next_try(void *arg)
{
    struct tries *t = arg;
    flow_stage *s = t->s[t->next];

    t->s[t->next++] = NULL;
    return s;
}

static struct node retry(void)
{
    struct tries *tries = tree_alloc(sizeof *tries, forget_tries);
    struct node t = { .says = says("retry(") };
    bool goes_on = true;

    for (size_t i = 0; i < TRIES; i++) {
        struct node leaf = grow_leaf(false);

        tries->s[i] = leaf.s;
        t.says = says("%s %s", t.says, leaf.says);
        if (goes_on) {
            outcome_add_all(&t.o, &leaf.o);
            outcome_end(&t.o, flow_share(leaf.o.end));
        }
        goes_on = goes_on && flow_is(&leaf.o.end, tree_error);
        outcome_drop(&leaf.o);
    }
    t.s = REAL(flow_retry(next_try, tries, tree_error, TRIES - 1, 1));
    t.says = says("%s )", t.says);
    return t;
}

/* ---- Several into one -------------------------------------------------- */
enum { MANY = 4 };

struct inputs { struct node t[MANY]; flow_stage *s[MANY]; size_t n; };

static void grow_inputs(struct inputs *in, int depth)
{
    for (in->n = below(MANY) + 1; depth > 1 && in->n > 2; in->n--)
        ;
    for (size_t i = 0; i < in->n; i++) {
        in->t[i] = grow(depth - 1);
        in->s[i] = in->t[i].s;
    }
}

static char *inputs_say(const char *what, const struct inputs *in)
{
    char *text = says("%s(", what);

    for (size_t i = 0; i < in->n; i++)
        text = says("%s%s%s", text, i > 0 ? ", " : "", in->t[i].says);
    return says("%s)", text);
}

static void forget_outcomes(struct inputs *in)
{
    for (size_t i = 0; i < in->n; i++)
        outcome_drop(&in->t[i].o);
}

static struct node concat_of(struct inputs *in)
{
    struct node t = { 0 };

    for (size_t i = 0; i < in->n && !flow_fails(t.o.end); i++) {
        outcome_add_all(&t.o, &in->t[i].o);
        outcome_end(&t.o, flow_share(in->t[i].o.end));
    }
    t.s = REAL(flow_concat(in->s, in->n));
    t.says = inputs_say("concat", in);
    forget_outcomes(in);
    return t;
}

/* How many inputs of a zip end, and fail, in which row. Which of several comes
 * first depends on who waits for whom: such are not zipped. */
struct rows {
    size_t shortest, longest, ending, failing, failing_row;
    bool by;                                /* a settled error goes by      */
};

static struct rows rows_of(const struct inputs *in)
{
    struct rows r = { .shortest = SIZE_MAX, .failing_row = SIZE_MAX };

    for (size_t i = 0; i < in->n; i++) {
        const struct outcome *o = &in->t[i].o;

        if (o->n < r.shortest)
            r.shortest = o->n;
        if (o->n > r.longest)
            r.longest = o->n;
        if (flow_fails(o->end) && o->n < r.failing_row)
            r.failing_row = o->n;
        for (size_t j = 0; j < o->n; j++)
            r.by |= goes_by(&o->v[j]);
    }
    for (size_t i = 0; i < in->n; i++) {
        const struct outcome *o = &in->t[i].o;

        r.ending += o->n == r.shortest && !flow_fails(o->end);
        r.failing += o->n == r.failing_row && flow_fails(o->end);
    }
    return r;
}

static void add_row(const struct inputs *in, size_t row, struct outcome *to)
{
    flow_value v[MANY];

    for (size_t i = 0; i < in->n; i++)
        v[i] = row < in->t[i].o.n ? flow_share(in->t[i].o.v[row])
                                  : flow_none();
    outcome_add(to, flow_tuple(v, in->n));
}

static void fail_as_row(const struct inputs *in, size_t row,
                        struct outcome *to)
{
    for (size_t i = 0; i < in->n; i++)
        if (in->t[i].o.n == row && flow_fails(in->t[i].o.end))
            outcome_end(to, flow_share(in->t[i].o.end));
}

/* Continued with NONE to the longest; to the shortest; or strict. */
static struct node zip_of(struct inputs *in, unsigned how, const struct rows *r)
{
    static const char *const names[] = {
        "zip", "zip_shortest", "zip_strict"
    };
    struct node t = { 0 };
    size_t rows = how == 0 ? r->longest : r->shortest;

    if (r->failing_row < rows)
        rows = r->failing_row;
    for (size_t row = 0; row < rows; row++)
        add_row(in, row, &t.o);
    if (r->failing_row == rows)
        fail_as_row(in, rows, &t.o);
    else if (how == 2 && r->ending < in->n)
        outcome_end(&t.o, flow_error(FLOW_EINVAL, 0, "uneven"));
    t.s = how == 0 ? REAL(flow_zip(in->s, in->n))
        : how == 1 ? REAL(flow_zip_shortest(in->s, in->n))
                   : REAL(flow_zip_strict(in->s, in->n));
    t.says = inputs_say(names[how], in);
    forget_outcomes(in);
    return t;
}

static struct node zip_or_concat(int depth)
{
    struct inputs in;
    struct rows r;
    unsigned how = below(4);
    bool clear;

    grow_inputs(&in, depth);
    r = rows_of(&in);
    clear = !r.by && r.failing <= 1
         && (how == 0 || r.ending == 0 || r.failing_row != r.shortest);
    return clear && how < 3 ? zip_of(&in, how, &r) : concat_of(&in);
}

/* Both ends of a tee, side by side. */
static struct node tee(int depth)
{
    struct node t = grow(depth - 1);
    flow_stage *ends[2];
    struct outcome o = { 0 };

    for (size_t i = 0; i < t.o.n; i++) {
        if (goes_by(&t.o.v[i])) {
            outcome_drop(&o);
            return t;                       /* twice by a zip: not modelled */
        }
        outcome_add(&o, flow_tuple(FLOW_VALUES(flow_share(t.o.v[i]),
                                               flow_share(t.o.v[i]))));
    }
    becomes(&t, &o);
    memory_safe(false);
    flow_tee(t.s, below(3) + 1, ends, 2);
    t.s = flow_zip(ends, 2);
    memory_safe(true);
    t.says = says("tee(%s)", t.says);
    return t;
}

/* ---- Bytes ------------------------------------------------------------- */
static flow_value text_of(const char *p, size_t n)
{
    return flow_text(p, n);
}

/* All pieces behind one another. */
struct bytes { char p[4096]; size_t n; };

static void append(struct bytes *b, const flow_value *v)
{
    size_t n;
    const char *p = flow_chars(v, &n);

    memcpy(b->p + b->n, p, n);
    b->n += n;
}

static void remove_first(struct bytes *b, size_t n)
{
    b->n -= n;
    memmove(b->p, b->p + n, b->n);
}

static bool fits(const struct outcome *o)
{
    size_t n = 0, size;

    for (size_t i = 0; i < o->n; i++) {
        flow_chars(&o->v[i], &size);
        n += size;
    }
    return n < sizeof ((struct bytes *)0)->p;
}

static void lines(struct node *t)
{
    flow_line_options options = {
        "\n", one_in(3) ? below(6) + 1 : 0, one_in(2), one_in(2)
    };
    size_t longest = options.longest > 0 ? options.longest : 16384;
    struct bytes b = { .n = 0 };
    struct outcome o = { 0 };
    bool over = false;

    for (size_t i = 0; i < t->o.n && !over; i++) {
        char *p;

        if (goes_by(&t->o.v[i])) {
            outcome_add(&o, flow_share(t->o.v[i]));
            continue;
        }
        append(&b, &t->o.v[i]);
        while (!over && (p = memchr(b.p, '\n', b.n)) != NULL) {
            size_t len = (size_t)(p - b.p);

            over = len > longest;
            if (over)
                break;
            outcome_add(&o, text_of(b.p, len + options.keep));
            remove_first(&b, len + 1);
        }
        over = over || b.n > longest;
    }
    if (over)
        outcome_end(&o, flow_error(FLOW_ELIMIT, 0, "too long"));
    else if (!flow_fails(t->o.end) && b.n > 0 && options.trailer)
        outcome_add(&o, text_of(b.p, b.n));
    else if (!flow_fails(t->o.end) && b.n > 0)
        outcome_end(&o, flow_error(FLOW_EFORMAT, 0, "cut off"));
    becomes(t, &o);
    t->s = REAL(flow_line_break(t->s, &options));
    t->says = says("lines(%zu%s%s, %s)", options.longest,
                   options.trailer ? " trailer" : "",
                   options.keep ? " keep" : "", t->says);
}

static void chunk(struct node *t)
{
    size_t n = below(5) + 1;
    struct bytes b = { .n = 0 };
    struct outcome o = { 0 };

    for (size_t i = 0; i < t->o.n; i++) {
        if (goes_by(&t->o.v[i])) {
            outcome_add(&o, flow_share(t->o.v[i]));
            continue;
        }
        append(&b, &t->o.v[i]);
        for (; b.n >= n; remove_first(&b, n))
            outcome_add(&o, text_of(b.p, n));
    }
    if (!flow_fails(t->o.end) && b.n > 0)
        outcome_add(&o, text_of(b.p, b.n));
    becomes(t, &o);
    t->s = REAL(flow_chunk(t->s, n));
    t->says = says("chunk(%zu, %s)", n, t->says);
}

static void join(struct node *t)
{
    size_t longest = one_in(4) ? below(8) : 4096;
    struct bytes b = { .n = 0 };
    struct outcome o = { 0 };

    for (size_t i = 0; i < t->o.n && b.n <= longest; i++)
        if (goes_by(&t->o.v[i]))
            outcome_add(&o, flow_share(t->o.v[i]));
        else
            append(&b, &t->o.v[i]);
    if (b.n > longest)
        outcome_end(&o, flow_error(FLOW_ELIMIT, 0, "too long"));
    else if (!flow_fails(t->o.end))
        outcome_add(&o, text_of(b.p, b.n));
    becomes(t, &o);
    t->s = REAL(flow_join(t->s, longest));
    t->says = says("join(%zu, %s)", longest, t->says);
}

static void delimit(struct node *t)
{
    struct outcome o = { 0 };

    for (size_t i = 0; is_next(&t->o, &i, &o); i++) {
        struct bytes b = { .n = 0 };

        append(&b, &t->o.v[i]);
        b.p[b.n++] = '\n';
        outcome_add(&o, text_of(b.p, b.n));
    }
    becomes(t, &o);
    t->s = REAL(flow_add_delimiter(t->s, "\n"));
    t->says = says("delimit(%s)", t->says);
}

/* A settled error would overtake; a long piece has no place for its length. */
static bool is_short_text(const struct outcome *o)
{
    for (size_t i = 0; i < o->n; i++) {
        size_t n;

        if (flow_chars(&o->v[i], &n) == NULL || n > 200)
            return false;
    }
    return true;
}

/* Packed up, cut anywhere, and unpacked again; on a failure, what is cut in two
 * by it is lost, which pieces of one byte are not. */
static void there_and_back(struct node *t)
{
    unsigned width = 1u << below(3), how = below(3);
    bool little = one_in(2);
    size_t n = flow_fails(t->o.end) ? 1 : below(5) + 1;

    if (!is_short_text(&t->o))
        return;
    memory_safe(false);
    t->s = how == 0 ? flow_add_netstring(t->s)
                    : flow_add_prefix(t->s, width, little);
    t->s = flow_chunk(t->s, n);
    t->s = how == 0 ? flow_netstrings(t->s, 1000)
                    : flow_prefixed(t->s, width, little, 200);
    memory_safe(true);
    t->says = says("there_and_back%u(%zu, %s)", how > 0 ? width : 0, n,
                   t->says);
}

static void add_byte_operator(struct node *t)
{
    switch (fits(&t->o) ? below(8) : 5) {
    case 0: lines(t); break;
    case 1: chunk(t); break;
    case 2: join(t); break;
    case 3: delimit(t); break;
    case 4: there_and_back(t); break;
    case 5: take(t); break;
    case 6: filter(t); break;
    default: pass(t);
    }
}

/* ---- Growing ----------------------------------------------------------- */
static void read_ahead(struct node *t)
{
    size_t n = below(8) + 1;

    t->s = REAL(flow_read_ahead(t->s, n));
    t->says = says("ahead(%zu, %s)", n, t->says);
}

static struct node grow_text(int depth)
{
    struct node t = grow_leaf(true);

    for (; depth > 0; depth--) {
        add_byte_operator(&t);
        if (one_in(4))
            read_ahead(&t);
    }
    return t;
}

static void add_operator(struct node *t)
{
    static void (*const operators[])(struct node *t) = {
        map, map, enumerate, scan_or_reduce, filter, filter, take, skip,
        take_while, skip_while, distinct, collect, for_each, batch, unbatch,
        unbatch, flat_map, flat_map, pass, pass, timed, timed, trap
    };

    operators[below(sizeof operators / sizeof *operators)](t);
}

struct node grow(int depth)
{
    struct node t;

    if (depth <= 0)
        t = grow_leaf(false);
    else if (one_in(6))
        t = grow_text(depth);
    else if (one_in(4))
        t = zip_or_concat(depth);
    else if (one_in(12))
        t = tee(depth);
    else if (one_in(12))
        t = retry();
    else {
        t = grow(depth - 1);
        if (t.o.n < 200)
            add_operator(&t);
    }
    if (one_in(4))
        read_ahead(&t);
    return t;
}
