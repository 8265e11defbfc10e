/* SPDX-License-Identifier: MIT */
/* PLACEHOLDER, to be replaced. */
#include <flow/version.h>

#include <stdio.h>

int main(void)
{
    printf("flow %s\n", flow_version());
    return 0;
}
