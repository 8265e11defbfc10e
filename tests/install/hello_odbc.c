/* SPDX-License-Identifier: MIT */
/* The same for libflow-odbc. */
#include <flow/odbc.h>
#include <flow/reactor.h>

int main(void)
{
    flow_database *db;

    flow_host_use(flow_uv_host());
    db = flow_database_new(flow_odbc, "odbc:DSN=none", NULL);
    flow_database_release(db);
    flow_uv_close();
    return 0;
}
