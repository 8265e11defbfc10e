/* SPDX-License-Identifier: MIT */
/* Files that are opened for the other libraries, and parts of them that are
 * read: at once if the kernel has them in memory, and else by libuv's threads,
 * as all files are. */
#ifndef FLOW_REACTOR_OPENED_H
#define FLOW_REACTOR_OPENED_H

#include <flow/flow.h>
#include <sys/stat.h>

/* What a BOX of flow__open_file holds. */
struct flow__opened {
    int fd;
    struct stat about;
};

#pragma GCC visibility push(default)        /* for the other libraries      */

/* Opens a file for reading: one value, a BOX, as long as which lives the file
 * is open. With a directory, only what is in it or below: no symbolic link
 * leads out, whoever changes them meanwhile; where the kernel cannot see to
 * that, none leads anywhere. Whatever it is that was opened, opening does not
 * wait. Both are copied, and the directory may be NULL. */
flow_stage *flow__open_file(const char *directory, const char *path);
struct flow__opened *flow__opened_in(const flow_value *box);

/* The bytes of an opened file from there on, so many, in pieces. That there are
 * fewer is a failure. `name` is what errors call it, and copied; the file may
 * be closed meanwhile. */
flow_stage *flow__read_part(const struct flow__opened *file, const char *name,
                            uint64_t from, uint64_t size);

#pragma GCC visibility pop

#endif
