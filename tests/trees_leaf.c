/* SPDX-License-Identifier: MIT */
/* The leaves of trees, of several kinds that act alike, and what trees of every
 * kind need: chance, memory, outcomes. */
#include "trees.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- Chance ------------------------------------------------------------ */
static struct luck chance;

void begin_chance(struct luck luck)
{
    chance = luck;
}

unsigned below(unsigned n)
{
    if (chance.n > 0) {
        chance.n--;
        return *chance.bytes++ % n;
    }

    uint64_t z = chance.seed += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (unsigned)((z ^ (z >> 31)) % n);
}

/* ---- Memory of a tree -------------------------------------------------- */
struct kept {
    struct kept *next;
    void (*forget)(void *p);
    max_align_t memory[];
};

static struct kept *kept;

void *tree_alloc(size_t size, void (*forget)(void *p))
{
    struct kept *k = calloc(1, sizeof *k + size);

    if (k == NULL)
        abort();
    k->next = kept;
    k->forget = forget;
    kept = k;
    return k->memory;
}

void tree_forget(void)
{
    while (kept != NULL) {
        struct kept *k = kept;

        kept = k->next;
        if (k->forget != NULL)
            k->forget(k->memory);
        free(k);
    }
}

/* ---- Outcomes ---------------------------------------------------------- */
void outcome_add(struct outcome *o, flow_value v)
{
    if (o->n == o->room) {
        o->room = o->room * 2 + 8;
        o->v = realloc(o->v, o->room * sizeof *o->v);
        if (o->v == NULL)
            abort();
    }
    o->v[o->n++] = v;
}

void outcome_add_all(struct outcome *o, const struct outcome *from)
{
    for (size_t i = 0; i < from->n; i++)
        outcome_add(o, flow_share(from->v[i]));
}

void outcome_end(struct outcome *o, flow_value end)
{
    flow_drop(o->end);
    o->end = end;
}

void outcome_cut(struct outcome *o, size_t n)
{
    while (o->n > n)
        flow_drop(o->v[--o->n]);
}

void outcome_drop(struct outcome *o)
{
    outcome_cut(o, 0);
    flow_drop(o->end);
    free(o->v);
    *o = (struct outcome){ 0 };
}

/* ---- Saying ------------------------------------------------------------ */
bool describing;

static void free_text(void *p)
{
    free(*(char **)p);
}

static char *keep_text(char *text)
{
    *(char **)tree_alloc(sizeof text, free_text) = text;
    return text;
}

char *says(const char *format, ...)
{
    char *text = NULL;
    va_list args;

    if (!describing)
        return NULL;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    return keep_text(text);
}

char *says_value(const flow_value *v)
{
    static char *text;
    static size_t size;
    FILE *to;

    if (!describing)
        return NULL;
    to = open_memstream(&text, &size);
    flow_value quoted = flow_tuple((flow_value[]){ flow_share(*v) }, 1);
    flow_write(to, &quoted);
    flow_drop(quoted);
    fclose(to);
    return keep_text(text);
}

/* ---- Scripts of leaves ------------------------------------------------- */
enum { MOST = 12 };

struct action {
    bool pauses;
    double seconds;                         /* of a pause                   */
    flow_value v;                           /* an ERROR fails, and is last  */
};

struct leaf {
    struct action actions[MOST];
    size_t n;
    bool pauses;
    flow_chan *c;
    flow_deferred *sender;
};

static void forget_leaf(void *p)
{
    struct leaf *l = p;

    if (l->sender != NULL) {                /* it still uses the others     */
        (void)flow_outcome(l->sender);
        flow_release(l->sender);
    }
    if (l->c != NULL)
        flow_chan_release(l->c);
    for (size_t i = 0; i < l->n; i++)
        flow_drop(l->actions[i].v);
}

static flow_value some_text(void)
{
    char text[6];
    unsigned n = below(6);

    for (unsigned i = 0; i < n; i++)
        text[i] = "ab\n"[below(3)];
    return one_in(3) ? flow_bytes(text, n) : flow_text(text, n);
}

static flow_value some_value(void)
{
    switch (below(10)) {
    case 0: return some_text();
    case 1: return flow_tuple(FLOW_VALUES((int)below(3), (int)below(3)));
    case 2: return flow_pack(FLOW_VALUES((int)below(3), "x"));
    case 3: return one_in(2) ? flow_none() : flow_real(0.5);
    default: return flow_int(below(8));
    }
}

