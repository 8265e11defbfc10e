/* SPDX-License-Identifier: MIT */
/* See odbc_send.h. */
#include "odbc_send.h"

#include <string.h>

enum { LONG = 4000 };               /* bytes; beyond, the types are others  */

struct flow__odbc_value {
    union { SQLBIGINT num; double real; unsigned char yes; } is;
    SQLLEN size;                    /* or that it is NULL                   */
};

bool flow__odbc_values_begin(struct flow__odbc_values *v, size_t n)
{
    v->n = n;
    v->at = flow_alloc((n + 1) * sizeof *v->at);
    return v->at != NULL;
}

void flow__odbc_values_end(struct flow__odbc_values *v)
{
    if (v->at != NULL)
        flow_free(v->at, (v->n + 1) * sizeof *v->at);
    v->at = NULL;
}

static SQLRETURN bind_as(SQLHSTMT s, size_t i, SQLSMALLINT c, SQLSMALLINT sql,
                         const void *p, size_t width, SQLLEN *size)
{
    return SQLBindParameter(s, (SQLUSMALLINT)(i + 1), SQL_PARAM_INPUT, c, sql,
                            width > 0 ? width : 1, 0, (void *)(uintptr_t)p,
                            *size > 0 ? *size : 0, size);
}

static SQLRETURN bind(SQLHSTMT s, size_t i, struct flow__odbc_value *to,
                      const flow_value *v)
{
    size_t n;
    const char *chars = flow_chars(v, &n);

    to->size = (SQLLEN)n;
    switch ((flow_kind)v->kind) {
    case FLOW_BOOL:
        to->is.yes = v->as.yes;
        return bind_as(s, i, SQL_C_BIT, SQL_BIT, &to->is, 1, &to->size);
    case FLOW_INT:
        to->is.num = v->as.num;
        return bind_as(s, i, SQL_C_SBIGINT, SQL_BIGINT, &to->is, 19, &to->size);
    case FLOW_REAL:
        to->is.real = v->as.real;
        return bind_as(s, i, SQL_C_DOUBLE, SQL_DOUBLE, &to->is, 15, &to->size);
    case FLOW_TEXT:
        return bind_as(s, i, SQL_C_CHAR, n > LONG ? SQL_LONGVARCHAR
                       : SQL_VARCHAR, chars, n, &to->size);
    case FLOW_BYTES:
        return bind_as(s, i, SQL_C_BINARY, n > LONG ? SQL_LONGVARBINARY
                       : SQL_VARBINARY, chars, n, &to->size);
    case FLOW_NONE: case FLOW_LIST: case FLOW_TUPLE: case FLOW_BOX:
    case FLOW_ERROR:
        break;
    }
    to->size = SQL_NULL_DATA;
    return bind_as(s, i, SQL_C_CHAR, SQL_VARCHAR, "", 1, &to->size);
}

SQLRETURN flow__odbc_values_bind(struct flow__odbc_values *v, SQLHSTMT s,
                                 const flow_value *values)
{
    SQLRETURN st = SQL_SUCCESS;

    for (size_t i = 0; i < v->n && SQL_SUCCEEDED(st); i++)
        st = bind(s, i, &v->at[i], &values[i]);
    return st;
}
