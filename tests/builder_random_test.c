/* SPDX-License-Identifier: MIT */
/* Random programs of the builder give what a simple model says, which is
 * recursive and knows no pauses; and everything happens in the same order.
 *
 *     builder_random_test [--programs N] [--seed S]
 *
 * One that fails names its seed: `--programs 1 --seed S` runs it again. */
#include "harness_inside.h"

#include <flow/builder.h>

#include <stdlib.h>
#include <string.h>

enum kind {
    BRANCH, FUNCTION, STOP, CONTEXT, MERGE, RUNNING, TO_LIST, CHAIN, DISCARD,
    KINDS
};

enum { STEPS = 12, PARTS = 3 };

struct program;

struct step {
    enum kind kind;
    int k;                          /* so that no two do the same           */
    int way;                        /* of a branch: what makes its items    */
    bool calls;                     /* on_finish or on_flush                */
    const struct program *part;
    flow_builder *made_part;
};

struct program { struct step steps[STEPS]; size_t n; };

/* ---- Chance ------------------------------------------------------------ */
static uint64_t chance;

static unsigned below(unsigned n)
{
    chance = chance * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(chance >> 33) % n;
}

/* Of pauses: what they are asked for differs from run to run. */
static uint64_t mood;

static bool pauses(void)
{
    mood = mood * 6364136223846793005u + 1442695040888963407u;
    return (mood >> 33) % 4 == 0;
}

/* ---- What both do ------------------------------------------------------ */
enum { MOST = 1000, ITEMS = 7 };

static int64_t mix(int64_t a, int64_t b, int k)
{
    return (a * 31 + b * 7 + k) % MOST;
}

static int64_t items_of(int64_t v, int k)
{
    return (v + k) % ITEMS;
}

/* Everything that happened, in order, as one number. */
static uint64_t events;

static void happens(enum kind kind, int64_t v)
{
    events = events * 0x100000001b3u + (uint64_t)v * KINDS + kind + 1;
}

static bool is_bad(int64_t v)
{
    return v % 29 == 28;
}

/* ---- The model: what should come --------------------------------------- */
static struct { int64_t v[4096]; size_t n; bool fails; } wanted;

struct scope { int64_t so_far[STEPS]; };

static void model(const struct program *p, size_t at, int64_t v,
                  struct scope *s, bool gives);

/* The last values of the merges behind step `at`, then on_flush. */
static void model_flush(const struct program *p, size_t at, int64_t v,
                        struct scope *s, bool gives)
{
    size_t i;
    int64_t all = v;

    for (i = at; i < p->n && p->steps[i].kind != CONTEXT; i++)
        if (p->steps[i].kind == MERGE || p->steps[i].kind == TO_LIST)
            model(p, i + 1, s->so_far[i], s, gives);
    for (i = at; i < p->n && p->steps[i].kind != CONTEXT; i++)
        if (p->steps[i].kind == MERGE || p->steps[i].kind == TO_LIST
            || p->steps[i].kind == RUNNING)
            all = mix(all, s->so_far[i], 1);
    if (!wanted.fails && at > 0 && p->steps[at - 1].calls)
        happens(CONTEXT, all);
}

static void model_scope(const struct program *p, size_t at, int64_t v,
                        bool gives)
{
    struct scope s;

    for (size_t i = 0; i < p->n; i++)
        s.so_far[i] = p->steps[i].kind == TO_LIST ? 0 : p->steps[i].k;
    model(p, at, v, &s, gives);
    model_flush(p, at, v, &s, gives);
}

static void model_branch(const struct program *p, size_t at, int64_t v,
                         struct scope *s, bool gives)
{
    const struct step *step = &p->steps[at];

    for (int64_t i = 0; i < items_of(v, step->k); i++)
        model(p, at + 1, mix(v, i, step->k), s, gives);
    if (!wanted.fails && step->calls)
        happens(BRANCH, v);
}

static void model(const struct program *p, size_t at, int64_t v,
                  struct scope *s, bool gives)
{
    const struct step *step = &p->steps[at];
    int64_t *so_far = &s->so_far[at];

