/* SPDX-License-Identifier: MIT */
/* Errors of databases. */
#include <flow/sql.h>

const flow_error_class FLOW_ESQL[1] = {{ "SQLError", FLOW_EANY }};

/* The digit of base 36, or -1. */
static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10;
    return -1;
}

/* 36 to the fifth is sixty million: all of them fit into the code. */
int flow_sqlstate(const char *state)
{
    int code = 0, n = 0;

    for (; state != NULL && n < 5 && digit(state[n]) >= 0; n++)
        code = code * 36 + digit(state[n]);
    return n == 5 && state[n] == '\0' ? code : 0;
}
