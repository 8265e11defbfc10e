/* SPDX-License-Identifier: MIT */
/* What strings behind their length have in common: a header, read byte by byte,
 * says how many follow. And the way back: pieces that are put between a head
 * and a tail. */
#ifndef FLOW_OPERATOR_FRAME_H
#define FLOW_OPERATOR_FRAME_H

#include "bytes.h"

struct flow__frame {
    struct flow__bytes bytes;       /* first: it is cut as these are        */
    size_t longest;
    uint64_t len;                   /* what the header says so far          */
    unsigned read;                  /* bytes of the header                  */
    bool whole;                     /* the header                           */
};

/* Adds one byte to the header: f->len, f->whole. FLOW_FAILED: it cannot be. */
typedef flow_status flow__header(void *self, char byte, flow_stage *out);

/* Cuts one string, which the byte `after` must follow, unless that is 0.
 * `what`: of what it is one. */
flow_status flow__frame_cut(struct flow__frame *f, flow_stage *out,
                            flow__header *header, char after,
                            const char *what);

/* A piece of text or bytes, which it takes, between head and tail; of its own
 * kind or, if that is asked for, bytes. */
flow_value flow__between(flow_value v, bool bytes, const char *head,
                         size_t head_len, const char *tail, size_t tail_len);

#endif
