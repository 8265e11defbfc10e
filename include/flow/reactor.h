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
 * signals, and tasks from other threads. A thread has one such host. */
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
 * flow_uv_close, and must turn once more after that. NULL as above, and when
 * the thread has a host of libuv already. */
struct uv_loop_s;
flow_host *flow_uv_host_on(struct uv_loop_s *loop);

/* Gives this thread's host of libuv back, and the core's own is used again. The
 * flows that wait in it are to be closed before; what is still open is
 * reported, and left as it is. */
void flow_uv_close(void);

/* A stage of the signals of that number (SIGINT, ...) from its first ask on, as
 * INTs, without an end; instead of what the signal would do otherwise. Those
 * that come faster than they are read count as one. */
flow_stage *flow_signals(int number);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#define flow_signals(...)   flow_made(flow_signals(__VA_ARGS__), FLOW_HERE)

#endif
