/* SPDX-License-Identifier: MIT */
/* Writing stages and hosts: what an operator or an event loop is made of.
 *
 * A stage type is a constant table. `fill` is called only while no result is
 * ready; it makes some ready in `out`, its own stage, and says what comes next:
 *
 *     FLOW_READY    results were given; or none yet, and fill is called again
 *     FLOW_WAIT     nothing yet; w will be woken. Results given count first.
 *     FLOW_DONE     no more after what was given
 *     FLOW_FAILED   as done, after flow_give of an ERROR, or flow_raise_in
 *
 * Whoever answers FLOW_WAIT has remembered the last w it was given, or has
 * passed w to the stage it waits for, which has. An operator needs no memory of
 * where it was: it is simply asked again. This is a whole one:
 *
 *     struct twice { flow_stage *source; };
 *
 *     static flow_status twice_fill(void *self, flow_stage *out, flow_waker *w)
 *     {
 *         struct twice *t = self;
 *         flow_value v;
 *         flow_status st = flow_pull(t->source, w, &v);
 *         if (st != FLOW_READY)
 *             return flow_pass(out, st, v);
 *         flow_give(out, flow_int(2 * v.as.num));
 *         return FLOW_READY;
 *     }
 *
 *     static const flow_type twice_type = {
 *         .name = "twice", .size = sizeof(struct twice), .fill = twice_fill,
 *         .inputs = flow_first_input
 *     };
 *
 *     flow_stage *twice(flow_stage *source)
 *     {
 *         struct twice t = { .source = source };
 *         return flow_stage_new(&twice_type, &t);
 *     }
 */
#ifndef FLOW_FLOW_H
#include <flow/flow.h>      /* the chapters are read together */
#endif
#ifndef FLOW_STAGE_H
#define FLOW_STAGE_H

#include <flow/value.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct flow_stage    flow_stage;    /* gives values when asked      */
typedef struct flow_gen      flow_gen;      /* the inside of a generator    */
typedef struct flow_chan     flow_chan;     /* a bounded queue of values    */
typedef struct flow_deferred flow_deferred; /* one value, some time         */
typedef struct flow_host     flow_host;     /* a clock and a place to wait  */
typedef struct flow_waker    flow_waker;    /* how a stage wakes its driver */

typedef enum flow_status {
    FLOW_READY, FLOW_WAIT, FLOW_DONE, FLOW_FAILED
} flow_status;

typedef struct flow_type {
    const char *name;
    size_t size;                            /* of what self points to       */
    flow_status (*fill)(void *self, flow_stage *out, flow_waker *w);
    /* Drops what self holds, except its inputs; may be NULL. Never waits. */
    void (*close)(void *self);
    /* The stages it reads now: their number, and *list pointing to them. NULL:
     * none. The library closes them, and shows them. Entries may be NULL. */
    size_t (*inputs)(void *self, flow_stage ***list);
    const struct flow__own_type *own;       /* the library's: leave it out  */
} flow_type;

/* `inputs` of a type whose self begins with its one source. */
size_t flow_first_input(void *self, flow_stage ***list);

/* A stage with a copy of *self. Without memory, self's things are closed and
 * the stage fails. flow_self finds the copy again. */
flow_stage *flow_stage_new(const flow_type *t, const void *self);
static inline void *flow_self(flow_stage *s);

/* ---- Asking ----------------------------------------------------------------
 * The one way to read a stage, for operators and drivers. */

/* The next value, now yours. FLOW_FAILED: *out is the error, now yours.
 * FLOW_DONE: it is NONE. FLOW_WAIT: it is not touched, so look at the status
 * first. s NULL: fails with FLOW_EINVAL. */
static inline flow_status flow_pull(flow_stage *s, flow_waker *w,
                                    flow_value *out);

/* All values that are ready, at least one: set[0..n-1] are yours, the array is
 * good until s is asked again. On FLOW_FAILED, *error is yours. */
typedef struct flow_set { flow_value *v; size_t n; flow_value error; } flow_set;
flow_status flow_pull_set(flow_stage *s, flow_waker *w, flow_set *out);

/* How many values are ready. */
static inline size_t flow_ready(const flow_stage *s);

/* Makes results ready, or finds that there are none yet; takes nothing. */
flow_status flow_fill(flow_stage *s, flow_waker *w);

/* The failure of a stage whose flow_fill answered FLOW_FAILED, now yours. */
flow_value flow_take_failure(flow_stage *s);

/* Whether it has given and told all that it ever will. */
bool flow_has_ended(const flow_stage *s);

/* For the listing: that `by` reads s, when it was made after `by` was. */
void flow_read_by(flow_stage *s, flow_stage *by);

/* ---- Giving: only inside fill, to its own `out` ------------------------ */

