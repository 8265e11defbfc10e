/* SPDX-License-Identifier: MIT */
/* The machinery behind flow.h: nothing here is for use, and all of it may
 * change. It is in a header because a value that costs two nanoseconds has no
 * time for calls: taking a ready result, giving one, and the switch between the
 * stacks of a generator and its consumer are compiled into the bodies
 * themselves. There every switch is a jump of its own, which the processor
 * learns to predict, and no return address is left on the wrong stack. */
#ifndef FLOW_FLOW_H
#include <flow/flow.h>
#endif
#ifndef FLOW_INLINE_H
#define FLOW_INLINE_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define FLOW__RARELY(x) __builtin_expect(!!(x), 0)

/* ---- Switching stacks ------------------------------------------------------
 * Where a suspended flow of control goes on. ip is NULL while it runs. */
typedef struct flow__context { void *ip, *sp, *fp, *base; } flow__context;

/* Saves this flow of control in *save and goes on at ip with the stack of *to.
 * Registers that the compiler may have reserved (frame and base pointer) are
 * saved by hand; of all others it saves those it still needs. */
#if defined __x86_64__ && !defined FLOW_SWITCH_UCONTEXT

#ifdef __AVX512F__
#define FLOW__MORE_REGISTERS                                                  \
    , "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", \
    "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31",   \
    "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#else
#define FLOW__MORE_REGISTERS
#endif

static inline __attribute__((always_inline)) void
flow__switch(flow__context *save, const flow__context *to, void *ip)
{
    __asm__ volatile(
        "leaq 1f(%%rip), %%rsi\n\t"
        "movq %%rsi, 0(%%rax)\n\t"
        "movq %%rsp, 8(%%rax)\n\t"
        "movq %%rbp, 16(%%rax)\n\t"
        "movq %%rbx, 24(%%rax)\n\t"
        "movq 8(%%rdx), %%rsp\n\t"
        "movq 16(%%rdx), %%rbp\n\t"
        "movq 24(%%rdx), %%rbx\n\t"
        "jmpq *%%rcx\n"
        "1:"
        : "+a"(save), "+d"(to), "+c"(ip)
        :
        : "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
          "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
          "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
          "xmm15", "mm0", "mm1", "mm2", "mm3", "mm4", "mm5", "mm6", "mm7",
          "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)",
          "cc", "memory" FLOW__MORE_REGISTERS);
}

#elif defined __aarch64__ && !defined FLOW_SWITCH_UCONTEXT

static inline __attribute__((always_inline)) void
flow__switch(flow__context *save, const flow__context *to, void *ip)
{
    register flow__context *x0 __asm__("x0") = save;
    register const flow__context *x1 __asm__("x1") = to;
    register void *x2 __asm__("x2") = ip;

    __asm__ volatile(
        "adr x3, 1f\n\t"
        "mov x4, sp\n\t"
        "stp x3, x4, [x0]\n\t"
        "stp x29, x19, [x0, #16]\n\t"
        "ldr x4, [x1, #8]\n\t"
        "ldp x29, x19, [x1, #16]\n\t"
        "mov sp, x4\n\t"
        "br x2\n"
        "1:"
        : "+r"(x0), "+r"(x1), "+r"(x2)
        :
        : "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
          "x13", "x14", "x15", "x16", "x17", "x18", "x20", "x21", "x22",
          "x23", "x24", "x25", "x26", "x27", "x28", "x30", "v0", "v1", "v2",
          "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12",
          "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21",
          "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30",
          "v31", "cc", "memory");
}

#else

void flow__switch(flow__context *save, const flow__context *to, void *ip);

#endif

/* ---- What stages are --------------------------------------------------- */
struct flow_stage {
    flow_value *next, *end;         /* ready results; given ones go to end  */
    flow_value *limit;              /* of the buffer: [first, limit)        */
    flow_value *first;
    flow__context inside;           /* of a suspended generator             */
    const flow_type *type;
    flow_value slot;                /* the buffer, of a stage with room 1   */
    flow_value failure;             /* not yet reported; or read by block   */
    flow_stage *owner;              /* who reads it, as far as is known     */
    flow_stage *live_next, *live_prev;
    const char *name, *made;
    const char *waits, *at;         /* for what, of the one called so       */
    double since;                   /* when it began to wait                */
    uint32_t room;                  /* values the buffer holds              */
    uint8_t status;                 /* the last fill's answer               */
    bool failing;                   /* a failure follows the results        */
    bool ended;                     /* fill will not be called again        */
    bool seen : 1;                  /* the failure was looked at            */
    bool is_read : 1;               /* by another stage: of the listing     */
};

