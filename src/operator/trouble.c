/* SPDX-License-Identifier: MIT */
#include "trouble.h"

#include "set.h"

static void close_all(flow_stage *const *s, size_t n)
{
    for (size_t i = 0; s != NULL && i < n; i++)
        flow_close(s[i]);
}

static size_t first_null(flow_stage *const *s, size_t n)
{
    size_t i = 0;

    while (s != NULL && i < n && s[i] != NULL)
        i++;
    return i;
}

flow_stage *flow__check_inputs(const char *name, flow_stage *const *s,
                               size_t n)
{
    size_t i = first_null(s, n);

    if (i == n)
        return NULL;
    close_all(s, n);
    if (s == NULL)
        return flow__misused(name, NULL, "give an array of stages, not NULL");
    return flow__refused(name, NULL,
                         flow_error(FLOW_EINVAL, 0, "flow_%s: input %zu is "
                                    "NULL, give a stage", name, i + 1));
}

flow_stage *flow__out_of_memory(const char *name, flow_stage *const *s,
                                size_t n)
{
    close_all(s, n);
    return flow__refused(name, NULL,
                         flow_error(FLOW_ENOMEM, 0, "out of memory"));
}

void flow__unread(const char *name, flow_value failure)
{
    if (flow_is_failure(failure))
        flow_report("%s was closed with a failure nobody read: %s: %s", name,
                     flow_class_of(&failure)->name, flow_message(&failure));
    flow_drop(failure);
}
