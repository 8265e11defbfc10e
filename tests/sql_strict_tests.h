/* SPDX-License-Identifier: MIT */
/* What every database of ours does, and ODBC leaves to its drivers. After
 * sql_tests.h. */
#ifndef TESTS_SQL_STRICT_TESTS_H
#define TESTS_SQL_STRICT_TESTS_H

TEST(several_statements_at_once_are_refused)
{
    flow_database *db = opened(NULL);

    fails(flow_query(db, "SELECT 1; SELECT 2"), FLOW_ESQL, "42601", "");
    still_works(db);
    closed(db);
}

TEST(a_database_may_be_released_while_a_query_is_given_up)
{
    flow_database *db = opened(NULL);
    flow_stage *s = flow_query(db, SERIES(100000000));
    flow_value v;

    if (flow_block(s, &v))
        flow_drop(v);
    flow_failure(s);
    flow_close(s);
    closed(db);
}

#define SQL_STRICT_TESTS                                                     \
    CASE(several_statements_at_once_are_refused),                            \
    CASE(a_database_may_be_released_while_a_query_is_given_up)

#endif