struct flow__cleanup;
struct flow__select;
struct flow__stack;

struct flow_gen {
    flow_stage stage;
    flow_waker *waker;              /* to be remembered; NULL: waits are
                                       refused                              */
    flow_waker *kept;               /* the same, while a failure is on its
                                       way; NULL with waker: closing        */
    flow__context outside;          /* the consumer, while this runs        */
    void *aside;                    /* stage.inside.ip, where it must not be
                                       entered from inlined code            */
    flow_stage *asks;               /* what it last waited for              */
    struct flow__select *chooses;   /* the several that it waits for        */
    flow_body *body;
    flow_stage *source;
    void *arg;
    flow_value failure;             /* leaves with the body                 */
    struct flow__cleanup *cleanups;
    struct flow__stack *stack;
    uint32_t filled;                /* results of this ask, when watched    */
    uint32_t dice;                  /* of flow_select                       */
    uint16_t refused;               /* answers since it was closed          */
    bool watched;                   /* someone must be told of switches     */
    bool begun, over, given_up;
};

flow_status flow__ask(flow_gen *self, flow_stage *from);
bool flow__may_read(flow_gen *self, flow_stage *from);
flow_status flow__pull(flow_stage *s, flow_waker *w, flow_value *out);
bool flow__yield_rarely(flow_gen *self, flow_value v);
void flow__park_watched(flow_gen *self);
void flow__value_freed(flow_value v);
const char *flow__chars_rarely(const flow_value *v, size_t *len);

/* ---- Suspending -------------------------------------------------------------
 * Whatever suspends is a loop compiled into the body: a call that suspends
 * would leave its return address behind, and every return after it
 * mispredicted. */

/* For what is called at several places of a body and waits at most. */
#define FLOW__IN_BODY static inline __attribute__((always_inline))

/* Leaves a generator that must wait; it is back when it is asked again. */
FLOW__IN_BODY void flow__park(flow_gen *self)
{
    if (self->watched)
        flow__park_watched(self);
    else
        flow__switch(&self->stage.inside, &self->outside, self->outside.ip);
}

/* Runs a suspended generator up to its next suspension. */
static inline __attribute__((always_inline)) void
flow__enter(flow_waker *w, flow_gen *g)
{
    void *ip = g->stage.inside.ip;

    g->stage.inside.ip = NULL;
    g->stage.next = g->stage.end = g->stage.first;
    g->waker = w;
    flow__switch(&g->outside, &g->stage.inside, ip);
}

static inline bool flow_next(flow_gen *self, flow_stage *from, flow_value *out)
{
    if (FLOW__RARELY(from == NULL || self->waker == NULL)) {
        flow__ask(self, from);
        return false;
    }
    while (from->next == from->end) {
        if (FLOW__RARELY(from->owner != &self->stage)
            && !flow__may_read(self, from))
            return false;
        if (from->inside.ip != NULL) {
            flow__enter(self->waker, (flow_gen *)from);
            if (from->next != from->end)
                break;
            if (from->inside.ip == NULL)
                continue;                   /* over: to be asked how        */
            self->asks = from;
        } else {
            flow_status st = flow__ask(self, from);
            if (st == FLOW_READY)
                continue;
            if (st != FLOW_WAIT)
                return false;
        }
        flow__park(self);
        if (self->waker == NULL) {
            flow__ask(self, from);
            return false;
        }
    }
    *out = *from->next++;
    return true;
}

static inline bool flow_wait(flow_gen *self, flow_stage *from)
{
    for (;;)
        switch (flow__ask(self, from)) {
        case FLOW_READY:
            return true;
        case FLOW_WAIT:
            flow__park(self);
            break;
        case FLOW_DONE: case FLOW_FAILED:
            return false;
        }
}

static inline bool flow_first(flow_gen *self, flow_stage *from, flow_value *out)
{
    bool is_there = flow_next(self, from, out);

    flow_close(from);
    return is_there;
}

