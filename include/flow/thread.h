/* SPDX-License-Identifier: MIT */
/* Flows and threads: for work that blocks, while the loop goes on.
 *
 * A *worker* is a body that runs in a thread of its own and may block there. It
 * is written as a generator is, and read as any stage:
 *
 *     #include <errno.h>
 *     #include <flow/thread.h>
 *     #include <string.h>
 *
 *     static void read_lines(flow_worker *self, void *path)
 *     {
 *         FILE *f = fopen(path, "r");
 *         char line[4096];
 *
 *         if (f == NULL)
 *             flow_worker_raise(self, flow_system_error(errno, "cannot read "
 *                                                       "%s", (char *)path));
 *         while (f != NULL && fgets(line, sizeof line, f) != NULL
 *                && flow_worker_give(self, flow_text(line, strlen(line))))
 *             ;
 *         if (f != NULL)
 *             fclose(f);
 *     }
 *
 *     int main(void)
 *     {
 *         flow_stage *s = flow_threaded(NULL, read_lines, NULL, "notes.txt");
 *         for (flow_value v; flow_block(s, &v);)
 *             flow_print(stdout, v);
 *         flow_close(s);
 *     }
 *
 * Promises that hold for every call here:
 *
 *   Begin   A worker begins at the first ask, not before.
 *   Order   Results come in the order they were given, then the end or the
 *           failure. They cross in row sets: the loop is woken only when it
 *           sleeps, the worker only when half of the room is free.
 *   Alone   A value that crosses shares nothing with what stays behind: parts
 *           that have other holders are copied. A box cannot be copied, so one
 *           with other holders fails with FLOW_EINVAL.
 *   Close   Closing never waits for a thread: the worker's next call answers
 *           false, and it goes when its body returns. So `arg` is borrowed
 *           until then, which may be after flow_close: see flow_threads_left.
 *   Hosts   They work with every host. While a flow waits for a thread or a
 *           port the loop does not end; for a thread a virtual clock stands.
 *   Memory  The functions of flow_config are called from all these threads.
 */
#ifndef FLOW_THREAD_H
#define FLOW_THREAD_H

#include <flow/flow.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ---- Pools -----------------------------------------------------------------
 * Up to so many threads, made as they are needed, for what is handed to them;
 * more of that waits in a line. Every call that takes a pool takes NULL too: it
 * then has a thread of its own. What reads from one another needs threads
 * enough for all: a body keeps its thread until it returns. */
typedef struct flow_pool flow_pool;

/* threads: 0 means 4. line: how much may wait before more is refused with
 * FLOW_ELIMIT; 0 means 1024. */
flow_pool *flow_pool_new(size_t threads, size_t line);

/* Takes nothing more; what waits in the line is still done. Does not wait.
 * NULL is fine. */
void flow_pool_close(flow_pool *pool);

/* ---- Workers ------------------------------------------------------------ */
typedef struct flow_worker flow_worker;
typedef void flow_work(flow_worker *self, void *arg);

/* The values that body gives. It may read `source`, which the stage owns and
 * which may be NULL; things that the body is to own come as its values. The
 * stage ends when the body returns, with the failure that is left in `self` if
 * there is one.
 *
 * The worker may be ahead of its reader, and the source of the worker, by as
 * many values as flow_read_ahead says; without it by 1024. */
flow_stage *flow_threaded(flow_pool *pool, flow_work *body, flow_stage *source,
                          void *arg);

/* The following are for a body and the functions it calls, in its thread. Those
 * that may wait block the thread; false says tidy up and return. */

/* Gives a result: flow_worker_give(self, 3), flow_worker_give(self, v). Takes
 * v. Waits for room. An ERROR that is not settled is raised. False: nobody
 * listens, or a failure is on its way. */
#define flow_worker_give(self, x) flow_worker_give_value((self), flow_of(x))
bool flow_worker_give_value(flow_worker *self, flow_value v);

/* The next value of the source, which is now yours; waits for it. False: the
 * end, or a failure, or nobody listens. */
bool flow_worker_next(flow_worker *self, flow_value *out);

/* Makes a failure, which leaves when the body returns; until then every call
 * answers false. A second one is only reported. Raise takes the error. */
#define flow_worker_fail(self, ...)                                          \
    flow_worker_raise_at((self), flow_error(__VA_ARGS__), FLOW_HERE)
#define flow_worker_raise(self, error)                                       \
    flow_worker_raise_at((self), (error), FLOW_HERE)
void flow_worker_raise_at(flow_worker *self, flow_value error,
                          const char *where);

