/* SPDX-License-Identifier: MIT */
/* See describe.h. */
#include "describe.h"

#include "stage.h"

#include <stdio.h>

static size_t add(char *text, size_t size, size_t at, const char *format,
                  const char *s)
{
    int n = at < size ? snprintf(text + at, size - at, format, s) : 0;

    return at + (size_t)(n > 0 ? n : 0);
}

/* The input that keeps s waiting: of a generator the one it asked last. */
static flow_stage *waiting_input(flow_stage *s)
{
    flow_stage **list;
    size_t n;

    if (flow__is_generator(s) && ((flow_gen *)s)->asks != NULL)
        return ((flow_gen *)s)->asks;
    n = flow__inputs(s, &list);
    for (size_t i = 0; i < n; i++)
        if (list[i] != NULL && list[i]->status == FLOW_WAIT)
            return list[i];
    return NULL;
}

void flow__describe(flow_stage *s, char *text, size_t size)
{
    size_t at = 0;

    text[0] = 0;
    for (; s != NULL && at < size; s = waiting_input(s)) {
        at = add(text, size, at, at > 0 ? " < %s" : "%s", s->name);
        if (s->waits != NULL) {
            add(text, size, at, " (waits for %s)", s->waits);
            return;
        }
    }
}
