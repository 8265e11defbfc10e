/* SPDX-License-Identifier: MIT */
/* What the benchmarks of queries read, ours and their peers: rows of a whole
 * number, a text, and a floating number. */
#ifndef BENCH_SQL_ROWS_H
#define BENCH_SQL_ROWS_H

#include "bench.h"

enum { ROWS = 50000 };

#define SQLITE_MAKE                                                          \
    "CREATE TABLE article AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "    \
    "SELECT i + 1 FROM n WHERE i < 50000) SELECT i AS id, "                  \
    "printf('article number %d', i) AS name, i * 0.25 AS price FROM n"
#define POSTGRES_MAKE                                                        \
    "CREATE TEMPORARY TABLE article AS SELECT i::bigint AS id, "             \
    "'article number ' || i AS name, i * 0.25::float8 AS price "             \
    "FROM generate_series(1, 50000) i"
#define SELECT_ROWS "SELECT id, name, price FROM article"

/* What is added up over all rows, so that each value is looked at. */
struct sum { int64_t ids; size_t chars; double prices; };

static inline bool is_right(const struct sum *s)
{
    return s->ids == (int64_t)ROWS * (ROWS + 1) / 2
        && s->chars == (size_t)ROWS * 20 - 11106
        && s->prices > (double)s->ids * 0.25 - 1
        && s->prices < (double)s->ids * 0.25 + 1;
}

#endif
