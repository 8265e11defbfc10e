/* SPDX-License-Identifier: MIT */
#include "frame.h"
#include "set.h"

#include <string.h>

struct delimiting {
    flow_stage *source;             /* first: flow_first_input              */
    flow_value delimiter;
};

static flow_value with_delimiter(void *self, flow_value v)
{
    const struct delimiting *d = self;
    size_t len;

    v = flow__as_bytes("add_delimiter", v);
    if (flow_is_failure(v))
        return v;

    const char *chars = flow_chars(&d->delimiter, &len);

    return flow__between(v, false, "", 0, chars, len);
}

static flow_status delimiting_fill(void *self, flow_stage *out, flow_waker *w)
{
    return flow__change_each(*(flow_stage **)self, out, w, with_delimiter,
                             self);
}

static void delimiting_close(void *self)
{
    flow_drop(((struct delimiting *)self)->delimiter);
}

static const flow_type delimiting_type = {
    .name = "add_delimiter", .size = sizeof(struct delimiting),
    .fill = delimiting_fill, .close = delimiting_close,
    .inputs = flow_first_input
};

flow_stage *(flow_add_delimiter)(flow_stage *s, const char *delimiter)
{
    struct delimiting d = { .source = s };

    if (delimiter == NULL)
        return flow__misused("add_delimiter", s,
                                      "give a delimiter, not NULL");
    d.delimiter = flow_text(delimiter, strlen(delimiter));
    return flow_is_failure(d.delimiter)
           ? flow__refused("add_delimiter", s, d.delimiter)
           : flow_stage_new(&delimiting_type, &d);
}
