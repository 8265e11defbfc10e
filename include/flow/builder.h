/* SPDX-License-Identifier: MIT */
/* The builder: a flow as a list of steps, built once and executed as often as
 * wanted, each time with a value to start with.
 *
 * Where operators pull values through a chain, here each value is pushed
 * through the steps, depth first: what a branch makes of one goes through the
 * rest of the steps, item by item, before the next is taken. So a program is
 * written down in the order in which it happens:
 *
 *     #include <flow/builder.h>
 *
 *     flow_builder *b = flow_builder_new();
 *     flow_add_branch(b, orders_of, NULL, shop);     a customer: his orders
 *     flow_add_branch(b, lines_of, NULL, shop);      an order: its lines
 *     flow_add_function(b, price, shop);             a line: what it costs
 *     flow_add_merge(b, flow_int(0), add, NULL);     all of them: the total
 *
 *     flow_stage *s = flow_builder_execute(b, flow_literal("ann"));
 *     flow_print(stdout, flow_block_all(s));         prints [1170]
 *     flow_builder_release(b);
 *
 * An execution is a stage: what comes out of the last step are its results. So
 * all that drives and reads stages serves it: flow_block, flow_run, operators,
 * the branch of another builder. Any number of executions of one builder may be
 * under way at the same time; each has accumulated values of its own, and they
 * share nothing but the steps and their `arg`.
 *
 * A step that cannot go on yet answers flow_pause(): the execution is set
 * aside, and the same step tried again with the same value. (The class Flow of
 * March 2003) */
#ifndef FLOW_BUILDER_H
#define FLOW_BUILDER_H

#include <flow/flow.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct flow_builder flow_builder;

/* ---- A builder -------------------------------------------------------------
 * Counted: yours to release, and held by each execution and each builder that
 * it is a part of. NULL is fine. It stays in the thread that made it. */
flow_builder *flow_builder_new(void);
void flow_builder_release(flow_builder *b);

/* ---- Steps -----------------------------------------------------------------
 * Each call adds one behind those there are, and gives b. They never fail: out
 * of memory, given a wrong argument, or called when b has been executed or is a
 * part of another builder and so has all its steps, they make every execution
 * that is begun from then on fail, and say why.
 *
 * A function gets the value, which it takes, and `arg`, which is borrowed until
 * the last execution is closed and the builder released. An ERROR it answers is
 * the failure of the execution; flow_pause() asks for another try. Settled
 * errors pass by untouched: no function of a branch, function or merge sees
 * them, and no stop holds them up. */

/* For each value the items of the stage that f makes of it; NULL is no items.
 * Then on_finish, if it is not NULL, is called with that value; what it answers
 * is dropped, unless it is an ERROR. */
flow_builder *flow_add_branch(flow_builder *b, flow_expand *f,
                              flow_function *on_finish, void *arg);

/* For branches: the items of a LIST or TUPLE; another value as it is. Looks at
 * no arg. */
flow_stage *flow_each_item(flow_value v, void *arg);

/* One for one. */
flow_builder *flow_add_function(flow_builder *b, flow_function *f, void *arg);

/* What compares equal to `stop` goes no further. (addFunction with a stop value
 * of the original: a function, then this) */
flow_builder *flow_add_stop(flow_builder *b, flow_value stop);

/* Nothing goes further: what the steps before do is all that is wanted. */
flow_builder *flow_add_discard(flow_builder *b);

/* Executes `sub` with the value, and drops its results; then the value itself
 * goes on. For several, one after the other, add several. */
flow_builder *flow_add_chain(flow_builder *b, flow_builder *sub);

/* ---- Scopes and merges -----------------------------------------------------
 * A merge accumulates in the nearest scope: that of the last flow_add_context
 * before it, or else the whole execution. A scope begins with each value that
 * comes to the context, and closes when all has been done that this value led
 * to. Each merge has a value of its own in it, which begins as `start`, shared:
 * for an object that is changed in place begin with NONE, and have f make it.
 */