    if (wanted.fails)
        return;
    if (at == p->n) {
        if (gives && wanted.n < sizeof wanted.v / sizeof *wanted.v)
            wanted.v[wanted.n++] = v;
        return;
    }
    switch (step->kind) {
    case BRANCH:
        model_branch(p, at, v, s, gives);
        break;
    case FUNCTION: case STOP:
        happens(FUNCTION, v);
        wanted.fails = is_bad(v);
        v = mix(v, 0, step->k);
        if (step->kind == FUNCTION || v % 3 != 0)
            model(p, at + 1, step->kind == STOP ? v % 3 : v, s, gives);
        break;
    case CONTEXT:
        model_scope(p, at + 1, v, gives);
        break;
    case MERGE: case TO_LIST:
        *so_far = mix(*so_far, v, step->kind == MERGE ? step->k : 0);
        break;
    case RUNNING:
        *so_far = mix(*so_far, v, step->k);
        model(p, at + 1, mix(v, *so_far, 0), s, gives);
        break;
    case CHAIN:
        model_scope(step->part, 0, v, false);
        model(p, at + 1, v, s, gives);
        break;
    case DISCARD: case KINDS:
        break;
    }
}

/* ---- The same with a builder ------------------------------------------- */
/* A list is what a merge to a list has made; to the model it is a number. */
static int64_t number_of(const flow_value *v)
{
    size_t n;
    const flow_value *items = flow_items(v, &n);
    int64_t number = 0;

    if (items == NULL)
        return v->as.num;
    for (size_t i = 0; i < n; i++)
        number = mix(number, number_of(&items[i]), 0);
    return number;
}

static void counts(flow_gen *self, flow_stage *source, void *arg)
{
    const struct step *step = arg;
    flow_value v;

    if (!flow_next(self, source, &v))
        return;
    for (int64_t i = 0; i < items_of(v.as.num, step->k); i++) {
        if (pauses())
            flow_cooperate(self, 0.5);
        if (!flow_yield(self, mix(v.as.num, i, step->k)))
            break;
    }
}

struct stepping { const struct step *step; int64_t v, at; };

static flow_status stepping_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct stepping *s = self;

    (void)w;
    if (pauses())
        flow_give(out, flow_pause());
    else if (s->at < items_of(s->v, s->step->k))
        flow_give(out, flow_int(mix(s->v, s->at++, s->step->k)));
    else
        return FLOW_DONE;
    return FLOW_READY;
}

static const flow_type stepping_type = {
    .name = "stepping", .size = sizeof(struct stepping), .fill = stepping_fill
};

static flow_stage *expand(flow_value v, void *arg)
{
    const struct step *step = arg;
    flow_value items[ITEMS];
    int64_t n = items_of(v.as.num, step->k);

    if (pauses())
        return flow_failed(flow_pause());
    switch (step->way) {
    case 0:
        return flow_generate(counts, flow_once(v), arg);
    case 1:
        return flow_stage_new(&stepping_type,
                              &(struct stepping){ step, v.as.num, 0 });
    case 2:
        if (n == 0)
            return NULL;
        break;
    }
    for (int64_t i = 0; i < n; i++)
        items[i] = flow_int(mix(v.as.num, i, step->k));
    return flow_list(items, (size_t)n);
}

static flow_value finish(flow_value v, void *arg)
{
    (void)arg;
    if (pauses())
        return flow_pause();
    happens(BRANCH, v.as.num);
    return flow_none();
}

static flow_value flush(flow_value v, void *arg)
{
    size_t n;
    const flow_value *items = flow_items(&v, &n);
    int64_t all = number_of(&items[0]);
    bool paused = pauses();

    (void)arg;
    for (size_t i = 1; i < n; i++)
        all = mix(all, number_of(&items[i]), 1);
    flow_drop(v);
    if (paused)
        return flow_pause();
    happens(CONTEXT, all);
    return flow_none();
}

static flow_value function(flow_value v, void *arg)
{
    const struct step *step = arg;
    int64_t n = v.as.num;

    if (pauses())
        return flow_pause();
    happens(FUNCTION, n);
    if (is_bad(n))
        return flow_error(FLOW_EINVAL, 0, "bad");
    n = mix(n, 0, step->k);
    return flow_int(step->kind == STOP ? n % 3 : n);
}

