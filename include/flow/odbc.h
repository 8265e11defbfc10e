/* SPDX-License-Identifier: MIT */
/* Every database that has a driver of ODBC, as one of sql.h, by unixODBC.
 *
 *     flow_database_new(flow_odbc, "odbc:DSN=shop;UID=anna", NULL)
 *
 * URLs: `odbc:` and a connection string of ODBC, which goes to its driver
 * manager as it is. Its calls block, so each connection has a thread of its own.
 * What holds beyond that is the driver's: which values it tells apart, whether
 * rows stream, whether a query can be stopped, and what text is, which must be
 * UTF-8: with some that takes an option in the string. */
#ifndef FLOW_ODBC_H
#define FLOW_ODBC_H

#include <flow/sql.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

extern const flow_sql_driver *const flow_odbc;

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
