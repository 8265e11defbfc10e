/* SPDX-License-Identifier: MIT */
/* PostgreSQL: what holds for every database, and what is its own. To be run by
 * tests/postgres, beside a server. */
#include <flow/pq.h>

#include <stdlib.h>

#define DRIVER flow_pq
#define P(n) "$" #n
#define SERIES(n) "SELECT i FROM generate_series(1, " #n ") AS series (i)"
#define LARGE_TEXT "SELECT repeat('x', 100000000)"
#define NO_TABLE "42P01"
#define NO_KEY "23505"

static const char *url(void)
{
    return getenv("FLOW_POSTGRES");
}

#include "sql_tests.h"
#include "sql_strict_tests.h"

#include <sys/wait.h>
#include <unistd.h>

/* ---- Values ------------------------------------------------------------- */
TEST(values_are_typed)
{
    flow_database *db = opened(NULL);

    shows("(None, True, False, 7, -8, -9223372036854775808, 0.5, -12.25, "
          "1e+300)",
          flow_query(db, "SELECT NULL, true, false, 7::int2, -8::int4, "
                     "(-9223372036854775808)::int8, 0.5::float4, "
                     "-12.25::float8, 1e300::float8"));
    shows("('text', '', b'\\x00\\xff', b'', '1.50', '2026-11-21', "
          "'2026-11-21 15:20:00', '{\"a\": 1}', '{1,2}')",
          flow_query(db, "SELECT 'text', '', '\\x00ff'::bytea, ''::bytea, "
                     "1.50, date '2026-11-21', timestamp '2026-11-21 15:20', "
                     "'{\"a\": 1}'::jsonb, array[1, 2]"));
    closed(db);
}

TEST(parameters_come_back_as_they_were)
{
    flow_database *db = opened(NULL);

    shows("(None, True, -5, 0.1, 'text', b'a\\x00b', '')",
          flow_query(db, "SELECT $1::int, $2::bool, $3::int, $4::float8, "
                     "$5::text, $6::bytea, $7::text", flow_none(), true, -5,
                     0.1, flow_textf("%s", "text"), flow_bytes("a\0b", 3),
                     ""));
    closed(db);
}

TEST(dates_are_iso_whatever_the_server_is_set_to)
{
    flow_database *db;
    char other[512];

    flow_host_use(flow_uv_host());
    snprintf(other, sizeof other, "%s&options=-c%%20DateStyle%%3DGerman",
             url());
    db = flow_database_new(flow_pq, other, NULL);
    shows("('2026-11-21',)", flow_query(db, "SELECT date '2026-11-21'"));
    closed(db);
}

TEST(a_text_with_a_zero_byte_is_refused)
{
    flow_database *db = with_table();
    flow_value zero = flow_text("a\0b", 3);

    fails(flow_query(db, "SELECT $1", flow_share(zero)), FLOW_EINVAL, "",
          "zero byte");
    fails(flow_insert(db, "pet", flow_list(FLOW_VALUES(
        pet("cat", 4), flow_pack(FLOW_VALUES(flow_share(zero), 1))))),
        FLOW_EINVAL, "", "zero byte");
    is_there(db, "(0,)");
    flow_drop(zero);
    closed(db);
}

TEST(wrong_types_fail_with_the_words_of_the_database)
{
    flow_database *db = with_table();

    fails(flow_query(db, "SELECT $1::int", "seven"), FLOW_ESQL, "22P02",
          "invalid input syntax");
    fails(flow_insert(db, "pet", flow_once(flow_pack(FLOW_VALUES("cat",
                                                                 "four")))),
          FLOW_ESQL, "22P02", "invalid input syntax");
    fails(flow_query(db, "SELECT convert_from('\\xff', 'UTF8')"), FLOW_ESQL,
          "22021", "invalid byte sequence");
    fails(flow_query(db, "SELECT $1::int, $2::int", 1), FLOW_ESQL, "08P01",
          "requires 2");
    fails(flow_query(db, " "), FLOW_ESQL, "42601", "empty");
    fails(flow_execute(db, "COPY pet FROM STDIN"), FLOW_ESQL, "57014", "COPY");
    still_works(db);
    closed(db);
}