static flow_value merge(flow_value so_far, flow_value v, void *arg)
{
    const struct step *step = arg;

    if (pauses())
        return flow_pause();
    return flow_int(mix(so_far.as.num, v.as.num, step->k));
}

static flow_value running(flow_value *so_far, flow_value v, void *arg)
{
    const struct step *step = arg;

    if (pauses())
        return flow_pause();
    *so_far = flow_int(mix(so_far->as.num, v.as.num, step->k));
    return flow_int(mix(v.as.num, so_far->as.num, 0));
}

static flow_value number(flow_value list, void *arg)
{
    int64_t n = number_of(&list);

    (void)arg;
    flow_drop(list);
    return flow_int(n);
}

static void add_step(flow_builder *b, struct step *s)
{
    switch (s->kind) {
    case BRANCH:
        flow_add_branch(b, expand, s->calls ? finish : NULL, s);
        break;
    case FUNCTION:
        flow_add_function(b, function, s);
        break;
    case STOP:
        flow_add_function(b, function, s);
        flow_add_stop(b, flow_int(0));
        break;
    case CONTEXT:
        flow_add_context(b, s->calls ? flush : NULL, s);
        break;
    case MERGE:
        flow_add_merge(b, flow_int(s->k), merge, s);
        break;
    case RUNNING:
        flow_add_merge_running(b, flow_int(s->k), running, s);
        break;
    case TO_LIST:
        flow_add_merge_to_list(b, 4096);
        flow_add_function(b, number, NULL);
        break;
    case CHAIN:
        flow_add_chain(b, s->made_part);
        break;
    case DISCARD: case KINDS:
        flow_add_discard(b);
        break;
    }
}

/* ---- One program ------------------------------------------------------- */
static struct program parts[PARTS];         /* the first is the whole       */
static flow_builder *builders[PARTS];

static enum kind some_kind(void)
{
    static const enum kind kinds[] = {
        BRANCH, BRANCH, BRANCH, BRANCH, FUNCTION, FUNCTION, STOP, CONTEXT,
        CONTEXT, CONTEXT, MERGE, RUNNING, RUNNING, TO_LIST, CHAIN, CHAIN,
        DISCARD
    };

    return kinds[below(sizeof kinds / sizeof *kinds)];
}

/* A program of which those behind it may be parts. */
static void invent(size_t which)
{
    struct program *p = &parts[which];
    unsigned branches = 0;

    p->n = below(STEPS + 1);
    for (size_t i = 0; i < p->n; i++) {
        struct step *s = &p->steps[i];
        size_t part = which + 1 + below(PARTS);

        *s = (struct step){
            .kind = some_kind(), .k = (int)below(97),
            .way = (int)below(4), .calls = below(2) == 0
        };
        if (s->kind == BRANCH && ++branches > 4)
            s->kind = FUNCTION;
        if (s->kind == DISCARD && below(3) > 0)
            s->kind = RUNNING;
        if (s->kind == CHAIN && part >= PARTS)
            s->kind = CONTEXT;
        if (s->kind == CHAIN) {
            s->part = &parts[part];
            s->made_part = builders[part];
        }
    }
}

static flow_builder *build(uint64_t seed)
{
    chance = seed * 0x9e3779b97f4a7c15u;
    for (size_t i = PARTS; i-- > 0;) {
        builders[i] = flow_builder_new();
        invent(i);
        if (below(2) == 0)
            flow_wait_interval(builders[i], 0.25);
        for (size_t k = 0; k < parts[i].n; k++)
            add_step(builders[i], &parts[i].steps[k]);
    }
    for (size_t i = 1; i < PARTS; i++)
        flow_builder_release(builders[i]);
    return builders[0];
}

/* What the model gives for `start`, to be freed. */
static char *text_of_model(int64_t start, const char *between)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);

    wanted.n = 0;
    wanted.fails = false;
    events = 0;
    model_scope(&parts[0], 0, start, true);
    for (size_t i = 0; i < wanted.n; i++)
        fprintf(to, "%s%lld", i > 0 ? between : "", (long long)wanted.v[i]);
    if (wanted.fails)
        fprintf(to, "%s!Invalid: bad", wanted.n > 0 ? between : "");
    fclose(to);
    return text;
}