/* Whether nobody listens any more: to be asked in long work between gives. */
bool flow_worker_closing(const flow_worker *self);

/* Has stop(arg) called once, by the thread that closes the stage, or at once if
 * nobody listens already: to interrupt what the body blocks in, as by
 * sqlite3_interrupt or shutdown. It may not call a flow. The last one counts;
 * NULL: none. It is not running when a call of this is back, so that what it
 * needs can be freed then. */
void flow_worker_on_close(flow_worker *self, void (*stop)(void *arg),
                          void *arg);

/* All that the stage make(arg) gives, which is made, read and closed in a
 * thread: one of flow_iterate whose steps block, or a whole flow with a loop of
 * its own, which is closed at once even while it waits there. */
flow_stage *flow_threaded_source(flow_pool *pool, flow_source *make, void *arg);

/* ---- One call ----------------------------------------------------------- */
/* Calls f(v, arg) in a thread: fires with its answer. Takes v. The deferred is
 * yours; cancelled, or released before it has fired, the call is not made, or
 * its answer dropped. `arg` is borrowed until f has returned. */
flow_deferred *flow_in_thread(flow_pool *pool, flow_function *f, flow_value v,
                              void *arg);

/* flow_map with f called in threads, for up to `width` values at the same time.
 * The results in the order of the values they come from, or as they come. */
flow_stage *flow_map_in_threads(flow_stage *s, flow_pool *pool, size_t width,
                                flow_function *f, void *arg);
flow_stage *flow_map_in_threads_unordered(flow_stage *s, flow_pool *pool,
                                          size_t width, flow_function *f,
                                          void *arg);

/* ---- Ports ------------------------------------------------------------------
 * A port is what a channel is, between threads: a bounded queue whose reading
 * end is a stage. What sends may be another flow, with a loop of its own, or
 * any thread; so is what reads, for a thread that has no loop reads the stage
 * with flow_block. Writers hold the port, one hold for each: when the last lets
 * go, readers get the end. */
typedef struct flow_port flow_port;
flow_port *flow_port_new(size_t room);                      /* at least 1   */
flow_port *flow_port_hold(flow_port *p);                    /* [any thread] */
void       flow_port_release(flow_port *p);                 /* [any thread] */

/* A reading end for a flow of this thread. Several, in whatever threads, share
 * what is sent: each value goes to one of them. When the last is closed, sends
 * answer false. It keeps p by itself, and is not one of its holders. */
flow_stage *flow_from_port(flow_port *p);

/* [any thread] Sends v, which it takes; blocks the thread until there is room.
 * False: nobody will read it. An ERROR that is not settled, and what cannot
 * cross, finish the port. */
bool flow_port_send(flow_port *p, flow_value v);

/* [any thread] As flow_port_send, but never waits: false also when it is full.
 */
bool flow_port_offer(flow_port *p, flow_value v);

/* [any thread] No more: readers get what was sent, then the end, or the failure
 * `last`. */
void flow_port_finish(flow_port *p, flow_value last);

/* Sends all that s gives, and waits in its loop for room; gives nothing. Holds
 * p until s has ended. A failure of s goes over to the readers instead; closed
 * before s has ended, it finishes p with FLOW_ECANCELLED. Run it:
 *
 *     flow_deferred *sending = flow_run(flow_into_port(s, port));
 */
flow_stage *flow_into_port(flow_stage *s, flow_port *p);

/* ---- The end ------------------------------------------------------------ */
/* [any thread] Waits, at most so many seconds, until all has come back that
 * runs in a thread although it was closed or cancelled, or its pool was; how
 * many have not. When it is 0, all that they borrowed is free. At exit this is
 * waited for a second, and those that still run are reported. */
size_t flow_threads_left(double seconds);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#define flow_threaded(pool, body, ...)                                       \
    flow_named(flow_made(flow_threaded(pool, body, __VA_ARGS__), FLOW_HERE), \
               #body)
#define flow_map_in_threads(...)                                             \
    flow_made(flow_map_in_threads(__VA_ARGS__), FLOW_HERE)
#define flow_threaded_source(pool, make, ...)                                \
    flow_named(flow_made(flow_threaded_source(pool, make, __VA_ARGS__),      \
                         FLOW_HERE), #make)
#define flow_from_port(...)                                                  \
    flow_made(flow_from_port(__VA_ARGS__), FLOW_HERE)
#define flow_into_port(...)                                                  \
    flow_made(flow_into_port(__VA_ARGS__), FLOW_HERE)
#define flow_map_in_threads_unordered(...)                                   \
    flow_made(flow_map_in_threads_unordered(__VA_ARGS__), FLOW_HERE)

#endif