static inline bool flow_next_set(flow_gen *self, flow_stage *from,
                                 flow_value **set, size_t *n)
{
    *set = NULL;
    *n = 0;
    if (!flow_wait(self, from))
        return false;
    *set = from->next;
    *n = (size_t)(from->end - from->next);
    from->next = from->end;
    return true;
}

/* With room for one, the value has its fixed place: an address that had to be
 * loaded first would hold up every load after it. Closing leaves no room. */
static inline bool flow_yield_value(flow_gen *self, flow_value v)
{
    flow_stage *s = &self->stage;

    if (FLOW__RARELY(flow_is_failure(v)))
        return flow__yield_rarely(self, v);
    if (s->limit == &s->slot + 1) {
        s->slot = v;
        s->end = &s->slot + 1;
    } else {
        if (FLOW__RARELY(s->end == s->limit))
            return flow__yield_rarely(self, v);
        *s->end++ = v;
        if (s->end != s->limit)
            return true;
    }
    flow__switch(&s->inside, &self->outside, self->outside.ip);
    return s->end != s->limit;
}

/* Each wait of its own kind: begun, then parked as long as it goes on, ended.
 */
struct flow__nap {
    flow_task task;                         /* first                        */
    flow_host *host;                        /* where it is posted           */
    flow_waker *waker;
    bool over;
};
void flow__nap_begin(flow_gen *self, struct flow__nap *n, double seconds);
bool flow__nap_on(flow_gen *self, struct flow__nap *n);
bool flow__nap_end(flow_gen *self, struct flow__nap *n);

static inline bool flow_cooperate(flow_gen *self, double seconds)
{
    struct flow__nap n;

    for (flow__nap_begin(self, &n, seconds); flow__nap_on(self, &n);)
        flow__park(self);
    return flow__nap_end(self, &n);
}

/* Waits for the outcome of a deferred: intrusive, in whoever waits. call is
 * made once, after all callbacks have run; it may take the outcome. */
struct flow__waiter {
    struct flow__waiter *next, *prev;
    void (*call)(struct flow__waiter *w);
    flow_deferred *on;                      /* NULL: waits no more          */
};

struct flow__await {
    struct flow__waiter waiter;             /* first                        */
    flow_waker *waker;
    flow_deferred *d;
};
void flow__await_begin(struct flow__await *a, flow_deferred *d);
bool flow__await_on(flow_gen *self, struct flow__await *a);
bool flow__await_end(flow_gen *self, struct flow__await *a, flow_value *out);

static inline bool flow_await(flow_gen *self, flow_deferred *d, flow_value *out)
{
    struct flow__await a;

    for (flow__await_begin(&a, d); flow__await_on(self, &a);)
        flow__park(self);
    return flow__await_end(self, &a, out);
}

/* ---- Channels ------------------------------------------------------------ */
/* What came of trying to receive: a status; politely: a value was taken, and
 * its sender is to go on first. */
enum flow__receipt {
    FLOW__TAKEN = FLOW_READY, FLOW__NOT_YET = FLOW_WAIT,
    FLOW__OVER = FLOW_DONE, FLOW__BROKEN = FLOW_FAILED,
    FLOW__TAKEN_POLITELY
};
static inline bool flow__has_taken(enum flow__receipt r)
{
    return r == FLOW__TAKEN || r == FLOW__TAKEN_POLITELY;
}

/* Whoever waits in a channel stands in one of its lines. */
struct flow__party {
    struct flow__party *next, *prev;         /* in its line                  */
    struct flow__party *sibling;             /* the other cases of a select, in
                                               a ring; NULL: it is alone    */
    flow_chan *c;
    flow_value v;                           /* to be sent, or received      */
    flow_waker *waker;
    enum flow__receipt got;                 /* by one that receives         */
    bool waits;                             /* stands in line               */
    bool told;                              /* was called from its line     */
    bool done;                              /* v was received               */
    bool lingers;                           /* may not come when called     */
};

struct flow__queue {
    struct flow__party *first, *last;
    size_t n;
};

/* Values lie in a ring of `room` places, or one for room 0. */
struct flow_chan {
    flow_value *ring;
    size_t places, head, count;
    size_t easy;                            /* room, as long as sending is but
                                               putting, receiving but taking;
                                               or 0                         */
    size_t room;
    struct flow__queue senders, receivers;
    size_t holders, readers;
    const char *name;
    flow_value last;                        /* a failure for who receives   */
    flow_task task;                         /* calls others, tells of room  */
    void (*on_room)(void *arg);
    void *on_room_arg;
    flow_host *host;
    bool finished, was_read, refused, tells_room, sender_first;
};

