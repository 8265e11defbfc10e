/* SPDX-License-Identifier: MIT */
/* What strings behind their length have in common: a header, read byte by byte,
 * says how many follow. And the way back: pieces that are put between a head and
 * a tail. */
#ifndef FLOW_OPERATOR_FRAME_H
#define FLOW_OPERATOR_FRAME_H

#include "operator/bytes.h"

struct flow__frame {
    struct flow__bytes bytes;       /* first: it is cut as these are        */
    size_t longest;
    uint64_t len;                   /* what the header says so far          */
    unsigned read;                  /* bytes of the header                  */
    bool whole;                     /* the header                           */
};

/* Adds one byte to the header: f->len, f->whole. FLOW_FAILED: it cannot be. */
typedef flow_status flow__header(void *self, char byte, flow_stage *out);

/* Cuts one string; `after` bytes follow it that belong to it and that is_good
 * (may be NULL) has a look at. `what`: of what it is a string. */
flow_status flow__frame_cut(struct flow__frame *f, flow_stage *out,
                            flow__header *header, char after,
                            const char *what);

/* A piece between head and tail, of that kind. Takes v. */
flow_value flow__between(flow_value v, flow_kind kind, const char *head,
                         size_t head_len, const char *tail, size_t tail_len);

/* The fill of an operator, whose self begins with its source, that makes one
 * piece of one: `make` takes text or bytes. */
typedef flow_value flow__remake(void *self, flow_value v);
flow_status flow__remake_fill(void *self, flow_stage *out, flow_waker *w,
                              flow__remake *make);

#endif
