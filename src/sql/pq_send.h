/* SPDX-License-Identifier: MIT */
/* Values in the forms in which PostgreSQL takes them. */
#ifndef FLOW_SQL_PQ_SEND_H
#define FLOW_SQL_PQ_SEND_H

#include <flow/flow.h>

#include <libpq-fe.h>

/* Parameters, as libpq wants them: arrays in one allocation. */
struct flow__pq_values {
    Oid *types;
    const char **chars;
    int *sizes, *formats;
    size_t size;                    /* of the allocation                    */
};

/* NONE, or what is wrong: then there is nothing to end. */
flow_value flow__pq_values_begin(struct flow__pq_values *v,
                                 const flow_value *values, size_t n);
void flow__pq_values_end(struct flow__pq_values *v);

/* Rows as lines of COPY. NONE, or what is wrong with them. */
flow_value flow__pq_lines(const flow_value *rows, size_t n, flow_value *lines);

#endif
