/* SPDX-License-Identifier: MIT */
/* The rare paths of operators over one source: see set.h. */
#include "set.h"

void flow__drop_all(const flow_value *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        flow_drop(v[i]);
}

flow_status flow__cut(flow_stage *out, const flow_set *set, size_t kept,
                      size_t rest, flow_value error)
{
    flow__drop_all(set->v + rest, set->n - rest);
    flow_lend(out, set->v, kept);
    return flow_raise_in(out, error);
}

flow_stage *flow__refused(const char *name, flow_stage *source,
                          flow_value error)
{
    flow_close(source);
    return flow_named((flow_failed)(error), name);
}

flow_stage *flow__misused(const char *name, flow_stage *source,
                          const char *advice)
{
    return flow__refused(name, source, flow_error(FLOW_EINVAL, 0, "flow_%s: %s",
                                                  name, advice));
}

flow_stage *flow__answered(flow_stage *out, flow_stage *s)
{
    if (s == NULL)
        s = flow__misused(out->type->name, NULL, "its function answered NULL; "
                          "for no values answer flow_list(NULL, 0)");
    flow_read_by(s, out);
    return s;
}
