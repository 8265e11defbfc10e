/* SPDX-License-Identifier: MIT */
/* The one thread-local of the library: what belongs to the flows of a thread.
 */
#ifndef FLOW_BASE_THREAD_H
#define FLOW_BASE_THREAD_H

#include <flow/flow.h>

struct flow__slab;
struct flow__stack;
struct flow__runner;

struct flow__thread {
    flow_host *host;                /* NULL: the core's own                 */
    flow_stage *live;               /* every stage, the newest first        */
    struct flow__runner *runners;   /* flows that run to a deferred         */
    struct flow__slab *slabs;       /* mappings that hold stacks            */
    struct flow__stack *stacks;     /* stacks kept for reuse                */
    void *signal_stack;             /* where an overflow is reported from   */
    double asked;                   /* seconds in stages asked by the one that
                                       is timed, see flow_config.slow_step  */
    unsigned inside;                /* > 0: a flow or the loop is running   */
    bool stopping;                  /* flow_stop was called                 */
    bool known;                     /* will be cleaned up with the thread   */
};

/* Thread-local. Initial-exec: the library is loaded with the program, and a
 * look at one must not cost a call. */
#define FLOW__HERE                                                           \
    _Thread_local __attribute__((tls_model("initial-exec")))

extern FLOW__HERE struct flow__thread flow__thread;

/* For debuggers: of flow__thread from the thread pointer. */
extern ptrdiff_t flow__thread_offset;

#endif
