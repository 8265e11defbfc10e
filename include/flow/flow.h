/* SPDX-License-Identifier: MIT */
/* flow - long operations of many stages, written as plain functions.
 *
 * A flow is a chain of stages. Whoever wants a value asks the last stage; it
 * asks the one before, and so on back to a source. Nothing runs until asked.
 * Where a value is not there yet, the whole chain is set aside, the event loop
 * does other work, and the chain goes on where it stopped.
 *
 *     #include <flow/flow.h>
 *
 *     static void counter(flow_gen *self, flow_stage *source, void *arg)
 *     {
 *         for (int n = *(int *)arg; n > 0 && flow_yield(self, n); n--)
 *             ;
 *     }
 *
 *     static void not_two(flow_gen *self, flow_stage *source, void *arg)
 *     {
 *         flow_value v;
 *         while (flow_next(self, source, &v))
 *             if (v.as.num != 2)
 *                 flow_yield(self, v);
 *     }
 *
 *     int main(void)
 *     {
 *         int three = 3;
 *         flow_stage *s = flow_generate(counter, NULL, &three);
 *         s = flow_generate(not_two, s, NULL);
 *         for (flow_value v; flow_block(s, &v);)
 *             flow_print(stdout, v);                        prints 3, then 1
 *         if (flow_failure(s) != NULL)
 *             flow_print_trace(stderr, flow_failure(s));
 *         flow_close(s);
 *     }
 *
 * Promises that hold for every call of every header:
 *
 *   Build   Making a thing never fails. Without memory you get a stage that
 *           fails with FLOW_ENOMEM when it is asked, or a value that is such an
 *           error: one place to look, at the end, where you look anyway.
 *   Move    A stage or value you hand over is gone, even if the call fails, so
 *           calls nest. `const *` and `arg` are borrowed until the stage that
 *           got them is closed. Channels and deferreds are counted: each holder
 *           releases its own.
 *   Order   All results come first, then the end or the failure, once.
 *   End     A stage that has answered that it is done does so for ever.
 *   Answer  What waits answers true: go on; or false: the end, a failure, or
 *           nobody listens. The reason stays in `self` and passes on by itself
 *           when the body returns, so the natural loop is the correct one. As
 *           long as a failure is on its way, every wait answers false.
 *   Close   Anything may be closed at any moment: every wait answers false, the
 *           body tidies up and returns.
 *   Bound   Every queue has a bound, said where it is made.
 *   Suspend Only calls that take a `flow_gen *self` may suspend, and of those
 *           only the ones that say so.
 *   Thread  A flow stays in the thread that made it; [any thread] marks the
 *           calls that may come from elsewhere. Flows of several threads meet
 *           in ports and workers (thread.h).
 *
 * "The original" is the Python module of the same name of 2003, whose programs
 * examples/ writes anew.
 *
 * Chapters: values and errors (value.h) - stages and generators, drivers,
 * deferreds, what is going on (here) - operators (operator.h) - tasklets and
 * channels (tasklet.h) - writing stages and hosts (stage.h). All are included
 * here. To be included by itself: builders (builder.h).
 * / */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include <flow/value.h>
#include <flow/stage.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What flows and deferreds call. A function takes v and answers another value,
 * or an ERROR, which fails; a test looks. `arg` is borrowed. */
typedef flow_value flow_function(flow_value v, void *arg);
typedef bool       flow_test(const flow_value *v, void *arg);

/* What one side of a connection is to the other: from the stage of what it
 * receives, which it takes, it makes the stage of what is to be sent. A service
 * over sockets (net.h, udp.h), in TLS (tls.h) or of pages (http.h) is one. */
typedef flow_stage *flow_protocol(flow_stage *received, void *arg);

/* ---- Sources ---------------------------------------------------------------
 * Where flows begin. */

/* The n items, which it takes. FLOW_VALUES(3, "one", 2.5) writes the pair. */
flow_stage *flow_list(const flow_value *items, size_t n);

/* One value, then the end. */
flow_stage *flow_once(flow_value v);

/* Nothing but the failure `error`; the end at once if it is not an ERROR. */
flow_stage *flow_failed(flow_value error);

/* A step is called again and again with its state, which is borrowed; it needs
 * no stack. It gives up to flow_room(out) values with flow_give(out, v) and
 * answers FLOW_READY, or FLOW_DONE when there will be no more. An ERROR given
 * is the stage's failure; a step that then answers FLOW_READY has not ended and
 * may be asked again, as an iterator's next() may raise and go on. */
typedef flow_status flow_step(void *state, flow_stage *out);
flow_stage *flow_iterate(flow_step *step, void *state);

/* ---- Generators ------------------------------------------------------------
 * A generator runs `body` on a small stack of its own (flow_config.stack_size:
 * keep large arrays out of it), from one ask to the next. It owns
 * `source` (which may be NULL) and closes it after the body; `arg` is borrowed.
 * The stage ends when the body returns, with the failure that is left in `self`
 * if there is one. */
