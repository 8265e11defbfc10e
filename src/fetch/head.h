/* SPDX-License-Identifier: MIT */
/* The head of an answer: gathered line by line, then a BOX. */
#ifndef FLOW_FETCH_HEAD_H
#define FLOW_FETCH_HEAD_H

#include <flow/flow.h>

enum { FLOW__HEAD_MOST = 65536 };

/* Lines as C strings, without their ends. Starts as {0}. */
struct flow__head {
    char *chars;
    size_t size, room;
    int status;
    bool moves;                     /* it says where else to look           */
};

/* The next line as it came, or the first of another head. NONE, or what is
 * wrong. */
flow_value flow__head_add(struct flow__head *h, const char *line, size_t n);
void flow__head_drop(struct flow__head *h);

/* As a value. The URL is copied. */
flow_value flow__head_box(const struct flow__head *h, const char *url);

#endif
