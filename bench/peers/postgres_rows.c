/* SPDX-License-Identifier: MIT */
/* A row of a query of PostgreSQL, by libpq in single-row mode. */
#include "../sql_rows.h"

#include <libpq-fe.h>

static void read_all(PGconn *db, struct sum *sum)
{
    PGresult *r;

    bench_check(PQsendQueryParams(db, SELECT_ROWS, 0, NULL, NULL, NULL, NULL,
                                  0));
    bench_check(PQsetSingleRowMode(db));
    while ((r = PQgetResult(db)) != NULL) {
        if (PQresultStatus(r) == PGRES_SINGLE_TUPLE) {
            sum->ids += atoll(PQgetvalue(r, 0, 0));
            sum->chars += (size_t)PQgetlength(r, 0, 1);
            sum->prices += atof(PQgetvalue(r, 0, 2));
        }
        PQclear(r);
    }
}

int main(void)
{
    struct bench b = bench_begin();
    PGconn *db = PQconnectdb(getenv("FLOW_POSTGRES"));

    bench_check(PQstatus(db) == CONNECTION_OK);
    PQclear(PQexec(db, POSTGRES_MAKE));
    b.clock = CLOCK_MONOTONIC;
    while (bench_round(&b)) {
        struct sum sum = { 0, 0, 0 };

        bench_start(&b);
        read_all(db, &sum);
        bench_stop(&b);
        bench_check(is_right(&sum));
    }
    PQfinish(db);
    bench_print(b.best / ROWS * 1e9, "ns");
    return 0;
}