static void expect_model(flow_builder *b, int64_t start)
{
    char *text = text_of_model(start, " ");
    uint64_t should = events;

    events = 0;
    expect(text, flow_builder_execute(b, flow_int(start)));
    CHECK(events == should);
    free(text);
}

static flow_deferred *lists(flow_builder *b, int64_t start)
{
    return flow_run(flow_collect(flow_builder_execute(b, flow_int(start))));
}

/* Two executions at the same time share nothing. */
static void expect_both(flow_builder *b, int64_t one, int64_t other)
{
    char *first = text_of_model(one, ", "), *second, *both = NULL;

    bool fails = wanted.fails;

    second = text_of_model(other, ", ");
    fails |= wanted.fails;
    if (asprintf(&both, fails ? "!Invalid: bad" : "[[%s], [%s]]", first,
                 second) < 0)
        abort();
    expect(both, flow_from_deferred(flow_gather(
        (flow_deferred *const[]){ lists(b, one), lists(b, other) }, 2)));
    free(first);
    free(second);
    free(both);
}

static void wakes_nobody(flow_waker *w)
{
    (void)w;
}

/* Two in turns, left after so many asks. */
static void cut_short(flow_builder *b, unsigned asks)
{
    flow_stage *s[] = {
        flow_builder_execute(b, flow_int(5)),
        flow_builder_execute(b, flow_int(6))
    };
    flow_waker w = { wakes_nobody, flow_host_here() };
    flow_value v;

    for (unsigned i = 0; i < asks; i++)
        switch (flow_pull(s[i % 2], &w, &v)) {
        case FLOW_READY: case FLOW_FAILED:
            flow_drop(v);
            break;
        case FLOW_WAIT:
            w.host->turn(w.host, true);
            break;
        case FLOW_DONE:
            break;
        }
    flow_close(s[0]);
    flow_close(s[1]);
}

enum how { PLAINLY, CUT_SHORT, WITHOUT_MEMORY };

static unsigned long allocations;           /* of the last run              */

static bool runs(uint64_t seed, enum how how, unsigned long number)
{
    struct memory before, after;
    flow_builder *b;

    harness_at("builder_random: FAILED --programs 1 --seed %llu (%d %lu)",
               (unsigned long long)seed, how, number);
    flow_host_use(flow_virtual_host());
    reports_forget();
    memory_settle();
    before = memory_live();
    mood = seed;
    memory_count(how == WITHOUT_MEMORY ? number : 0, number % 2 == 0);
    b = build(seed);
    if (how == CUT_SHORT) {
        cut_short(b, (unsigned)number);
    } else {
        expect_model(b, 3);
        expect_both(b, 4, 5);
    }
    flow_builder_release(b);
    allocations = memory_asked();
    memory_count(0, false);
    memory_settle();
    after = memory_live();
    if (memcmp(&before, &after, sizeof before) != 0)
        complain("leaks: %zd blocks, %zd bytes, %zd bytes of pages",
                 (ssize_t)(after.blocks - before.blocks),
                 (ssize_t)(after.bytes - before.bytes),
                 (ssize_t)(after.pages - before.pages));
    return !harness_failed();
}

static bool holds(uint64_t seed)
{
    return runs(seed, PLAINLY, 0)
        && runs(seed, WITHOUT_MEMORY, below((unsigned)allocations) + 1)
        && runs(seed, CUT_SHORT, below(200));
}

static unsigned long long number_after(int argc, char **argv, const char *name,
                                       unsigned long long otherwise)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return strtoull(argv[i + 1], NULL, 10);
    return otherwise;
}

int main(int argc, char **argv)
{
    unsigned long long programs = number_after(argc, argv, "--programs", 1000);
    unsigned long long seed = number_after(argc, argv, "--seed", 1);
    unsigned long long failed = 0;

    harness_begin();
    for (unsigned long long i = 0; i < programs && failed < 10; i++)
        failed += !holds(seed + i);
    printf("%llu programs from seed %llu\n", programs, seed);
    printf("%d passed, %d failed\n", failed == 0, failed > 0);
    return failed > 0;
}
