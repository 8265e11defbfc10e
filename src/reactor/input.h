/* SPDX-License-Identifier: MIT */
/* What is read: a file, by libuv's threads; or a pipe, a terminal, a socket, by
 * watching it. It holds at most one block, and none while a pipe is empty. */
#ifndef FLOW_REACTOR_INPUT_H
#define FLOW_REACTOR_INPUT_H

#include "poll.h"
#include "work.h"

enum { FLOW__BLOCK = 65536 };       /* bytes read or written at once        */

struct flow__input {
    struct flow__work work;         /* first                                */
    char *name;                     /* what errors call it; it owns it      */
    int fd;                         /* -1: to be opened by its name         */
    bool is_part;                   /* see flow__input_limit                */
    uint64_t at, left;              /* of a part: where it goes on          */
    struct flow__poll *watch;       /* NULL: it is read by a thread         */
    bool looked;                    /* which of both is known               */
    flow_value block;               /* NONE: there is none                  */
    char *chars;                    /* its bytes                            */
    bool tried;                     /* reading is over, with these:         */
    ssize_t n;
    int code;
};

/* Takes both. fd -1: the file `name`. NULL: *why says why. */
struct flow__input *flow__input_new(char *name, int fd, flow_value *why);

/* Before the first: of the file fd only so many bytes from there on, which must
 * be there. Where the descriptor stands does not matter then, nor change; what
 * the kernel has in memory is read without a thread. */
void flow__input_limit(struct flow__input *in, uint64_t from, uint64_t size);

/* A fill: gives the next piece. */
flow_status flow__input_read(struct flow__input *in, flow_stage *out,
                             flow_waker *w);

/* At any moment; NULL is fine. */
void flow__input_close(struct flow__input *in);

/* The stage of all that is read; in NULL: it fails with `why`. Takes both. */
flow_stage *flow__input_stage(struct flow__input *in, flow_value why);

#endif
