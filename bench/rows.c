/* SPDX-License-Identifier: MIT */
/* sqlite_rows, or postgres_rows with the database of FLOW_POSTGRES: a row of a
 * query, read by flow_block. */
#include "sql_rows.h"
#ifdef BENCH_POSTGRES
#include <flow/pq.h>
#define DRIVER flow_pq
#define MAKE POSTGRES_MAKE
#define URL getenv("FLOW_POSTGRES")
#else
#include <flow/sqlite.h>
#define DRIVER flow_sqlite
#define MAKE SQLITE_MAKE
#define URL "sqlite::memory:"
#endif
#include <flow/reactor.h>

static void read_all(flow_database *db, struct sum *sum)
{
    flow_stage *rows = flow_query(db, SELECT_ROWS);

    for (flow_value row; flow_block(rows, &row); flow_drop(row)) {
        const flow_value *v = flow_items(&row, NULL);

        sum->ids += v[0].as.num;
        sum->chars += v[1].size;
        sum->prices += v[2].as.real;
    }
    bench_check(flow_failure(rows) == NULL);
    flow_close(rows);
}

int main(void)
{
    struct bench b = bench_begin();
    flow_database_options one = { .most = 1 };
    flow_database *db;

    flow_host_use(flow_uv_host());
    db = flow_database_new(DRIVER, URL, &one);
    flow_drop(flow_block_all(flow_execute(db, MAKE)));
    b.clock = CLOCK_MONOTONIC;
    while (bench_round(&b)) {
        struct sum sum = { 0, 0, 0 };

        bench_start(&b);
        read_all(db, &sum);
        bench_stop(&b);
        bench_check(is_right(&sum));
    }
    flow_database_release(db);
    flow_uv_close();
    bench_print(b.best / ROWS * 1e9, "ns");
    return 0;
}
