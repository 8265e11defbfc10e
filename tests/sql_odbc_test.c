/* SPDX-License-Identifier: MIT */
/* ODBC: what holds for every database, by the driver of SQLite or, beside the
 * server of tests/postgres, by that of PostgreSQL. */
#include <flow/odbc.h>

#include <stdlib.h>

static const char *no_table, *no_key;

#define DRIVER flow_odbc
#define P(n) "?"
#define SERIES(n) "WITH RECURSIVE series (i) AS (SELECT 1 UNION ALL SELECT "  \
    "i + 1 FROM series WHERE i < " #n ") SELECT i FROM series"
#define LARGE_TEXT "SELECT CAST(replace(hex(zeroblob(50000000)), '0', 'x') "  \
    "AS TEXT)"
#define NO_TABLE no_table
#define NO_KEY no_key

static const char *url(void)
{
    static char text[512];
    const char *place = getenv("FLOW_POSTGRES_DIR");

    if (place == NULL)
        return "odbc:Driver=SQLite3;Database=:memory:";
    snprintf(text, sizeof text, "odbc:Driver={PostgreSQL Unicode};"
             "Servername=%s;Database=postgres;UID=flow", place);
    return text;
}

#include "sql_tests.h"

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        SQL_TESTS
    };
    static const struct test large[] = {
        CASE(a_text_of_100_mb_comes_and_goes),
    };
    bool on_server = getenv("FLOW_POSTGRES_DIR") != NULL;

    no_table = on_server ? "42P01" : "HY000";
    no_key = on_server ? "23505" : "HY000";
    /* A driver of ODBC takes its time, and that of SQLite has shown them with
     * all that may go wrong. */
    setenv("FLOW_TORTURE", "none", 0);
    if (argc > 1 && strcmp(argv[1], "large") == 0)
        return run_processes("sql_odbc large", large,
                             sizeof large / sizeof *large);
    return run_tests("sql_odbc", tests, sizeof tests / sizeof *tests);
}