TEST(a_failure_after_rows_comes_after_them)
{
    flow_database *db = opened(NULL);

    shows("(1,) (-1,) !SQLError: ERROR:  division by zero (SQLSTATE 22012)",
          flow_query(db, "SELECT 1 / (2 - i) FROM generate_series(1, 3, 2) "
                     "AS a (i) UNION ALL SELECT 1 / (i - i) FROM "
                     "generate_series(1, 1) AS b (i)"));
    still_works(db);
    closed(db);
}

/* ---- Transactions ------------------------------------------------------- */
static flow_stage *trapped(flow_database *db, void *arg)
{
    return flow_concat(FLOW_STAGES(
        two_pets(db, arg),
        flow_skip(flow_trap(flow_query(db, "SELECT 1 / 0"), FLOW_ESQL), 0)));
}

static bool is_number(const flow_value *v, void *arg)
{
    (void)arg;
    return v->kind == FLOW_INT;
}

TEST(a_commit_that_only_rolls_back_is_a_failure)
{
    flow_database *db = with_table();

    fails(flow_filter(flow_transaction(db, trapped, NULL), is_number, NULL),
          FLOW_ESQL, "25P02", "was rolled back");
    is_there(db, "(0,)");
    closed(db);
}

static flow_stage *lock_too(flow_database *db, void *arg)
{
    (void)arg;
    return flow_concat(FLOW_STAGES(
        flow_execute(db, "SET LOCAL lock_timeout = 10"),
        flow_query(db, "SELECT pg_advisory_xact_lock(7)")));
}

static flow_value is_nothing(flow_value v, void *arg)
{
    (void)arg;
    flow_drop(v);
    return flow_none();
}

/* The lock is held by the one transaction, and wanted by a query outside. */
static void waits_for_lock(flow_gen *self, flow_stage *source, void *arg)
{
    flow_database **in_and_out = arg;
    flow_value v;

    (void)source;
    if (flow_first(self, flow_query(in_and_out[0],
                                    "SELECT pg_advisory_xact_lock(7)"), &v)) {
        flow_drop(v);
        flow_first(self, flow_for_each(
            flow_transaction(in_and_out[1], lock_too, NULL), is_nothing, NULL),
            &v);
    }
}

static flow_stage *wait_for_lock(flow_database *db, void *arg)
{
    flow_database **in_and_out = arg;

    in_and_out[0] = db;
    return flow_generate(waits_for_lock, NULL, arg);
}

TEST(a_lock_is_waited_for_no_longer_than_said)
{
    flow_database_options two = { .most = 2 };
    flow_database *db = opened(&two), *in_and_out[2] = { NULL, db };

    fails(flow_transaction(db, wait_for_lock, in_and_out), FLOW_ESQL, "55P03",
          "lock timeout");
    still_works(db);
    closed(db);
}

/* ---- Giving up ---------------------------------------------------------- */
TEST(a_query_that_takes_for_ever_is_stopped_in_the_server)
{
    flow_database *db = opened(NULL);
    flow_value active;

    fails(flow_within(flow_query(db, "SELECT pg_sleep(1000)"), 0.02),
          FLOW_ETIMEOUT, "", "within");
    active = flow_block_all(flow_query(db, "SELECT pid FROM pg_stat_activity "
        "WHERE state = 'active' AND query LIKE '%sleep(1000)'"));
    CHECK(active.kind == FLOW_LIST && active.size == 0);
    flow_drop(active);
    closed(db);
}

/* ---- Losing the server -------------------------------------------------- */
TEST(a_server_that_cannot_be_reached_is_told)
{
    flow_database *db;

    flow_host_use(flow_uv_host());
    db = flow_database_new(flow_pq, "postgresql:///?host=/nowhere", NULL);
    fails(flow_query(db, "SELECT 1"), FLOW_ESQL, "08001", "/nowhere");
    closed(db);
    flow_host_use(flow_uv_host());
    db = flow_database_new(flow_pq, "postgresql://?nonsense=1", NULL);
    fails(flow_query(db, "SELECT 1"), FLOW_ESQL, "08001", "nonsense");
    closed(db);
}

