/* SPDX-License-Identifier: MIT */
/* Transactions from within. */
#ifndef FLOW_SQL_TRANSACTION_H
#define FLOW_SQL_TRANSACTION_H

#include "database.h"

bool flow__sql_is_transaction(const flow_database *db);

/* As flow_transaction, but calls work(arg) now. NULL, and it was not called: no
 * memory. */
flow_stage *flow__sql_transaction_now(flow_database *db, flow_unit *work,
                                      void *arg);

#endif
