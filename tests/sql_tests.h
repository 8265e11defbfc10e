/* SPDX-License-Identifier: MIT */
/* What holds for every database. A program that includes this defines how its
 * own is reached, and how it writes some things:
 *
 *     DRIVER          of the database
 *     url()           its URL
 *     P(n)            the n-th parameter
 *     SERIES(n)       a table, `series`, of one column, i: 1 2 ... n
 *     NO_TABLE        the SQLSTATE of a table that is not there
 *     NO_KEY          ... of a key that is there already
 *
 * Tables are temporary ones, so each test has its own database by having one
 * connection. */
#ifndef FLOW_TEST_SQL_TESTS_H
#define FLOW_TEST_SQL_TESTS_H

#include "harness.h"

#include <flow/reactor.h>
#include <flow/sql.h>

#include <string.h>

/* ---- Helpers ------------------------------------------------------------ */
static flow_database *opened(const flow_database_options *o)
{
    flow_database_options one = { .most = 1 };

    flow_host_use(flow_uv_host());
    return flow_database_new(DRIVER, url(), o != NULL ? o : &one);
}

static void closed(flow_database *db)
{
    flow_database_release(db);
    flow_uv_close();
}

/* As expect. When something was made to go wrong before, what a flow shows does
 * not follow from the test. */
static void shows(const char *text, flow_stage *s)
{
    if (disturbed())
        flow_drop(flow_block_all(s));
    else
        expect(text, s);
}

static flow_database *with_table(void)
{
    flow_database *db = opened(NULL);

    shows("0", flow_execute(db, "CREATE TEMPORARY TABLE pet "
                            "(name VARCHAR(100) PRIMARY KEY, legs INTEGER)"));
    return db;
}

/* The class and SQLSTATE a flow fails with, and part of its message. */
static void fails(flow_stage *s, const flow_error_class *class,
                  const char *state, const char *part)
{
    flow_value v = flow_block_all(s);

    CHECK(v.kind == FLOW_ERROR);
    CHECK(flow_class_of(&v) == class);
    CHECK(class != FLOW_ESQL || flow_code(&v) == flow_sqlstate(state));
    CHECK(class != FLOW_ESQL || strstr(flow_message(&v), state) != NULL);
    if (!disturbed() && strstr(flow_message(&v), part) == NULL)
        fprintf(stderr, "message: %s\n", flow_message(&v));
    CHECK(strstr(flow_message(&v), part) != NULL);
    flow_drop(v);
}

static void still_works(flow_database *db)
{
    shows("('yes',)", flow_query(db, "SELECT 'yes'"));
}

static void is_there(flow_database *db, const char *count)
{
    shows(count, flow_query(db, "SELECT count(*) FROM pet"));
}

static void fetches(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value row, other = flow_none();

    (void)source;
    if (!flow_first(self, flow_query(arg, SERIES(20)), &row))
        return;
    if (flow_first(self, flow_query(arg, "SELECT 2"), &other))
        flow_yield(self, flow_tuple(FLOW_VALUES(
            flow_share(row), flow_share(*flow_items(&other, NULL)))));
    flow_drop(row);
    flow_drop(other);
}

/* ---- Rows --------------------------------------------------------------- */
TEST(rows_come_as_tuples)
{
    flow_database *db = opened(NULL);

    shows("('one',) ('two',) ('three',)",
          flow_query(db, "SELECT 'one' UNION ALL SELECT 'two' UNION ALL "
                     "SELECT 'three'"));
    closed(db);
}

static flow_value legs_of(flow_value row, void *arg)
{
    const flow_value *legs = flow_column(&row, "legs");
    const flow_value *none = flow_column(&row, "wings");
    const flow_value *names = flow_columns(&row);
    flow_value v = legs != NULL ? flow_share(*legs) : flow_none();

    (void)arg;
    MUST(none == NULL);
    MUST(names != NULL && names->size == 2);
    flow_drop(row);
    return v;
}

TEST(a_row_knows_its_columns_by_name)
{
    flow_database *db = opened(NULL);

    shows("4 2", flow_map(flow_query(db,
        "SELECT 'cat' AS name, 4 AS legs UNION ALL SELECT 'duck', 2"),
        legs_of, NULL));
    closed(db);
}

TEST(what_is_no_row_has_no_columns)
{
    flow_value other = flow_tuple(FLOW_VALUES(1, 2)), none = flow_none();

    MUST(flow_column(&other, "a") == NULL && flow_columns(&other) == NULL);
    MUST(flow_column(&none, "a") == NULL);
    flow_drop(other);
}

