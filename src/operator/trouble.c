/* SPDX-License-Identifier: MIT */
#include "operator/trouble.h"

#include "base/memory.h"

flow_stage *flow__refused(const char *name, flow_stage *const *s, size_t n,
                          flow_value error)
{
    for (size_t i = 0; s != NULL && i < n; i++)
        flow_close(s[i]);
    return flow_named((flow_failed)(error), name);
}

flow_stage *flow__out_of_memory(const char *name, flow_stage *const *s,
                                size_t n)
{
    return flow__refused(name, s, n, flow__no_memory());
}

flow_stage *flow__refused_argument(const char *name, flow_stage *s,
                                   const char *advice)
{
    return flow__refused(name, &s, 1,
                         flow_error(FLOW_EINVAL, 0, "flow_%s: %s", name,
                                    advice));
}

flow_stage *flow__check_inputs(const char *name, flow_stage *const *s,
                               size_t n)
{
    if (s == NULL && n > 0)
        return flow__refused(name, s, n,
                             flow_error(FLOW_EINVAL, 0, "flow_%s: give an "
                                        "array of %zu stages, not NULL",
                                        name, n));
    for (size_t i = 0; i < n; i++)
        if (s[i] == NULL)
            return flow__refused(name, s, n,
                                 flow_error(FLOW_EINVAL, 0, "flow_%s: input "
                                            "%zu is NULL, give a stage",
                                            name, i + 1));
    return NULL;
}

flow_value flow__no_memory(void)
{
    return flow_error(FLOW_ENOMEM, 0, "out of memory");
}

void flow__unread(const char *name, flow_value failure)
{
    if (flow_fails(failure))
        flow__report("%s was closed with a failure nobody read: %s: %s", name,
                     flow_class_of(&failure)->name, flow_message(&failure));
    flow_drop(failure);
}