/* How many values may still be given at this call: at least 1 when it begins,
 * so that a fill which gives one and returns need not ask. */
static inline size_t flow_room(const flow_stage *out);

/* Gives v, which it takes. An ERROR is the failure, delivered after all
 * results; what is given after it is dropped. */
void flow_give(flow_stage *out, flow_value v);

/* Gives v[0..n-1] where they are, without copying; the array must stay until
 * the next fill. Values are taken. Instead of flow_give, not beside it. */
static inline void flow_lend(flow_stage *out, flow_value *v, size_t n);

/* Fails, after what was given. Both answer FLOW_FAILED. */
flow_status flow_raise_in(flow_stage *out, flow_value error);

/* Hands on an answer that is not FLOW_READY, with its error: so that fill may
 * `return flow_pass(out, st, v)`. */
static inline flow_status flow_pass(flow_stage *out, flow_status st,
                                    flow_value error);

/* For the listing: what a fill that answers FLOW_WAIT, and is not waiting for
 * an input, waits for: a literal. */
void flow_waits_for(flow_stage *out, flow_waker *w, const char *what);

/* ---- Memory -----------------------------------------------------------------
 * From the allocator of flow_config, as all of the library's: so that a program
 * can count it, bound it, and test with it failing. NULL without memory; what
 * flow_resize was given is then as it was. `old` and `size` are in bytes: the
 * size it was asked for with. */
void *flow_alloc(size_t size);
void *flow_resize(void *p, size_t old, size_t size);
void  flow_free(void *p, size_t size);                      /* NULL is fine */

/* Hands a line about what nobody handled to flow_config's reporter. */
void flow_report(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* ---- Waking ----------------------------------------------------------------
 * A waker is remembered by what makes a pending stage ready. `call` marks or
 * queues; it never runs a stage. An operator over many inputs gives each a
 * waker of its own, and on its call wakes the one it was last asked with. To
 * wake once too often is harmless. A waker lives as long as whoever handed it
 * out. */
struct flow_waker {
    void (*call)(flow_waker *w);
    flow_host *host;                        /* its clock and loop           */
};
static inline void flow_wake(flow_waker *w) { if (w != NULL) w->call(w); }

/* ---- Hosts -----------------------------------------------------------------
 * A host is the core's own loop of timers, libuv, or a test's virtual clock.
 * Tasks live inside whoever waits, so posting cannot fail nor allocates. */
typedef struct flow_task {
    void (*call)(struct flow_task *t);
    double at;                              /* the rest is the host's       */
    uint64_t order;
    struct flow_task *child, *next, *prev;
    bool posted;
} flow_task;

struct flow_host {
    /* Seconds of its clock, as of this turn: cheap. */
    double (*now)(flow_host *h);
    /* Calls t->call(t) once, at least so many seconds from now; 0: in the next
     * turn, after what was posted before. Posting a posted task moves it.
     * INFINITY: never, but until it is cancelled the loop does not end: it
     * waits for what other threads post, and a virtual clock stands. DBL_MAX:
     * the same, but a virtual clock goes on as long as there are timers. */
    void (*post)(flow_host *h, flow_task *t, double seconds);
    void (*cancel)(flow_host *h, flow_task *t);         /* fine if not posted */
    /* [any thread] Posts, for the next turn, a task that is not posted. */
    void (*post_from)(flow_host *h, flow_task *t);
    /* Runs what is due, after sleeping until something is if `sleep`. False:
     * nothing is posted and nothing can come. NULL: the loop is not ours. */
    bool (*turn)(flow_host *h, bool sleep);
    /* The library's: flows that were woken. Leave it zero. */
    struct flow__ready {
        flow_task task;
        struct flow__runner *first, *last;
        double time;                        /* when they began to run       */
        bool running;
    } ready;
};

/* The host of this thread: the core's own unless another was set. */
flow_host *flow_host_here(void);
void flow_host_use(flow_host *h);           /* NULL: the core's own         */

/* Seconds of its clock, as of this turn of its loop. */
static inline double flow_now(void)
{
    flow_host *h = flow_host_here();

    return h->now(h);
}

/* A host whose clock is moved by hand: it never sleeps, but steps to the next
 * timer at once. For tests and simulation. Deterministic. This thread's; the
 * call sets its clock to 0. */
flow_host *flow_virtual_host(void);

/* Remembers where a stage was made, unless it knows; gives s. */
flow_stage *flow_made(flow_stage *s, const char *where);
#define FLOW_HERE __FILE__ ":" FLOW_TEXT_OF(__LINE__)
#define FLOW_TEXT_OF(x) FLOW_TEXT_OF_(x)
#define FLOW_TEXT_OF_(x) #x

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