static inline void flow__chan_put(flow_chan *c, flow_value v)
{
    size_t at = c->head + c->count++;

    c->ring[at < c->places ? at : at - c->places] = v;
}

static inline flow_value flow__chan_take(flow_chan *c)
{
    size_t at = c->head;

    c->head = at + 1 < c->places ? at + 1 : 0;
    c->count--;
    return c->ring[at];
}

bool flow__send_begin(flow_gen *self, struct flow__party *p, flow_chan *c,
                      flow_value v);
bool flow__send_on(flow_gen *self, struct flow__party *p);
bool flow__send_end(flow_gen *self, struct flow__party *p);

FLOW__IN_BODY bool flow_send(flow_gen *self, flow_chan *c, flow_value v)
{
    struct flow__party p;

    if (c != NULL && c->count < c->easy && self->waker != NULL
        && !flow_is_failure(v)) {
        flow__chan_put(c, v);
        return true;
    }
    if (flow__send_begin(self, &p, c, v))
        do
            flow__park(self);
        while (p.waits && flow__send_on(self, &p));
    return flow__send_end(self, &p);
}

enum flow__receipt flow__receive_now(flow_gen *self, flow_chan *c,
                                     flow_value *out);
void flow__receive_begin(flow_gen *self, struct flow__party *p, flow_chan *c);
bool flow__receive_on(flow_gen *self, struct flow__party *p);
enum flow__receipt flow__receive_end(flow_gen *self, struct flow__party *p,
                                     flow_value *out);

FLOW__IN_BODY bool flow_receive(flow_gen *self, flow_chan *c, flow_value *out)
{
    struct flow__party p;
    enum flow__receipt got;

    if (c != NULL && c->count > 0 && c->easy > 0 && self->waker != NULL) {
        *out = flow__chan_take(c);
        return true;
    }
    got = flow__receive_now(self, c, out);
    if (got == FLOW__NOT_YET) {
        flow__receive_begin(self, &p, c);
        do
            flow__park(self);
        while (flow__receive_on(self, &p));
        got = flow__receive_end(self, &p, out);
    }
    if (FLOW__RARELY(got == FLOW__TAKEN_POLITELY)
        && !flow_cooperate(self, 0)) {
        flow_drop(*out);
        return false;
    }
    return flow__has_taken(got);
}

/* ---- Choosing ---------------------------------------------------------- */
enum flow__case_kind {
    FLOW__RECEIVE, FLOW__SEND, FLOW__NEXT, FLOW__AWAIT, FLOW__TIMEOUT
};

struct flow_case {
    bool over;                              /* it takes no part any more    */
    bool holds;                             /* its channel, while it waits  */
    enum flow__case_kind kind;
    void *what;                             /* a channel, stage or deferred */
    flow_value *value;                      /* where it goes, or comes from */
    double seconds;
    union {                                 /* while it waits               */
        struct flow__party peer;
        struct flow__await await;
        struct flow__nap nap;
    } in;
};

struct flow__select {
    flow_case *cases;
    size_t n;
    int chosen;                             /* less than 0: not yet         */
    bool failed, waits;
};
bool flow__select_begin(flow_gen *self, struct flow__select *s,
                        flow_case *cases, size_t n);
bool flow__select_on(flow_gen *self, struct flow__select *s);
int flow__select_end(flow_gen *self, struct flow__select *s);

static inline int flow_select(flow_gen *self, flow_case *cases, size_t n)
{
    struct flow__select s;

    if (flow__select_begin(self, &s, cases, n))
        do
            flow__park(self);
        while (flow__select_on(self, &s));
    return flow__select_end(self, &s);
}

static inline flow_case flow__case(enum flow__case_kind kind, void *what,
                                   flow_value *value, double seconds)
{
    flow_case c;

    c.over = false;
    c.kind = kind;
    c.what = what;
    c.value = value;
    c.seconds = seconds;
    return c;
}

static inline flow_case flow_when_receive(flow_chan *c, flow_value *out)
{
    return flow__case(FLOW__RECEIVE, c, out, 0);
}

