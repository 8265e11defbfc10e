/* SPDX-License-Identifier: MIT */
/* A query as a stage: rows come one by one, while the loop does other work.
 *
 *     three_rows [URL]
 *
 * Any database will do: three_rows postgresql:///test */
#include <flow/pq.h>
#include <flow/reactor.h>
#include <flow/sqlite.h>

#include <string.h>

static const char sql[] = "SELECT 'one' UNION ALL "
                          "SELECT 'two' UNION ALL "
                          "SELECT 'three'";

static void consumer(flow_gen *self, flow_stage *query, void *arg)
{
    flow_value row;

    (void)arg;
    while (flow_next(self, query, &row)) {
        printf("Processed result : ");
        flow_print(stdout, row);
    }
}

static const flow_sql_driver *driver_of(const char *url)
{
    return strncmp(url, "sqlite:", 7) == 0 ? flow_sqlite : flow_pq;
}

int main(int argc, char **argv)
{
    const char *url = argc > 1 ? argv[1] : "sqlite::memory:";
    flow_database *db;
    flow_value outcome;

    flow_host_use(flow_uv_host());
    db = flow_database_new(driver_of(url), url, NULL);
    outcome = flow_block_all(
        flow_generate(consumer, flow_query(db, sql), NULL));
    printf("Deferred Complete: ");
    flow_print(stdout, outcome);
    flow_database_release(db);
    flow_uv_close();
    return 0;
}