static struct action some_action(bool of_text)
{
    struct action a = { .pauses = one_in(3), .v = flow_none() };

    if (a.pauses)
        a.seconds = one_in(2) ? 0 : below(4);
    else
        a.v = of_text ? some_text() : some_value();
    return a;
}

const flow_error_class tree_error[1] = {{ "TreeError", FLOW_EANY }};

static flow_value some_failure(void)
{
    return flow_error(one_in(2) ? tree_error : FLOW_ELIMIT,
                      (int)below(1000) + 1, "a leaf");
}

static struct leaf *some_leaf(bool of_text)
{
    struct leaf *l = tree_alloc(sizeof *l, forget_leaf);
    size_t n = below(7);

    while (l->n < n) {
        l->actions[l->n] = some_action(of_text);
        l->pauses |= l->actions[l->n++].pauses;
    }
    if (one_in(5))
        l->actions[l->n++].v = some_failure();
    return l;
}

static void leaf_outcome(const struct leaf *l, struct outcome *o)
{
    for (size_t i = 0; i < l->n; i++)
        if (flow_is_failure(l->actions[i].v))
            outcome_end(o, flow_share(l->actions[i].v));
        else if (!l->actions[i].pauses)
            outcome_add(o, flow_share(l->actions[i].v));
}

static char *leaf_says(const char *kind, const struct leaf *l)
{
    char *text = says("%s[", kind);

    for (size_t i = 0; i < l->n; i++)
        text = l->actions[i].pauses
             ? says("%s %g", text, -l->actions[i].seconds)
             : says("%s %s", text, says_value(&l->actions[i].v));
    return says("%s ]", text);
}

/* ---- A leaf that is a stage of its own --------------------------------- */
struct acting {
    const struct leaf *leaf;
    size_t at;
    flow_task task;
    flow_host *host;                        /* where it is posted, or NULL  */
    flow_waker *waker;
    bool over;
};

static void pause_over(flow_task *t)
{
    struct acting *a = (struct acting *)(void *)
                       ((char *)t - offsetof(struct acting, task));

    a->over = true;
    flow_wake(a->waker);
}

static bool acting_pauses(struct acting *a, double seconds, flow_waker *w)
{
    a->waker = w;
    if (a->host == NULL) {
        a->task.call = pause_over;
        a->over = false;
        a->host = w->host;
        a->host->post(a->host, &a->task, seconds);
    }
    if (!a->over)
        return true;
    a->host = NULL;
    return false;
}

static flow_status acting_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct acting *a = self;

    for (; a->at < a->leaf->n; a->at++) {
        const struct action *now = &a->leaf->actions[a->at];

        if (flow_room(out) == 0)
            return FLOW_READY;
        if (now->pauses && acting_pauses(a, now->seconds, w))
            return FLOW_WAIT;
        if (flow_is_failure(now->v))
            return flow_raise_in(out, flow_share(now->v));
        if (!now->pauses)
            flow_give(out, flow_share(now->v));
    }
    return FLOW_DONE;
}

static void acting_close(void *self)
{
    struct acting *a = self;

    if (a->host != NULL)
        a->host->cancel(a->host, &a->task);
}

static flow_stage *acting(const struct leaf *l)
{
    static const flow_type type = {
        .name = "leaf", .size = sizeof(struct acting), .fill = acting_fill,
        .close = acting_close
    };

    return flow_stage_new(&type, &(struct acting){ .leaf = l });
}

/* ---- Leaves of other kinds --------------------------------------------- */
static void acts(flow_gen *self, flow_stage *source, void *arg)
{
    const struct leaf *l = arg;

    (void)source;
    for (size_t i = 0; i < l->n; i++) {
        const struct action *a = &l->actions[i];

        if (!(a->pauses ? flow_cooperate(self, a->seconds)
                        : flow_yield(self, flow_share(a->v))))
            return;
    }
}

/* Ends its channel whatever happens, or its reader would wait for ever. */
static void sends(flow_gen *self, flow_stage *source, void *arg)
{
    const struct leaf *l = arg;
    flow_value last = flow_none();

    (void)source;
    for (size_t i = 0; i < l->n; i++) {
        const struct action *a = &l->actions[i];

        if (flow_is_failure(a->v))
            last = flow_share(a->v);
        else if (!(a->pauses ? flow_cooperate(self, a->seconds)
                             : flow_send(self, l->c, flow_share(a->v))))
            break;
    }
    flow_finish(l->c, last);
}

