/* SPDX-License-Identifier: MIT */
/* SQLite: what holds for every database, and what is its own. */
#include <flow/sqlite.h>

#define DRIVER flow_sqlite
#define P(n) "?" #n
#define SERIES(n) "WITH RECURSIVE series (i) AS (SELECT 1 UNION ALL SELECT "  \
    "i + 1 FROM series WHERE i < " #n ") SELECT i FROM series"
#define LARGE_TEXT "SELECT replace(hex(zeroblob(50000000)), '0', 'x')"
#define NO_TABLE "42000"
#define NO_KEY "23505"

static const char *url(void)
{
    return "sqlite::memory:";
}

#include "sql_tests.h"
#include "sql_strict_tests.h"

#include <sqlite3.h>
#include <unistd.h>

/* ---- Values ------------------------------------------------------------- */
TEST(values_are_typed)
{
    flow_database *db = opened(NULL);

    shows("(None, -9223372036854775807, 0.5, 'text', b'\\x00\\xff', '', b'', "
          "'2026-11-21 15:20:00')",
          flow_query(db, "SELECT NULL, -9223372036854775807, 0.5, 'text', "
                     "x'00ff', '', x'', datetime('2026-11-21T15:20')"));
    closed(db);
}

TEST(parameters_come_back_as_they_were)
{
    flow_database *db = opened(NULL);

    shows("(None, 1, -5, 0.25, 'a\\x00b', b'a\\x00b', '')",
          flow_query(db, "SELECT ?, ?, ?, ?, ?, ?, ?", flow_none(), true, -5,
                     0.25, flow_text("a\0b", 3), flow_bytes("a\0b", 3), ""));
    closed(db);
}

TEST(text_that_is_not_utf8_is_refused_and_what_came_before_is_given)
{
    flow_database *db = opened(NULL);

    shows("('good',) !Format: a text of the result is not UTF-8: cast it to "
          "bytes in the query",
          flow_query(db, "SELECT 'good' UNION ALL SELECT CAST(x'c328' AS TEXT) "
                     "UNION ALL SELECT 'never seen'"));
    shows("(b'\\xc3(',)", flow_query(db, "SELECT x'c328'"));
    closed(db);
}

TEST(the_number_of_parameters_must_be_right)
{
    flow_database *db = opened(NULL);

    fails(flow_query(db, "SELECT ?", 1, 2), FLOW_ESQL, "07001", "or fewer");
    fails(flow_query(db, "SELECT ?"), FLOW_ESQL, "07001", "or fewer");
    fails(flow_query(db, " -- nothing"), FLOW_ESQL, "42601", "empty");
    still_works(db);
    closed(db);
}

/* ---- Files -------------------------------------------------------------- */
#define IN(file) "sqlite:" file

static flow_database *filed(const char *where)
{
    flow_host_use(flow_uv_host());
    return flow_database_new(flow_sqlite, where, NULL);
}

static void remove_file(void)
{
    unlink("flow_sql_test.db");
    unlink("flow_sql_test.db-journal");
}

TEST(a_file_is_made_and_found_again)
{
    flow_database *db;

    remove_file();
    db = filed(IN("flow_sql_test.db"));
    shows("0", flow_execute(db, "CREATE TABLE pet (name TEXT)"));
    shows("1", flow_execute(db, "INSERT INTO pet VALUES ('cat')"));
    flow_database_release(db);
    db = filed(IN("flow_sql%5ftest.db?mode=ro&timeout=1&foreign_keys=on"));
    shows("('cat',)", flow_query(db, "SELECT * FROM pet"));
    fails(flow_execute(db, "DELETE FROM pet"), FLOW_ESQL, "25006", "readonly");
    closed(db);
    remove_file();
}

TEST(a_wrong_place_is_told)
{
    flow_database *db = filed(IN("/nowhere/at/all.db"));

    fails(flow_query(db, "SELECT 1"), FLOW_ESQL, "08001", "unable to open");
    closed(db);
    db = filed(IN("x.db?colour=red"));
    fails(flow_query(db, "SELECT 1"), FLOW_EINVAL, "", "colour=red");
    closed(db);
}

static void holds_lock(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v, error = flow_none();
    flow_database *other = filed(IN("flow_sql_test.db?timeout=0.01"));

    (void)source;
    if (flow_first(self, flow_execute(arg, "INSERT INTO pet VALUES ('cat')"),
                   &v))
        flow_first(self, flow_execute(other, "DELETE FROM pet"), &v);
    if (flow_catch(self, FLOW_ESQL, &error))
        flow_yield(self, flow_text(flow_message(&error),
                                   strlen(flow_message(&error))));
    flow_drop(error);
    flow_database_release(other);
}

static flow_stage *hold_lock(flow_database *db, void *arg)
{
    (void)arg;
    return flow_generate(holds_lock, NULL, db);
}

TEST(a_lock_is_waited_for_no_longer_than_said)
{
    flow_database *db;

    remove_file();
    db = filed(IN("flow_sql_test.db"));
    shows("0", flow_execute(db, "CREATE TABLE pet (name TEXT)"));
    shows("database is locked (SQLSTATE 55P03)",
          flow_transaction(db, hold_lock, NULL));
    shows("('cat',)", flow_query(db, "SELECT * FROM pet"));
    closed(db);
    remove_file();
}

TEST(several_connections_read_one_file)
{
    flow_database *db;

    remove_file();
    db = filed(IN("flow_sql_test.db"));
    shows("0", flow_execute(db, "CREATE TABLE pet (name TEXT)"));
    shows("", flow_merge(FLOW_STAGES(flow_query(db, "SELECT * FROM pet"),
                                     flow_query(db, "SELECT * FROM pet"),
                                     flow_query(db, "SELECT * FROM pet"))));
    closed(db);
    remove_file();
}

TEST(there_are_no_notices)
{
    flow_database *db = opened(NULL);

    fails(flow_listen(db, "news"), FLOW_EINVAL, "", "SQLite has no notices");
    still_works(db);
    closed(db);
}

/* ---- Giving up ---------------------------------------------------------- */
TEST(a_query_that_takes_for_ever_is_stopped)
{
    flow_database *db = opened(NULL);

    fails(flow_within(flow_query(db, "WITH RECURSIVE n (i) AS (SELECT 1 UNION "
                                 "ALL SELECT i + 1 FROM n) SELECT max(i) FROM "
                                 "n"), 0.02), FLOW_ETIMEOUT, "", "within");
    still_works(db);
    closed(db);
}

/* Of all that was before. */
TEST(nothing_of_a_connection_is_left)
{
    CHECK(sqlite3_memory_used() == 0);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        SQL_TESTS,
        SQL_STRICT_TESTS,
        CASE(values_are_typed),
        CASE(parameters_come_back_as_they_were),
        CASE(text_that_is_not_utf8_is_refused_and_what_came_before_is_given),
        CASE(the_number_of_parameters_must_be_right),
        CASE(a_file_is_made_and_found_again),
        CASE(a_wrong_place_is_told),
        CASE(a_lock_is_waited_for_no_longer_than_said),
        CASE(several_connections_read_one_file),
        CASE(there_are_no_notices),
        CASE(a_query_that_takes_for_ever_is_stopped),
        CASE(nothing_of_a_connection_is_left),
    };
    static const struct test large[] = {
        CASE(a_text_of_100_mb_comes_and_goes),
    };

    if (argc > 1 && strcmp(argv[1], "large") == 0)
        return run_processes("sql_sqlite large", large,
                             sizeof large / sizeof *large);
    return run_tests("sql_sqlite", tests, sizeof tests / sizeof *tests);
}
