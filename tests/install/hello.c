/* SPDX-License-Identifier: MIT */
/* What a stranger's first program does: find the header, the library, run. */
#include <flow/version.h>

#include <stdio.h>

int main(void)
{
    return printf("flow %s\n", flow_version()) < 0;
}