TEST(a_connection_that_is_cut_in_a_query_is_made_anew)
{
    flow_database *db = opened(NULL);

    fails(flow_query(db, "SELECT pg_terminate_backend(pg_backend_pid()), "
                     "pg_sleep(10)"), FLOW_ESQL, "57P01", "terminating");
    still_works(db);
    closed(db);
}

TEST(a_connection_that_is_cut_while_idle_is_made_anew)
{
    flow_database_options one = { .most = 1 };
    flow_database *db = opened(NULL);
    flow_database *other = flow_database_new(flow_pq, url(), &one);

    still_works(db);
    shows("(True,)", flow_query(other, "SELECT bool_and("
        "pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE "
        "pid <> pg_backend_pid() AND backend_type = 'client backend'"));
    still_works(db);
    flow_database_release(other);
    closed(db);
}

/* From another process, while the query runs. */
static pid_t kill_server_soon(void)
{
    pid_t child = fork();

    if (child != 0)
        return child;
    usleep(200000);
    execl("/bin/sh", "sh", getenv("FLOW_POSTGRES_AGAIN"), (char *)NULL);
    _exit(127);
}

TEST(a_server_that_is_killed_in_a_query_is_found_again)
{
    flow_database *db = opened(NULL);
    pid_t child = kill_server_soon();
    flow_value v = flow_block_all(flow_query(db, "SELECT pg_sleep(30)"));
    int status;

    MUST(v.kind == FLOW_ERROR && flow_class_of(&v) == FLOW_ESQL);
    MUST(flow_code(&v) == flow_sqlstate("57P02")
         || flow_code(&v) == flow_sqlstate("57P01")
         || flow_code(&v) == flow_sqlstate("08006"));
    flow_drop(v);
    MUST(waitpid(child, &status, 0) == child && status == 0);
    expect("('yes',)", flow_query(db, "SELECT 'yes'"));
    closed(db);
}

/* ---- Notices ------------------------------------------------------------ */
/* Again and again, as nobody knows when the other begins to listen. */
static void calls_out(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)source;
    while (flow_first(self, flow_query(arg, "SELECT pg_notify('the news', "
                                       "'h\303\266rt')"), &v)) {
        flow_drop(v);
        flow_cooperate(self, 0.001);
    }
}

TEST(notices_come_from_others)
{
    flow_database_options two = { .most = 2 };
    flow_database *db = opened(&two);

    shows("h\303\266rt h\303\266rt", flow_take(flow_merge(FLOW_STAGES(
        flow_listen(db, "the news"), flow_generate(calls_out, NULL, db))), 2));
    still_works(db);
    closed(db);
}

int main(int argc, char **argv)
{
    static const struct test large[] = {
        CASE(a_text_of_100_mb_comes_and_goes),
        CASE(a_server_that_is_killed_in_a_query_is_found_again),
    };
    static const struct test common[] = { SQL_TESTS };
    static const struct test tests[] = {
        SQL_STRICT_TESTS,
        CASE(values_are_typed),
        CASE(parameters_come_back_as_they_were),
        CASE(dates_are_iso_whatever_the_server_is_set_to),
        CASE(a_text_with_a_zero_byte_is_refused),
        CASE(wrong_types_fail_with_the_words_of_the_database),
        CASE(a_failure_after_rows_comes_after_them),
        CASE(a_commit_that_only_rolls_back_is_a_failure),
        CASE(a_lock_is_waited_for_no_longer_than_said),
        CASE(a_query_that_takes_for_ever_is_stopped_in_the_server),
        CASE(a_server_that_cannot_be_reached_is_told),
        CASE(a_connection_that_is_cut_in_a_query_is_made_anew),
        CASE(a_connection_that_is_cut_while_idle_is_made_anew),
        CASE(notices_come_from_others),
    };
    if (argc > 1 && strcmp(argv[1], "large") == 0)
        return run_processes("sql_pq large", large,
                             sizeof large / sizeof *large);
    if (argc < 2 || strcmp(argv[1], "common") != 0)
        return run_tests("sql_pq", tests, sizeof tests / sizeof *tests);
    /* A server takes its time, and SQLite has shown them with all that may go
     * wrong. */
    setenv("FLOW_TORTURE", "none", 0);
    return run_tests("sql_pq common", common, sizeof common / sizeof *common);
}