static flow_stage *sent(struct leaf *l)
{
    flow_stage *s;

    l->c = flow_chan_new(below(3));
    s = flow_from_chan(l->c);
    l->sender = flow_run(flow_generate(sends, NULL, l));
    if (flow_outcome(l->sender) != NULL
        && flow_is_failure(*flow_outcome(l->sender)))
        flow_finish(l->c, flow_share(*flow_outcome(l->sender)));
    return s;
}

static flow_stage *listed(const struct leaf *l)
{
    flow_value v[MOST];

    for (size_t i = 0; i < l->n; i++)
        v[i] = flow_share(l->actions[i].v);
    return flow_list(v, l->n);
}

struct stepping { const struct leaf *leaf; size_t at; };

static flow_status steps(void *state, flow_stage *out)
{
    struct stepping *s = state;

    for (; s->at < s->leaf->n && flow_room(out) > 0; s->at++)
        flow_give(out, flow_share(s->leaf->actions[s->at].v));
    return s->at < s->leaf->n ? FLOW_READY : FLOW_DONE;
}

static flow_stage *stepped(const struct leaf *l)
{
    struct stepping *s = tree_alloc(sizeof *s, NULL);

    s->leaf = l;
    return flow_iterate(steps, s);
}

struct node grow_leaf(bool of_text)
{
    struct leaf *l = some_leaf(of_text);
    struct node node = { 0 };

    leaf_outcome(l, &node.o);
    switch (below(l->pauses ? 3 : 5)) {
    case 0:
        node.s = REAL(acting(l));
        node.says = leaf_says("stage", l);
        break;
    case 1:
        node.s = REAL(flow_generate(acts, NULL, l));
        node.says = leaf_says("generator", l);
        break;
    case 2:
        node.s = REAL(sent(l));
        node.says = leaf_says("channel", l);
        break;
    case 3:
        node.s = REAL(listed(l));
        node.says = leaf_says("list", l);
        break;
    default:
        node.s = REAL(stepped(l));
        node.says = leaf_says("step", l);
    }
    return node;
}

/* ---- Functions of a user ----------------------------------------------- */
struct changing *some_changing(void)
{
    struct changing *c = tree_alloc(sizeof *c, NULL);

    c->what = below(4);
    c->mod = below(5) + 2;
    return c;
}

flow_value change(flow_value v, void *arg)
{
    const struct changing *c = arg;
    uint64_t hash = flow_hash(&v);

    if (c->what == 0)
        return flow_tuple(&v, 1);
    if (c->what == 3 && hash % (c->mod + 4) == 0) {
        flow_drop(v);
        return flow_error(tree_error, (int)c->mod, "a function");
    }
    if (c->what == 1)
        return v;
    flow_drop(v);
    return flow_int((int64_t)(hash % 8));
}

bool chosen(const flow_value *v, void *arg)
{
    const struct changing *c = arg;

    return flow_hash(v) % c->mod != 0;
}

/* The stage a value is expanded to: so many times the value and a number, after
 * a pause perhaps; some fail. */
struct expanded { flow_value v; unsigned n; bool pauses, fails; };

static struct expanded expansion(const flow_value *v, const struct changing *c)
{
    uint64_t hash = flow_hash(v) / 7;

    return (struct expanded){
        *v, (unsigned)(hash % 4), c->what > 1 && hash % 3 == 0,
        c->what == 3 && hash % 5 == 0
    };
}

static void forget_value(void *p)
{
    flow_drop(*(flow_value *)p);
}

static void expands(flow_gen *self, flow_stage *source, void *arg)
{
    const struct expanded *e = arg;

    (void)source;
    for (unsigned i = 0; i < e->n; i++) {
        if (e->pauses && !flow_cooperate(self, i))
            return;
        if (!flow_yield(self, flow_tuple(FLOW_VALUES(flow_share(e->v),
                                                     (int)i))))
            return;
    }
    if (e->fails)
        flow_fail(self, tree_error, 77, "an expansion");
}

flow_stage *expand(flow_value v, void *arg)
{
    struct expanded *e = tree_alloc(sizeof *e, forget_value);

    *e = expansion(&v, arg);
    return flow_generate(expands, NULL, e);
}

void expand_outcome(const flow_value *v, const struct changing *c,
                    struct outcome *to)
{
    struct expanded e = expansion(v, c);

    for (unsigned i = 0; i < e.n; i++)
        outcome_add(to, flow_tuple(FLOW_VALUES(flow_share(*v), (int)i)));
    if (e.fails)
        outcome_end(to, flow_error(tree_error, 77, "an expansion"));
}