TEST(a_query_may_have_no_rows)
{
    flow_database *db = with_table();

    shows("", flow_query(db, "SELECT * FROM pet"));
    closed(db);
}

TEST(parameters_are_bound_as_what_they_are)
{
    flow_database *db = with_table();

    shows("1", flow_execute(db, "INSERT INTO pet VALUES (" P(1) ", " P(2) ")",
                            "'; DROP TABLE pet; --", 4));
    shows("1", flow_execute(db, "INSERT INTO pet VALUES (" P(1) ", " P(2) ")",
                            flow_textf("h%sn", "\303\274h"), flow_none()));
    shows("('\\'; DROP TABLE pet; --', 4) ('h\303\274hn', None)",
          flow_query(db, "SELECT name, legs FROM pet ORDER BY name"));
    closed(db);
}

TEST(statements_tell_how_many_rows_they_changed)
{
    flow_database *db = with_table();

    shows("3", flow_execute(db, "INSERT INTO pet VALUES ('cat', 4), "
                            "('dog', 4), ('duck', 2)"));
    shows("2", flow_execute(db, "UPDATE pet SET legs = 5 WHERE legs = 4"));
    shows("0", flow_execute(db, "DELETE FROM pet WHERE legs = 7"));
    shows("0", flow_execute(db, "SELECT * FROM pet"));
    closed(db);
}

static flow_value added(flow_value sum, flow_value row, void *arg)
{
    int64_t n = flow_items(&row, NULL)->as.num;

    (void)arg;
    flow_drop(row);
    return flow_int(sum.as.num + n);
}

TEST(many_rows_come_all_of_them)
{
    flow_database *db = opened(NULL);

    shows("50005000", flow_reduce(flow_query(db, SERIES(10000)), flow_int(0),
                                  added, NULL));
    closed(db);
}

TEST(a_query_may_be_closed_in_the_middle)
{
    flow_database *db = opened(NULL);

    shows("(1,) (2,)", flow_take(flow_query(db, SERIES(1000000)), 2));
    still_works(db);
    closed(db);
}

TEST(a_database_may_be_released_before_its_queries_end)
{
    flow_database *db = opened(NULL);
    flow_stage *s = flow_query(db, "SELECT 1");

    flow_database_release(db);
    shows("(1,)", s);
    flow_uv_close();
}

TEST(a_generator_fetches_one_row)
{
    flow_database *db = opened(NULL);

    shows("((1,), 2)", flow_generate(fetches, NULL, db));
    closed(db);
}

/* ---- What is wrong ------------------------------------------------------ */
TEST(wrong_sql_fails_with_the_words_of_the_database)
{
    flow_database *db = opened(NULL);

    fails(flow_query(db, "SELECT * FROM nothing"), FLOW_ESQL, NO_TABLE,
          "nothing");
    still_works(db);
    closed(db);
}

TEST(what_cannot_be_a_parameter_is_refused)
{
    flow_database *db = opened(NULL);

    fails(flow_query(db, "SELECT " P(1), flow_pack(FLOW_VALUES(1))),
          FLOW_EINVAL, "", "parameter 1");
    fails(flow_query(db, "SELECT " P(1), flow_text("\xff", 1)), FLOW_EFORMAT,
          "", "parameter 1 is a text that is not UTF-8");
    fails(flow_query(db, 7), FLOW_EINVAL, "", "begins with a text");
    fails(flow_query_values(db, NULL, 0), FLOW_EINVAL, "", "begins with");
    still_works(db);
    closed(db);
}

TEST(a_key_that_is_there_already_is_refused)
{
    flow_database *db = with_table();

    shows("1", flow_execute(db, "INSERT INTO pet VALUES ('cat', 4)"));
    fails(flow_execute(db, "INSERT INTO pet VALUES ('cat', 3)"), FLOW_ESQL,
          NO_KEY, "");
    is_there(db, "(1,)");
    closed(db);
}

TEST(the_url_of_another_database_is_refused)
{
    flow_database *db;

    flow_host_use(flow_uv_host());
    db = flow_database_new(DRIVER, "mysql://there", NULL);
    fails(flow_query(db, "SELECT 1"), FLOW_EINVAL, "", "'mysql'");
    closed(db);
}

