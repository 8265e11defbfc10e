/* SPDX-License-Identifier: MIT */
/* Values bound to the parameters of a statement of ODBC. It wants to find them
 * where they were bound when it is executed. */
#ifndef FLOW_SQL_ODBC_SEND_H
#define FLOW_SQL_ODBC_SEND_H

#include <flow/flow.h>

#include <sql.h>
#include <sqlext.h>

struct flow__odbc_values {
    struct flow__odbc_value *at;
    size_t n;
};

/* Room for n values. False: no memory. */
bool flow__odbc_values_begin(struct flow__odbc_values *v, size_t n);
void flow__odbc_values_end(struct flow__odbc_values *v);

/* Text and bytes are borrowed until the statement has been executed. */
SQLRETURN flow__odbc_values_bind(struct flow__odbc_values *v, SQLHSTMT s,
                                 const flow_value *values);

#endif
