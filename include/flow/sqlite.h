/* SPDX-License-Identifier: MIT */
/* SQLite as a database of sql.h.
 *
 *     flow_database_new(flow_sqlite, "sqlite:shop.db", NULL)
 *
 * URLs: `sqlite:` and the path of a file, which is made if it is not there, or
 * `sqlite::memory:`, a database that is gone with its last connection. Such a
 * one has one connection at most. After a question mark may stand, joined by &:
 *
 *     mode=ro             only reads; there must be a file
 *     timeout=SECONDS     waits so long for another's lock, then fails with
 *                         SQLSTATE 55P03: 5
 *     foreign_keys=on     holds foreign keys
 *
 * Its calls block, so each connection has a thread of its own, which reads rows
 * ahead, as many as it gets within a few milliseconds: one that is found just
 * before a long search is given after it. BOOLs are sent as 0 and 1. */
#ifndef FLOW_SQLITE_H
#define FLOW_SQLITE_H

#include <flow/sql.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

extern const flow_sql_driver *const flow_sqlite;

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
