/* SPDX-License-Identifier: MIT */
/* What the net floors ask of the libuv host. */
#ifndef FLOW_REACTOR_UV_HOST_H
#define FLOW_REACTOR_UV_HOST_H

#include <flow/reactor.h>

#include <uv.h>

/* The libuv loop of this thread's host, or NULL with *why the error: the host
 * in use is not one of libuv. */
uv_loop_t *flow__uv_loop(flow_value *why);

/* Something was begun, ended or closed in it: libuv is to turn, before the host
 * sleeps. Asking for the loop says so already. */
void flow__uv_touch(void);

/* Somebody waits for one thing more or less: as long as there is one, the loop
 * goes on. Handles that happen often are counted so, and not ref'd by libuv. */
void flow__uv_awaits(bool more);

/* Something that libuv still works on has lost whoever waited for it: the host
 * is not closed before it has ended. */
void flow__uv_leave_behind(void);
void flow__uv_has_ended(void);

#endif
