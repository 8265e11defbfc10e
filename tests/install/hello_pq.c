/* SPDX-License-Identifier: MIT */
/* The same for libflow-pq. */
#include <flow/pq.h>
#include <flow/reactor.h>

int main(void)
{
    flow_database *db;

    flow_host_use(flow_uv_host());
    db = flow_database_new(flow_pq, "postgresql:///", NULL);
    flow_database_release(db);
    flow_uv_close();
    return 0;
}