TEST(no_database_is_want_of_memory)
{
    fails(flow_query(NULL, "SELECT 1"), FLOW_ENOMEM, "", "");
    fails(flow_insert(NULL, "pet", flow_once(flow_tuple(FLOW_VALUES(1)))),
          FLOW_ENOMEM, "", "");
    fails(flow_transaction(NULL, NULL, NULL), FLOW_EINVAL, "", "a function");
}

/* ---- Pools -------------------------------------------------------------- */
TEST(queries_wait_for_a_connection)
{
    flow_database *db = opened(NULL);

    shows("(1,) (2,) (3,)", flow_merge(FLOW_STAGES(
        flow_query(db, "SELECT 1"), flow_query(db, "SELECT 2"),
        flow_query(db, "SELECT 3"))));
    closed(db);
}

TEST(no_more_wait_than_may)
{
    flow_database_options o = { .most = 1, .waiting = 1 };
    flow_database *db = opened(&o);

    fails(flow_merge(FLOW_STAGES(
        flow_query(db, SERIES(100000)), flow_query(db, SERIES(100000)),
        flow_query(db, "SELECT 3"))), FLOW_ELIMIT, "", "1 queries wait");
    still_works(db);
    closed(db);
}

static void holds_on(flow_gen *self, flow_stage *source, void *arg)
{
    flow_stage *held = flow_query(arg, SERIES(1000));
    flow_value v;

    (void)source;
    if (flow_next(self, held, &v)) {
        flow_drop(v);
        v = flow_none();
        if (flow_first(self, flow_query(arg, "SELECT 1"), &v))
            flow_yield(self, v);
    }
    flow_close(held);
}

/* However long it takes the server. */
static void connect_first(flow_database *db)
{
    bool too_late;

    do {
        flow_value v = flow_block_all(flow_query(db, "SELECT 1"));

        too_late = flow_is(&v, FLOW_ETIMEOUT);
        flow_drop(v);
    } while (too_late);
}

TEST(nobody_waits_for_ever)
{
    flow_database_options o = { .most = 1, .patience = 0.02 };
    flow_database *db = opened(&o);

    connect_first(db);
    fails(flow_generate(holds_on, NULL, db), FLOW_ETIMEOUT, "",
          "none of the 1 connections");
    closed(db);
}

/* ---- Transactions ------------------------------------------------------- */
static flow_stage *two_pets(flow_database *db, void *arg)
{
    (void)arg;
    return flow_concat(FLOW_STAGES(
        flow_execute(db, "INSERT INTO pet VALUES ('cat', " P(1) ")", 4),
        flow_execute(db, "INSERT INTO pet VALUES ('duck', " P(1) ")", 2)));
}

TEST(a_transaction_that_ends_is_committed)
{
    flow_database *db = with_table();

    shows("1 1", flow_transaction(db, two_pets, NULL));
    is_there(db, "(2,)");
    closed(db);
}

static flow_stage *two_and_trouble(flow_database *db, void *arg)
{
    return flow_concat(FLOW_STAGES(
        two_pets(db, arg), flow_failed(flow_error(FLOW_EANY, 0, "trouble"))));
}

TEST(a_transaction_that_fails_is_undone)
{
    flow_database *db = with_table();

    shows("1 1 !Error: trouble", flow_transaction(db, two_and_trouble, NULL));
    is_there(db, "(0,)");
    closed(db);
}

static flow_stage *two_and_wrong_sql(flow_database *db, void *arg)
{
    return flow_concat(FLOW_STAGES(two_pets(db, arg),
                                   flow_query(db, "SELECT * FROM nothing")));
}

TEST(a_transaction_with_a_wrong_statement_is_undone)
{
    flow_database *db = with_table();

    fails(flow_transaction(db, two_and_wrong_sql, NULL), FLOW_ESQL, NO_TABLE,
          "nothing");
    is_there(db, "(0,)");
    closed(db);
}

TEST(a_transaction_that_is_closed_is_undone)
{
    flow_database *db = with_table();

    shows("1", flow_take(flow_transaction(db, two_pets, NULL), 1));
    is_there(db, "(0,)");
    closed(db);
}

static void reads_and_writes(flow_gen *self, flow_stage *source, void *arg)
{
    flow_database *db = arg;
    flow_stage *rows = flow_query(db, SERIES(1000));
    flow_value v;

    (void)source;
    if (flow_next(self, rows, &v)) {
        flow_drop(v);
        if (flow_first(self, flow_execute(db, "DELETE FROM pet"), &v))
            flow_yield(self, v);
    }
    flow_close(rows);
}

