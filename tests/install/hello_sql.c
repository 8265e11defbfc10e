/* SPDX-License-Identifier: MIT */
/* The same for libflow-sql. */
#include <flow/sql.h>

int main(void)
{
    return flow_sqlstate("23505") == 0;
}
