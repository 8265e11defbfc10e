/* SPDX-License-Identifier: MIT */
/* A row of a query of SQLite, by its own calls. */
#include "../sql_rows.h"

#include <sqlite3.h>

static void read_all(sqlite3 *db, struct sum *sum)
{
    sqlite3_stmt *s;

    bench_check(sqlite3_prepare_v2(db, SELECT_ROWS, -1, &s, NULL) == SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) {
        sum->ids += sqlite3_column_int64(s, 0);
        bench_check(sqlite3_column_text(s, 1) != NULL);
        sum->chars += (size_t)sqlite3_column_bytes(s, 1);
        sum->prices += sqlite3_column_double(s, 2);
    }
    sqlite3_finalize(s);
}

int main(void)
{
    struct bench b = bench_begin();
    sqlite3 *db;

    bench_check(sqlite3_open(":memory:", &db) == SQLITE_OK);
    bench_check(sqlite3_exec(db, SQLITE_MAKE, NULL, NULL, NULL) == SQLITE_OK);
    b.clock = CLOCK_MONOTONIC;
    while (bench_round(&b)) {
        struct sum sum = { 0, 0, 0 };

        bench_start(&b);
        read_all(db, &sum);
        bench_stop(&b);
        bench_check(is_right(&sum));
    }
    sqlite3_close(db);
    bench_print(b.best / ROWS * 1e9, "ns");
    return 0;
}