typedef void flow_body(flow_gen *self, flow_stage *source, void *arg);
flow_stage *flow_generate(flow_body *body, flow_stage *source, void *arg);

/* Lets any stage make up to n results ready at one ask (a row set), n >= 1. A
 * generator then runs on until it has yielded n, or must wait; without it,
 * producer and consumer alternate strictly. Memory: 16 n bytes; without memory
 * it goes on one by one. Gives s. */
flow_stage *flow_read_ahead(flow_stage *s, size_t n);

/* The name of a stage in traces and listings, borrowed for ever: a literal. By
 * default a generator is called as its body, others as their operator. Gives s.
 */
flow_stage *flow_named(flow_stage *s, const char *name);

/* The following are for the inside of a body and of the functions it calls, at
 * any depth. Each may suspend the generator; false says tidy up and return. */

/* The next value of `from`, which is now yours. */
static bool flow_next(flow_gen *self, flow_stage *from, flow_value *out);

/* The first value of `from`, which it takes, and closes. False as flow_next. */
static bool flow_first(flow_gen *self, flow_stage *from, flow_value *out);

/* All values that are ready: at least one. They are yours; the array is not,
 * and is good until `from` is asked again. */
static bool flow_next_set(flow_gen *self, flow_stage *from, flow_value **set,
                          size_t *n);

/* Waits until flow_next would not; takes nothing. */
static bool flow_wait(flow_gen *self, flow_stage *from);

/* Gives a result: flow_yield(self, 3), flow_yield(self, "a literal"),
 * flow_yield(self, v). Takes v. An ERROR that is not settled is raised, as by
 * flow_raise, and the answer is false. */
#define flow_yield(self, x) flow_yield_value((self), flow_of(x))
static bool flow_yield_value(flow_gen *self, flow_value v);

/* Sets the whole chain aside for at least so many seconds; 0: for one turn of
 * the loop, so that others can run. (Cooperate of the original) */
static bool flow_cooperate(flow_gen *self, double seconds);

/* The value of a deferred; its failure is raised here. The deferred stays
 * yours. */
static bool flow_await(flow_gen *self, flow_deferred *d, flow_value *out);

/* These never suspend. */

/* Makes a failure of your own. It leaves when the body returns; until then
 * every wait answers false, unless flow_catch takes it back. A second one while
 * another is on its way is only reported. */
#define flow_fail(self, ...)                                                \
    flow_raise_at((self), flow_error(__VA_ARGS__), FLOW_HERE)
#define flow_raise(self, error) flow_raise_at((self), (error), FLOW_HERE)
void flow_raise_at(flow_gen *self, flow_value error, const char *where);

/* Takes back a failure of that class or of one derived from it; false: there is
 * none such. The body goes on. A source that failed has ended, but any other
 * may be asked on: so a generator can refuse one value, catch its own failure,
 * and read the next. *error is yours, settled: an ordinary value that may be
 * yielded. NULL: it is dropped. */
bool flow_catch(flow_gen *self, const flow_error_class *c, flow_value *error);

/* Whether nobody listens any more: every wait now answers false. */
bool flow_closing(const flow_gen *self);

/* Has clean(p) called when the body has returned or is given up; the last added
 * first. False, for want of memory: it was called now, and a failure is raised.
 */
bool flow_cleanup(flow_gen *self, void (*clean)(void *p), void *p);

/* ---- Ending ----------------------------------------------------------------
 * Closes a stage and all it reads from, at any moment; NULL is fine. A body
 * that is suspended runs to its end, with every wait answering false; one that
 * goes on waiting after FLOW_PATIENCE such answers is given up: its clean-ups
 * are run, and that is reported. Never suspends. A failure that nobody has read
 * is reported. From inside a flow, flow_cancel closes the one that is running;
 * a running stage stays open, and that is reported. */
void flow_close(flow_stage *s);
enum { FLOW_PATIENCE = 16 };

/* ---- Drivers ---------------------------------------------------------------
 * What asks the last stage. */

/* The next value, running the thread's loop until there is one. False: the end,
 * or a failure: flow_failure tells which. Fails with FLOW_ESTUCK when nothing
 * that could ever wake the flow is left, with FLOW_ENESTED inside a flow (use
 * flow_next). (Block of the original) */
bool flow_block(flow_stage *s, flow_value *out);

/* Runs a flow to its end and closes it: the LIST of all its values, or the
 * ERROR it failed with. So flow_print(stdout, flow_block_all(s)) shows what s
 * does. */
flow_value flow_block_all(flow_stage *s);

/* Runs the loop until d has fired: its value, or the ERROR it failed with.
 * Takes d. What else runs in this thread goes on meanwhile, and stays as it is
 * then. */
flow_value flow_block_on(flow_deferred *d);

/* The failure flow_block ended with, or NULL. Borrowed until s is closed. */
const flow_value *flow_failure(const flow_stage *s);

