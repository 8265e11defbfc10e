/* SPDX-License-Identifier: MIT */
/* The event loop under flows that do input and output: libuv's.
 *
 *     #include <flow/net.h>
 *     #include <flow/reactor.h>
 *
 *     int main(void)
 *     {
 *         flow_host_use(flow_uv_host());
 *         ... make flows, flow_block, flow_run, flow_loop ...
 *         flow_uv_close();
 *     }
 *
 * All that waits in this thread then waits in one libuv loop: timers, sockets,
 * signals, files, processes, and tasks from other threads. A thread has one
 * such host.
 *
 * Flows need no timers of yours; where a program wants to be called all the
 * same, a flow_task does it (see stage.h), on every host alike:
 *
 *     static void beep(flow_task *t) { ... }
 *
 *     flow_task task = { .call = beep };
 *     flow_host *host = flow_host_here();
 *     host->post(host, &task, 1.5);        call it in 1.5 seconds
 *     host->post(host, &task, 3);          no, in 3 seconds from now
 *     host->cancel(host, &task);           not at all
 *     host->post(host, &task, 0);          in the next turn, as when it begins
 *     host->turn(host, false);             one turn, without sleeping
 *
 * A task that is waiting has task.posted true. From another thread, what a
 * program sends goes through a port of thread.h, which may outlive both sides.
 * Below it there is host->post_from, for a task that is not posted, and a host
 * that is not closed meanwhile: when flow_uv_close begins, no other thread may
 * be left that uses the host. */
#ifndef FLOW_REACTOR_H
#define FLOW_REACTOR_H

#include <flow/flow.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* This thread's host on a loop of its own, which flow_block and flow_loop run.
 * Made at the first call; NULL, and a report, when the system has no
 * descriptors or memory for it. */
flow_host *flow_uv_host(void);

/* This thread's host on a loop of the program's own, which the program runs by
 * uv_run: flow_run there, not flow_block. The loop is borrowed until
 * flow_uv_close, and must turn on after that until nothing is left in it. NULL
 * as above, and when the thread has a host of libuv already. */
struct uv_loop_s;
flow_host *flow_uv_host_on(struct uv_loop_s *loop);

/* Gives this thread's host of libuv back, and the core's own is used again. The
 * flows that wait in it are to be closed before; what is still open is
 * reported, and left as it is. Waits for what the threads of libuv are in the
 * middle of, and for processes that were killed. */
void flow_uv_close(void);

/* ---- In a loop of another kind ----------------------------------------------
 * A program that has its own, of GLib, asyncio or poll(), drives this thread's
 * host from there. It turns the host once, and then again whenever the
 * descriptor is readable or the time is over, until it answers false:
 *
 *     while (host->turn(host, false)) {
 *         struct pollfd p = { flow_uv_descriptor(), POLLIN, 0 };
 *         double seconds = flow_uv_timeout();
 *         poll(&p, 1, seconds < 0 ? -1 : (int)(seconds * 1000));
 *     }
 *
 * Whatever is posted or run from outside may change the time: ask for it last.
 * Flows are run by flow_run there. */

/* To be watched for reading, and nothing else; -1: the thread has no such host.
 */
int flow_uv_descriptor(void);

/* Seconds until the host wants its turn: whole milliseconds; 0: now. Negative:
 * only when the descriptor is readable. */
double flow_uv_timeout(void);

/* ---- What else happens in a loop ---------------------------------------- */

/* A stage of the signals of that number (SIGINT, ...) from its first ask on, as
 * INTs, without an end; instead of what the signal would do otherwise. Those
 * that come faster than they are read count as one. */
flow_stage *flow_signals(int number);

/* The addresses of a host, as texts "127.0.0.1" and "::1", the best first. The
 * name is a C string or a text, which is taken. Fails with FLOW_ERESOLVE, whose
 * code is EAI_NONAME (there is none), EAI_AGAIN (try later) or EAI_FAIL. Asking
 * cannot be cut short, but closing leaves it behind; flow_uv_close waits. */
flow_stage *flow_resolve(flow_value name);
extern const flow_error_class FLOW_ERESOLVE[1];

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#define flow_signals(...)   flow_made(flow_signals(__VA_ARGS__), FLOW_HERE)
#define flow_resolve(name)  flow_made(flow_resolve(flow_of(name)), FLOW_HERE)

#endif
