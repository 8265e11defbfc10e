/* SPDX-License-Identifier: MIT */
/* sql_memory [ROWS]: the bytes by which a program grows, at most, while it
 * reads so many rows of SQLite, or a million. */
#include "bench.h"
#include <flow/reactor.h>
#include <flow/sqlite.h>

enum { LOOKS = 10 };

int main(int argc, char **argv)
{
    long n = bench_argument(argc, argv, 1000000), read = 0;
    double before, most = 0;
    flow_database *db;
    flow_stage *rows;

    flow_host_use(flow_uv_host());
    db = flow_database_new(flow_sqlite, "sqlite::memory:", NULL);
    flow_drop(flow_block_all(flow_query(db, "SELECT 1")));
    before = bench_memory();
    rows = flow_query(db, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT "
                      "i + 1 FROM n WHERE i < ?) SELECT i, 'number ' || i, "
                      "i * 0.25 FROM n", n);
    for (flow_value row; flow_block(rows, &row); flow_drop(row))
        if (++read % (n / LOOKS) == 0 && bench_memory() > most)
            most = bench_memory();
    bench_check(read == n && flow_failure(rows) == NULL);
    flow_close(rows);
    flow_database_release(db);
    flow_uv_close();
    bench_print(most - before, "bytes");
    return 0;
}
