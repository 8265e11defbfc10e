/* SPDX-License-Identifier: MIT */
/* Other programs as operators.
 *
 * A command is a stage: it reads what another stage gives, as its standard
 * input, and gives what it writes. So a pipeline may go through programs:
 *
 *     s = flow_command(FLOW_ARGV("sort", "-n"), s, NULL);
 *     s = flow_lines(s);
 *
 * Promises:
 *
 *   Pull    It is started at the first ask. It is fed while somebody waits for
 *           what it gives; pipes are bounded, so one that is not read stops.
 *   End     Comes when it has closed its output and ended with status 0. Any
 *           other status is a failure of class FLOW_ECOMMAND, after all that it
 *           wrote: so `grep` that finds nothing fails with code 1, which
 *           flow_trap or flow_catch take back.
 *   Input   A command may end, or close its input, before it has read all. A
 *           failure of s is one of the command, which is killed: it shall not
 *           take a part for the whole.
 *   Close   Kills it, by SIGKILL. No process is left, not even a dead one. What
 *           it has started itself is not known, and not killed; that mostly
 *           ends when it finds its pipes closed.
 *
 * Everything here is for threads whose host is one of libuv, see reactor.h; in
 * others it fails when it is asked. */
#ifndef FLOW_PROCESS_H
#define FLOW_PROCESS_H

#include <flow/flow.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct flow_command_options {
    const char *directory;          /* where it runs; NULL: where we do     */
    const char *const *environment; /* "NAME=value", ..., NULL; NULL: ours  */
    /* Gets a stage of the bytes that it writes to its standard error, which is
     * yours: read it beside the other, with flow_merge or flow_run, for a
     * command whose errors nobody reads may stop. NULL: they go to ours. */
    flow_stage **errors;
} flow_command_options;

/* What the program argv[0], which is looked for as by a shell, writes to its
 * standard output. s NULL: nothing to read. The array ends with NULL; all is
 * copied; o may be NULL. */
flow_stage *flow_command(const char *const *argv, flow_stage *s,
                         const flow_command_options *o);
#define FLOW_ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* A command ended otherwise than with status 0. The code is the status, or for
 * one that was ended by a signal, its negative number. */
extern const flow_error_class FLOW_ECOMMAND[1];

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#define flow_command(...)   flow_made(flow_command(__VA_ARGS__), FLOW_HERE)

#endif