/* Runs a flow beside all others of this thread, at once (inside a flow: from
 * the next turn on). Fires with the last value, or NONE, when the flow has
 * ended, or with its failure; flow_run(flow_collect(s)) gives the LIST of all.
 * The deferred is yours; releasing it before it has fired closes the flow, so
 * keep it as long as the flow shall run.
 * (Deferred of the original) */
flow_deferred *flow_run(flow_stage *s);

/* Runs the thread's loop until nothing is left to do, or flow_stop. A flow that
 * is waiting then can never go on: its deferred fails with FLOW_ESTUCK. */
void flow_loop(void);
void flow_stop(void);                       /* at the end of this turn      */

/* ---- Deferreds -------------------------------------------------------------
 * A value that will arrive. It fires once; callbacks run in the order they were
 * added, each with what the one before answered, at once when it has fired
 * already. An ERROR takes the path of `bad`, another value that of `good`; a
 * missing one passes on. A callback that answers flow_later(d) makes the chain
 * wait for d. A failure left when the last holder goes is reported. */
flow_deferred *flow_defer(void);            /* without memory: it has failed */
void           flow_fire(flow_deferred *d, flow_value v);      /* takes v; the
                                               first firing counts          */
void           flow_then(flow_deferred *d, flow_function *good,
                         flow_function *bad, void *arg);
flow_value     flow_later(flow_deferred *d);        /* a BOX; takes d       */
flow_deferred *flow_deferred_of(const flow_value *v);   /* the one in such a
                                               BOX, borrowed; NULL: it is none */
bool           flow_fired(const flow_deferred *d);
const flow_value *flow_outcome(const flow_deferred *d); /* NULL: not yet; a
                                               failure looked at is handled */
flow_deferred *flow_hold(flow_deferred *d);             /* one more holder  */
void           flow_release(flow_deferred *d);          /* NULL is fine     */

/* Gives up waiting: `undo` of flow_on_cancel is called, and if it has not fired
 * by then it fires with FLOW_ECANCELLED. The last release of an unfired
 * deferred does the same. */
void flow_cancel(flow_deferred *d);
void flow_on_cancel(flow_deferred *d, void (*undo)(void *arg), void *arg);

/* Fires with FLOW_ETIMEOUT, after cancelling, unless it has fired by then. */
void flow_expire(flow_deferred *d, double seconds);

/* Takes n deferreds. gather: a LIST of all values, or the first failure, which
 * cancels the rest. first_of: the first to fire, the rest are cancelled. */
flow_deferred *flow_gather(flow_deferred *const *d, size_t n);
flow_deferred *flow_first_of(flow_deferred *const *d, size_t n);

/* As a stage: its value, then the end; or its failure. Takes d. */
flow_stage *flow_from_deferred(flow_deferred *d);

/* ---- What is going on -------------------------------------------------- */

/* Writes every live flow of this thread to a descriptor: its chain of stages,
 * where each was made, what is ready, what it waits for and since when, how
 * much stack it has used. Allocates nothing: may be called from a signal
 * handler. */
void flow_dump(int fd);

/* Process-wide settings. Set them before anything else is called. A field left
 * 0 or NULL means the default. The functions are called from every thread that
 * has flows, and from those of thread.h. */
typedef struct flow_config {
    void *ctx;                  /* handed to the functions below            */
    /* Every allocation: p NULL: new; size 0: free; `old` is p's size. */
    void *(*resize)(void *ctx, void *p, size_t old, size_t size);
    /* Pages for stacks: p NULL: map; else unmap. */
    void *(*pages)(void *ctx, void *p, size_t size);
    /* What nobody handled: unread failures, bodies given up, slow steps, flows
     * unfinished at exit. Default: a line on standard error. */
    void (*report)(void *ctx, const char *text);
    size_t stack_size;          /* bytes of a generator's stack: 65536      */
    size_t slab;                /* stacks in one mapping: 256               */
    double slow_step;           /* seconds; report a stage that holds the loop
                                   longer. 0: not watched                   */
} flow_config;
void flow_configure(const flow_config *c);

/* Gives stacks kept for reuse back to the system. */
void flow_trim(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#include <flow/tasklet.h>
#include <flow/inline.h>
#include <flow/operator.h>

/* Each stage remembers where it was made. */
#define flow_list(...)          flow_made(flow_list(__VA_ARGS__), FLOW_HERE)
#define flow_once(...)          flow_made(flow_once(__VA_ARGS__), FLOW_HERE)
#define flow_failed(...)        flow_made(flow_failed(__VA_ARGS__), FLOW_HERE)
#define flow_iterate(step, ...)                                              \
    flow_named(flow_made(flow_iterate(step, __VA_ARGS__), FLOW_HERE), #step)
#define flow_generate(body, ...)                                             \
    flow_named(flow_made(flow_generate(body, __VA_ARGS__), FLOW_HERE), #body)
#define flow_from_deferred(...)                                              \
    flow_made(flow_from_deferred(__VA_ARGS__), FLOW_HERE)

#endif