static inline flow_case flow_when_send(flow_chan *c, flow_value *v)
{
    return flow__case(FLOW__SEND, c, v, 0);
}

static inline flow_case flow_when_next(flow_stage *s, flow_value *out)
{
    return flow__case(FLOW__NEXT, s, out, 0);
}

static inline flow_case flow_when_await(flow_deferred *d, flow_value *out)
{
    return flow__case(FLOW__AWAIT, d, out, 0);
}

static inline flow_case flow_when_timeout(double seconds)
{
    return flow__case(FLOW__TIMEOUT, NULL, NULL, seconds);
}

/* ---- Reading and giving ------------------------------------------------ */
static inline flow_status flow_pull(flow_stage *s, flow_waker *w,
                                    flow_value *out)
{
    if (s == NULL || s->next == s->end)
        return flow__pull(s, w, out);
    *out = *s->next++;
    return FLOW_READY;
}

static inline size_t flow_ready(const flow_stage *s)
{
    return s == NULL ? 0 : (size_t)(s->end - s->next);
}

static inline size_t flow_room(const flow_stage *out)
{
    return (size_t)(out->limit - out->end);
}

static inline void flow_lend(flow_stage *out, flow_value *v, size_t n)
{
    out->next = v;
    out->end = v + n;
}

static inline flow_status flow_pass(flow_stage *out, flow_status st,
                                    flow_value error)
{
    return st == FLOW_FAILED ? flow_raise_in(out, error) : st;
}

static inline void *flow_self(flow_stage *s)
{
    return s + 1;
}

/* ---- Values ------------------------------------------------------------ */
static inline flow_value flow_none(void)
{
    flow_value v = { FLOW_NONE, 0, 0, { 0 } };
    return v;
}

static inline flow_value flow_bool(bool yes)
{
    flow_value v = { FLOW_BOOL, 0, 0, { 0 } };
    v.as.num = yes;
    return v;
}

static inline flow_value flow_int(int64_t n)
{
    flow_value v = { FLOW_INT, 0, 0, { 0 } };
    v.as.num = n;
    return v;
}

static inline flow_value flow_real(double x)
{
    flow_value v = { FLOW_REAL, 0, 0, { 0 } };
    v.as.real = x;
    return v;
}

static inline flow_value flow_literal(const char *s)
{
    flow_value v = { FLOW_TEXT, 0, 0, { 0 } };
    v.size = (uint32_t)__builtin_strlen(s);
    v.as.chars = s;
    return v;
}

/* Every counted thing begins so. */
struct flow__held { uint32_t refs; };
#define FLOW__FOR_EVER UINT32_MAX           /* refs of what is never freed  */

/* A text points straight at its first character. `back` says how the buffer is
 * found that owns it:
 *
 *     0      nobody: a literal
 *     1      as.held is a struct flow__far: for slices that begin too far
 *            behind their buffer's header for the field
 *     else   the header is that many bytes before the first character */
enum { FLOW__BACK_FAR = 1, FLOW__BACK_MOST = (1 << 24) - 1 };

static inline struct flow__held *flow__held_of(flow_value v)
{
    if (v.kind == FLOW_TEXT || v.kind == FLOW_BYTES) {
        if (v.back == 0)
            return NULL;
        if (v.back != FLOW__BACK_FAR)
            return (struct flow__held *)(void *)(uintptr_t)
                   ((uintptr_t)v.as.chars - v.back);
    }
    return v.as.held;
}

static inline flow_value flow_share(flow_value v)
{
    struct flow__held *h = v.kind < FLOW_TEXT ? NULL : flow__held_of(v);

    if (h != NULL && h->refs != FLOW__FOR_EVER)
        h->refs++;
    return v;
}

static inline void flow_drop(flow_value v)
{
    struct flow__held *h = v.kind < FLOW_TEXT ? NULL : flow__held_of(v);

    if (h != NULL && h->refs != FLOW__FOR_EVER && --h->refs == 0)
        flow__value_freed(v);
}

/* Whether all slices of the first `size` bytes are near to the header. */
static inline bool flow__is_near(const flow_value *v, size_t size)
{
    return v->back > FLOW__BACK_FAR && v->back + size <= FLOW__BACK_MOST;
}

