/* SPDX-License-Identifier: MIT */
/* The head of a part of an upload: gathered whole, then taken apart where it
 * lies. Starts as {0}. */
#ifndef FLOW_HTTP_PART_HEAD_H
#define FLOW_HTTP_PART_HEAD_H

#include "parser.h"

struct flow__part_head {
    char *bytes;                    /* and behind them, both names          */
    size_t room, size;
    size_t line;                    /* bytes of the line that is read       */
    const char *name;               /* of the field                         */
    const char *filename;           /* NULL: it is no file                  */
    int status;                     /* why it is bad, as HTTP says it       */
    const char *why;
};

/* Before each: forgets the last, but keeps its memory. */
void flow__part_head_begin(struct flow__part_head *h);

/* HUNGRY; HEAD: that was its last byte; or BAD. */
enum flow__parsed flow__part_head_add(struct flow__part_head *h, char c);

/* A header of a whole one. NULL: there is none; *n, how many there are. */
const char *flow__part_head_find(const struct flow__part_head *h,
                                 const char *name, size_t *n);

void flow__part_head_end(struct flow__part_head *h);

#endif