/* Opens a scope. When it closes, its merges pass their last values on, in the
 * order of the steps. Then on_flush, if it is not NULL, is called with a TUPLE:
 * the value the scope began with, and what each of its merges has accumulated.
 * What it answers is dropped, unless it is an ERROR. */
flow_builder *flow_add_context(flow_builder *b, flow_function *on_flush,
                               void *arg);

/* Passes nothing on but, when the scope closes, the value accumulated; that is
 * start if none came. (addMerge with reduce of the original) */
flow_builder *flow_add_merge(flow_builder *b, flow_value start, flow_fold *f,
                             void *arg);

/* Passes on at once what f answers, and accumulates what it leaves in *so_far,
 * which is the scope's: drop what you replace. A function that answers
 * flow_pause() has not touched it. (addMerge without) */
typedef flow_value flow_running(flow_value *so_far, flow_value next, void *arg);
flow_builder *flow_add_merge_running(flow_builder *b, flow_value start,
                                     flow_running *f, void *arg);

/* When the scope closes, the LIST of all that came, settled errors among them.
 * The execution fails with FLOW_ELIMIT beyond `most` of them. */
flow_builder *flow_add_merge_to_list(flow_builder *b, size_t most);

/* ---- Executing ---------------------------------------------------------- */

/* One execution, which begins when it is asked. Takes start. Closing it closes
 * the branches that are open; on_finish and on_flush are not called then, nor
 * after a failure. The trace of a failure names the step, and the parts it is
 * in. */
flow_stage *flow_builder_execute(flow_builder *b, flow_value start);

/* What a step answers that cannot go on yet: an ERROR of class FLOW_EPAUSE. The
 * execution waits for the interval of the step's builder, then tries the same
 * step again with the same value. Every function of a step may answer it, also
 * on_finish and on_flush; a flow_expand answers flow_failed(flow_pause()).
 *
 * The stage of a branch may fail with it, too. One that has not ended by that,
 * as a flow_iterate whose step gives it and answers FLOW_READY, is asked again.
 * One that has ended is made again of the same value; but if it had given items
 * they would come twice, and the execution fails.
 *
 * What can be woken needs no pause: a branch may be a generator that waits
 * where it is, or flow_from_deferred, and all steps wait with it. (PauseFlow of
 * the original) */
flow_value flow_pause(void);
extern const flow_error_class FLOW_EPAUSE[1];

/* Seconds between tries; by default 0, one turn of the loop. To be set as steps
 * are added: before the first execution. Gives b. */
flow_builder *flow_wait_interval(flow_builder *b, double seconds);

/* Names the step added last in traces, and says where it was added; both are
 * borrowed for ever. The calls above do so by themselves. Gives b. */
flow_builder *flow_step_made(flow_builder *b, const char *name,
                             const char *where);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#define flow_add_branch(b, f, ...)                                           \
    flow_step_made(flow_add_branch(b, f, __VA_ARGS__), #f, FLOW_HERE)
#define flow_add_function(b, f, ...)                                         \
    flow_step_made(flow_add_function(b, f, __VA_ARGS__), #f, FLOW_HERE)
#define flow_add_chain(b, sub)                                               \
    flow_step_made(flow_add_chain(b, sub), #sub, FLOW_HERE)
#define flow_add_context(b, on_flush, ...)                                   \
    flow_step_made(flow_add_context(b, on_flush, __VA_ARGS__), #on_flush,    \
                   FLOW_HERE)
#define flow_add_merge(b, start, f, ...)                                     \
    flow_step_made(flow_add_merge(b, start, f, __VA_ARGS__), #f, FLOW_HERE)
#define flow_add_merge_running(b, start, f, ...)                             \
    flow_step_made(flow_add_merge_running(b, start, f, __VA_ARGS__), #f,     \
                   FLOW_HERE)
#define flow_add_merge_to_list(b, ...)                                       \
    flow_step_made(flow_add_merge_to_list(b, __VA_ARGS__), "merge_to_list",  \
                   FLOW_HERE)
#define flow_builder_execute(...)                                            \
    flow_made(flow_builder_execute(__VA_ARGS__), FLOW_HERE)

#endif