/* flow_slice of what is near and there, for those who slice much. */
static inline flow_value flow__slice_near(flow_value v, size_t from, size_t len)
{
    flow__held_of(v)->refs++;
    v.back = (uint32_t)(v.back + from) & FLOW__BACK_MOST;
    v.size = (uint32_t)len;
    v.as.chars += from;
    return v;
}

static inline const char *flow_chars(const flow_value *v, size_t *len)
{
    if (FLOW__RARELY((v->kind != FLOW_TEXT && v->kind != FLOW_BYTES)
                     || v->back == FLOW__BACK_FAR))
        return flow__chars_rarely(v, len);
    if (len != NULL)
        *len = v->size;
    return v->as.chars;
}

static inline bool flow_is_failure(flow_value v)
{
    return v.kind == FLOW_ERROR && v.back == 0;
}

static inline flow_value flow__same(flow_value v) { return v; }

#pragma GCC visibility pop
#ifdef __cplusplus
}
static inline flow_value flow_of(bool x) { return flow_bool(x); }
static inline flow_value flow_of(int x) { return flow_int(x); }
static inline flow_value flow_of(unsigned x) { return flow_int(x); }
static inline flow_value flow_of(long x) { return flow_int(x); }
static inline flow_value flow_of(long long x) { return flow_int(x); }
static inline flow_value flow_of(double x) { return flow_real(x); }
static inline flow_value flow_of(const char *x) { return flow_literal(x); }
static inline flow_value flow_of(flow_value x) { return x; }
#else
#define flow_of(x) _Generic((x),                                             \
    bool: flow_bool, char: flow_int, short: flow_int, int: flow_int,         \
    unsigned: flow_int, long: flow_int, long long: flow_int,                 \
    float: flow_real, double: flow_real,                                     \
    char *: flow_literal, const char *: flow_literal,                        \
    flow_value: flow__same)(x)
#endif

/* flow_list(FLOW_VALUES(1, "two", 3.5)): an array and its length. */
#define FLOW_VALUES(...)                                                     \
    (const flow_value[]){ FLOW__EACH(__VA_ARGS__) },                         \
    sizeof((const flow_value[]){ FLOW__EACH(__VA_ARGS__) })                  \
        / sizeof(flow_value)

/* flow_select(self, FLOW_CASES(flow_when_..., flow_when_...)): likewise. */
#define FLOW_CASES(...)                                                      \
    (flow_case[]){ __VA_ARGS__ },                                            \
    sizeof((flow_case[]){ __VA_ARGS__ }) / sizeof(flow_case)

/* flow_merge(FLOW_STAGES(a, b)): likewise. */
#define FLOW_STAGES(...)                                                     \
    (flow_stage *const[]){ __VA_ARGS__ },                                    \
    sizeof((flow_stage *const[]){ __VA_ARGS__ }) / sizeof(flow_stage *)

#define FLOW__EACH(...)                                                      \
    FLOW__PICK(__VA_ARGS__, FLOW__12, FLOW__11, FLOW__10, FLOW__9, FLOW__8,  \
               FLOW__7, FLOW__6, FLOW__5, FLOW__4, FLOW__3, FLOW__2,         \
               FLOW__1, )(__VA_ARGS__)
#define FLOW__PICK(a, b, c, d, e, f, g, h, i, j, k, l, n, ...) n
#define FLOW__1(x) flow_of(x)
#define FLOW__2(x, ...) flow_of(x), FLOW__1(__VA_ARGS__)
#define FLOW__3(x, ...) flow_of(x), FLOW__2(__VA_ARGS__)
#define FLOW__4(x, ...) flow_of(x), FLOW__3(__VA_ARGS__)
#define FLOW__5(x, ...) flow_of(x), FLOW__4(__VA_ARGS__)
#define FLOW__6(x, ...) flow_of(x), FLOW__5(__VA_ARGS__)
#define FLOW__7(x, ...) flow_of(x), FLOW__6(__VA_ARGS__)
#define FLOW__8(x, ...) flow_of(x), FLOW__7(__VA_ARGS__)
#define FLOW__9(x, ...) flow_of(x), FLOW__8(__VA_ARGS__)
#define FLOW__10(x, ...) flow_of(x), FLOW__9(__VA_ARGS__)
#define FLOW__11(x, ...) flow_of(x), FLOW__10(__VA_ARGS__)
#define FLOW__12(x, ...) flow_of(x), FLOW__11(__VA_ARGS__)

#endif
