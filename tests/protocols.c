/* SPDX-License-Identifier: MIT */
/* See protocols.h. */
#include "protocols.h"

#include <string.h>

flow_stage *saying(const char *text)
{
    return flow_once(flow_literal(text));
}

flow_stage *echo(flow_stage *received, void *arg)
{
    (void)arg;
    return received;
}

static void put_brackets(flow_gen *self, flow_stage *lines, void *arg)
{
    flow_value v;
    bool more = true;

    (void)arg;
    while (more && flow_next(self, lines, &v)) {
        size_t n;
        const char *s = flow_chars(&v, &n);

        if (n == 4 && memcmp(s, "fail", 4) == 0) {
            flow_fail(self, FLOW_EFORMAT, 0, "told to");
            more = false;
        } else {
            more = flow_yield(self, flow_textf("<%.*s>", (int)n, s))
                && !(n == 3 && memcmp(s, "bye", 3) == 0);
        }
        flow_drop(v);
    }
}

flow_stage *brackets(flow_stage *received, void *arg)
{
    return flow_generate(put_brackets, flow_lines(received), arg);
}
