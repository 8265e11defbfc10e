/* SPDX-License-Identifier: MIT */
/* Files, directories, and what a program was given open, as stages.
 *
 * This prints the lines of all files of a directory that hold a word:
 *
 *     static flow_stage *lines_of(flow_value path, void *arg)
 *     {
 *         return flow_lines(flow_read_file(path));
 *     }
 *
 *     flow_stage *s = flow_list_directory("include/flow");
 *     s = flow_filter(flow_flat_map(s, lines_of, NULL), has_word, "stage");
 *     for (flow_value line; flow_block(s, &line);)
 *         flow_print(stdout, line);
 *
 * A system offers no way to wait for a disk, so files are opened, read, written
 * and closed by the threads of libuv (four for the whole process, or as many as
 * the environment says in UV_THREADPOOL_SIZE), while the loop does other work.
 * Pipes, terminals and sockets are waited for in the loop itself. Promises:
 *
 *   Path    A path is a C string or a text, flow_read_file("a.txt") or
 *           flow_read_file(v). It is copied; a value is taken.
 *   Pull    Nothing is opened or read before somebody asks, and then one piece.
 *   Bound   A piece has at most 65536 bytes. What writes gathers as much, and
 *           holds one value beyond it.
 *   Failure Is of class FLOW_ESYSTEM, and its message names the file.
 *   Close   At any moment. What a thread of libuv is in the middle of is
 *           finished behind the program's back; flow_uv_close waits for it.
 *
 * Everything here is for threads whose host is one of libuv, see reactor.h; in
 * others it fails when it is asked. */
#ifndef FLOW_FILE_H
#define FLOW_FILE_H

#include <flow/flow.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ---- Files -------------------------------------------------------------- */
/* The bytes of a file, in pieces; flow_lines cuts them. */
flow_stage *flow_read_file(flow_value path);

/* Writes what s gives, text and bytes, to a file, which is made, or emptied if
 * there is one; append: which is made, or goes on. Gives one INT, the number of
 * bytes written, when all is written and the file is closed. When s fails, or
 * this stage is closed before that, a part may have been written. */
flow_stage *flow_write_file(flow_value path, flow_stage *s);
flow_stage *flow_append_file(flow_value path, flow_stage *s);

/* ---- What is open already ------------------------------------------------
 * Of any kind, as standard input and output: 0 and 1. The descriptor stays
 * yours, may be closed at once, and goes on as it was: a pipe or a terminal is
 * opened once more. Where that cannot be, and of sockets, it is made not to
 * block. */

/* The bytes that are read from it, until its end. */
flow_stage *flow_read_fd(int fd);

/* As flow_write_file. To write to a pipe that nobody reads is a failure with
 * the code EPIPE, and raises no signal. */
flow_stage *flow_write_fd(int fd, flow_stage *s);

/* ---- Directories -------------------------------------------------------- */
/* The paths of all that is in a directory, as texts "path/name", in no order,
 * without "." and "..". Those of directories end with "/"; a symbolic link is
 * none. */
flow_stage *flow_list_directory(flow_value path);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#define flow_read_file(path)                                                 \
    flow_made(flow_read_file(flow_of(path)), FLOW_HERE)
#define flow_write_file(path, ...)                                           \
    flow_made(flow_write_file(flow_of(path), __VA_ARGS__), FLOW_HERE)
#define flow_append_file(path, ...)                                          \
    flow_made(flow_append_file(flow_of(path), __VA_ARGS__), FLOW_HERE)
#define flow_read_fd(...)   flow_made(flow_read_fd(__VA_ARGS__), FLOW_HERE)
#define flow_write_fd(...)  flow_made(flow_write_fd(__VA_ARGS__), FLOW_HERE)
#define flow_list_directory(path)                                            \
    flow_made(flow_list_directory(flow_of(path)), FLOW_HERE)

#endif
