/* SPDX-License-Identifier: MIT */
/* PostgreSQL as a database of sql.h.
 *
 *     flow_database_new(flow_pq, "postgresql://anna@db.example/shop", NULL)
 *
 * URLs are those of libpq, with all that libpq finds in its environment and its
 * files. Connections wait in the loop; only to cancel a query takes a thread for
 * a moment. libpq looks up names of hosts while the loop stands: where that may
 * take long, give an address (hostaddr).
 *
 * Parameters have the type that the statement gives them; where it gives none,
 * write $1::int. A BYTES is a bytea. flow_insert is a COPY. */
#ifndef FLOW_PQ_H
#define FLOW_PQ_H

#include <flow/sql.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

extern const flow_sql_driver *const flow_pq;

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