static flow_stage *read_and_write(flow_database *db, void *arg)
{
    (void)arg;
    return flow_generate(reads_and_writes, NULL, db);
}

TEST(two_queries_of_a_transaction_at_once_are_refused)
{
    flow_database *db = with_table();

    fails(flow_transaction(db, read_and_write, NULL), FLOW_EINVAL, "",
          "another query of the transaction");
    is_there(db, "(0,)");
    closed(db);
}

static flow_stage *part_of_many(flow_database *db, void *arg)
{
    return flow_concat(FLOW_STAGES(
        flow_take(flow_query(db, SERIES(5000)), 1), two_pets(db, arg)));
}

TEST(a_transaction_goes_on_after_a_query_that_was_closed)
{
    flow_database *db = with_table();

    shows("(1,) 1 1", flow_transaction(db, part_of_many, NULL));
    is_there(db, "(2,)");
    closed(db);
}

static flow_stage *transaction_in_it(flow_database *db, void *arg)
{
    return flow_transaction(db, two_pets, arg);
}

static flow_stage *no_stage(flow_database *db, void *arg)
{
    (void)db, (void)arg;
    return NULL;
}

TEST(transactions_do_not_nest_and_need_a_stage)
{
    flow_database *db = with_table();

    fails(flow_transaction(db, transaction_in_it, NULL), FLOW_EINVAL, "",
          "do not nest");
    fails(flow_transaction(db, no_stage, NULL), FLOW_EINVAL, "", "NULL");
    still_works(db);
    closed(db);
}

static flow_stage *nothing(flow_database *db, void *arg)
{
    (void)db, (void)arg;
    return flow_once(flow_of("idle"));
}

TEST(a_transaction_without_queries_is_fine)
{
    flow_database *db = opened(NULL);

    shows("idle", flow_transaction(db, nothing, NULL));
    closed(db);
}

/* ---- Inserting ---------------------------------------------------------- */
static flow_status some_pets(void *state, flow_stage *out)
{
    int *left = state;

    flow_give(out, flow_tuple(FLOW_VALUES(flow_textf("pet\t%d\\\n", *left),
                                          *left % 2 ? flow_none()
                                                    : flow_int(*left))));
    return --*left > 0 ? FLOW_READY : FLOW_DONE;
}

TEST(rows_are_inserted_in_bulk)
{
    flow_database *db = with_table();
    int n = 1200;

    shows("512 1024 1200", flow_insert(db, "pet (name, legs)",
                                       flow_iterate(some_pets, &n)));
    is_there(db, "(1200,)");
    shows("('pet\\t7\\\\\\n', None) ('pet\\t8\\\\\\n', 8)",
          flow_query(db, "SELECT name, legs FROM pet WHERE name IN (" P(1)
                     ", " P(2) ") ORDER BY name", "pet\t7\\\n", "pet\t8\\\n"));
    closed(db);
}

TEST(nothing_is_inserted_of_nothing)
{
    flow_database *db = with_table();

    shows("0", flow_insert(db, "pet", flow_list(NULL, 0)));
    is_there(db, "(0,)");
    closed(db);
}

static flow_value pet(const char *name, int legs)
{
    return flow_pack(FLOW_VALUES(name, legs));
}

TEST(a_row_that_is_refused_takes_all_others_with_it)
{
    flow_database *db = with_table();

    fails(flow_insert(db, "pet", flow_list(FLOW_VALUES(
        pet("cat", 4), pet("duck", 2), pet("cat", 3)))), FLOW_ESQL, NO_KEY,
        "");
    is_there(db, "(0,)");
    fails(flow_insert(db, "pet", flow_list(FLOW_VALUES(
        pet("cat", 4), flow_pack(FLOW_VALUES("duck"))))), FLOW_EINVAL, "",
        "row 2 to be inserted has 1 values");
    fails(flow_insert(db, "pet", flow_list(FLOW_VALUES("cat"))), FLOW_EINVAL,
          "", "row 1 to be inserted is no list");
    fails(flow_insert(db, "pet", flow_once(flow_pack(FLOW_VALUES(
        flow_pack(NULL, 0), 1)))), FLOW_EINVAL, "", "column 1");
    fails(flow_insert(db, "nothing", flow_once(pet("cat", 4))), FLOW_ESQL,
          NO_TABLE, "nothing");
    is_there(db, "(0,)");
    closed(db);
}

