/* SPDX-License-Identifier: MIT */
/* The rows of a query, which stream from SQLite through the page to the client.
 * A million of them take no more memory here than ten: the database goes on
 * when the client has taken what was before.
 *
 *     /query?rows=1000 */
#include "web.h"

#include <flow/sql.h>

static const char readings[] =
    "WITH RECURSIVE reading(n) AS ("
    " SELECT 1 WHERE ?1 > 0 UNION ALL SELECT n + 1 FROM reading WHERE n < ?1) "
    "SELECT n, 'Station ' || (n * 7919 % 97 + 1), n * 104729 % 451 / 10.0 - 10 "
    "FROM reading";

/* Takes the rows. Those that are ready together are sent together. */
static bool send_rows(flow_gen *self, flow_value *rows, size_t n)
{
    char text[4096];
    size_t size = 0;
    bool sent = true;

    for (size_t i = 0; i < n; i++) {
        const flow_value *column = flow_items(&rows[i], NULL);
        size_t length;
        const char *station = flow_chars(&column[1], &length);

        size += (size_t)snprintf(text + size, sizeof text - size,
                                 "<tr><td>%lld<td>%.*s<td>%.1f\n",
                                 (long long)column[0].as.num, (int)length,
                                 station, column[2].as.real);
        flow_drop(rows[i]);
        if (size > sizeof text - 128 || i + 1 == n) {
            sent = sent && flow_yield(self, flow_text(text, size));
            size = 0;
        }
    }
    return sent;
}

void query_page(flow_gen *self, flow_request *r, void *database)
{
    long rows = 1000;
    flow_stage *query;
    flow_value *set;
    size_t n;

    if (!number_argument(self, r, "rows", 100000000, &rows))
        return;
    query = flow_query(database, readings, rows);
    begin_page(self, r, "Rows of a query");
    flow_yield(self, "<table>\n<thead><tr><th>Reading<th>Station<th>&deg;C\n"
                     "<tbody>\n");
    while (flow_next_set(self, query, &set, &n) && send_rows(self, set, n))
        ;
    flow_yield(self, "</table>\n");
    end_page(self);
    flow_close(query);
}
