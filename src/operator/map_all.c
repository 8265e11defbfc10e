/* SPDX-License-Identifier: MIT */
#include "trouble.h"

flow_stage *(flow_map_all)(flow_stage *const *s, size_t n, flow_function *f,
                           void *arg)
{
    flow_stage *refused = flow__check_inputs("map_all", s, n);

    if (refused != NULL)
        return refused;

    flow_stage *rows = flow_named((flow_zip)(s, n), "map_all");

    return f == NULL ? rows
                     : flow_named((flow_map)(rows, f, arg), "map_all");
}