static flow_stage *pets_and_trouble(int *n)
{
    return flow_concat(FLOW_STAGES(
        flow_iterate(some_pets, n),
        flow_failed(flow_error(FLOW_EANY, 0, "trouble"))));
}

TEST(a_source_that_fails_leaves_nothing)
{
    flow_database *db = with_table();
    int n = 700;

    fails(flow_insert(db, "pet", pets_and_trouble(&n)), FLOW_EANY, "",
          "trouble");
    is_there(db, "(0,)");
    closed(db);
}

TEST(an_insert_that_is_closed_leaves_nothing)
{
    flow_database *db = with_table();
    int n = 1200;

    shows("512", flow_take(flow_insert(db, "pet", flow_iterate(some_pets, &n)),
                           1));
    is_there(db, "(0,)");
    closed(db);
}

static flow_stage *insert_twice(flow_database *db, void *arg)
{
    return flow_concat(FLOW_STAGES(
        flow_insert(db, "pet", flow_once(pet("cat", 4))),
        flow_insert(db, "pet", flow_once(pet("dog", 4))),
        flow_iterate(some_pets, arg)));
}

TEST(inserts_of_a_transaction_are_one)
{
    flow_database *db = with_table();
    int n = 1;

    shows("1 1 ('pet\\t1\\\\\\n', None)",
          flow_transaction(db, insert_twice, &n));
    is_there(db, "(2,)");
    closed(db);
}

/* ---- Large, and so once ------------------------------------------------- */
enum { LARGE = 100000000 };

TEST(a_text_of_100_mb_comes_and_goes)
{
    flow_database *db = opened(NULL);
    flow_stage *rows = flow_query(db, LARGE_TEXT);
    char *to;
    flow_value v = flow_none(), text = flow_buffer(LARGE, &to);

    MUST(to != NULL && flow_block(rows, &v));
    MUST(flow_items(&v, NULL)->size == LARGE);
    flow_drop(v);
    flow_close(rows);
    memset(to, 'x', LARGE);
    text.kind = FLOW_TEXT;
    expect("(100000000,)", flow_query(db, "SELECT length(CAST(" P(1)
                                      " AS TEXT))", text));
    closed(db);
}

#define SQL_TESTS                                                            \
    CASE(rows_come_as_tuples),                                               \
    CASE(a_row_knows_its_columns_by_name),                                   \
    CASE(what_is_no_row_has_no_columns),                                     \
    CASE(a_query_may_have_no_rows),                                          \
    CASE(parameters_are_bound_as_what_they_are),                             \
    CASE(statements_tell_how_many_rows_they_changed),                        \
    CASE(many_rows_come_all_of_them),                                        \
    CASE(a_query_may_be_closed_in_the_middle),                               \
    CASE(a_database_may_be_released_before_its_queries_end),                 \
    CASE(a_generator_fetches_one_row),                                       \
    CASE(wrong_sql_fails_with_the_words_of_the_database),                    \
    CASE(what_cannot_be_a_parameter_is_refused),                             \
    CASE(a_key_that_is_there_already_is_refused),                            \
    CASE(the_url_of_another_database_is_refused),                            \
    CASE(no_database_is_want_of_memory),                                     \
    CASE(queries_wait_for_a_connection),                                     \
    CASE(no_more_wait_than_may),                                             \
    CASE(nobody_waits_for_ever),                                             \
    CASE(a_transaction_that_ends_is_committed),                              \
    CASE(a_transaction_that_fails_is_undone),                                \
    CASE(a_transaction_with_a_wrong_statement_is_undone),                    \
    CASE(a_transaction_that_is_closed_is_undone),                            \
    CASE(two_queries_of_a_transaction_at_once_are_refused),                  \
    CASE(a_transaction_goes_on_after_a_query_that_was_closed),               \
    CASE(transactions_do_not_nest_and_need_a_stage),                         \
    CASE(a_transaction_without_queries_is_fine),                             \
    CASE(rows_are_inserted_in_bulk),                                         \
    CASE(nothing_is_inserted_of_nothing),                                    \
    CASE(a_row_that_is_refused_takes_all_others_with_it),                    \
    CASE(a_source_that_fails_leaves_nothing),                                \
    CASE(an_insert_that_is_closed_leaves_nothing),                           \
    CASE(inserts_of_a_transaction_are_one)

#endif
