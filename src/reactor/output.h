/* SPDX-License-Identifier: MIT */
/* What is written: a file, by libuv's threads; or a pipe, a terminal, a socket,
 * by watching it. What a stage gives is gathered in one block, and written when
 * that is full or the stage has no more yet. */
#ifndef FLOW_REACTOR_OUTPUT_H
#define FLOW_REACTOR_OUTPUT_H

#include "input.h"

struct flow__output {
    struct flow__work work;         /* first                                */
    char *name;                     /* what errors call it; it owns it      */
    int how;                        /* flags for opening it                 */
    int fd;                         /* -1: to be opened by its name         */
    struct flow__poll *watch;       /* NULL: it is written by a thread      */
    bool opened;
    bool looked;                    /* which of both is known               */
    bool closes;                    /* when all is written                  */
    bool lost;                      /* opening, writing or closing failed   */
    int code;                       /* so                                   */
    size_t from, to;                /* [from, to) of the block is unwritten */
    flow_value rest;                /* of it, what did not fit any more     */
    size_t cut;                     /* the bytes of it that did             */
    bool over;                      /* the source has ended                 */
    flow_value last;                /* with that failure                    */
    int64_t written;                /* bytes                                */
    char block[FLOW__BLOCK];
};

/* Takes both. fd -1: the file `name`, opened with the flags `how`. NULL: *why
 * says why. */
struct flow__output *flow__output_new(char *name, int fd, int how,
                                      flow_value *why);

/* Writes what `source` gives, as far as it goes. DONE: all is written, and it
 * is closed. WAIT: w will be woken. FAILED: *error says why. Never READY. */
flow_status flow__output_write(struct flow__output *o, flow_stage *source,
                               flow_stage *out, flow_waker *w,
                               flow_value *error);

/* At any moment; NULL is fine. What was not written is lost. */
void flow__output_close(struct flow__output *o);

#endif
