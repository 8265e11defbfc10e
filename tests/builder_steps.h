/* SPDX-License-Identifier: MIT */
/* Steps for builders to be tested with, and the story that they tell. */
#ifndef FLOW_TEST_BUILDER_STEPS_H
#define FLOW_TEST_BUILDER_STEPS_H

#include "operator_functions.h"

#include <flow/builder.h>

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- What happened, in order ------------------------------------------- */
static struct { char text[512]; size_t n; } story;

static inline void begin_story(void)
{
    story.text[story.n = 0] = '\0';
}

__attribute__((format(printf, 1, 2)))
static inline void tell(const char *format, ...)
{
    size_t room = sizeof story.text - story.n;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(story.text + story.n, room, format, args);
    va_end(args);
    if (n > 0)
        story.n += (size_t)n < room ? (size_t)n : room - 1;
}

#define STORY_IS(wanted) CHECK(strcmp(story.text, wanted) == 0)

static inline void tell_value(const char *before, const flow_value *v)
{
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);

    flow_write(to, v);
    fclose(to);
    tell("%s%s ", before, text);
    free(text);
}

/* ---- Steps to test with ------------------------------------------------ */
/* Tells its value with the text that is its arg. */
static inline flow_value told(flow_value v, void *arg)
{
    tell_value(arg, &v);
    return v;
}

/* What it tells first. */
static char finish[] __attribute__((unused)) = "finish:";
static char flush[] __attribute__((unused)) = "flush:";
static char saw[] __attribute__((unused)) = "";

/* The numbers 1 to v, by a generator. */
static inline void counts_to(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    if (!flow_next(self, source, &v))
        return;
    for (int64_t n = 1; n <= v.as.num && flow_yield(self, n); n++)
        ;
}

static inline flow_stage *up_to(flow_value v, void *arg)
{
    (void)arg;
    return flow_generate(counts_to, flow_once(v), NULL);
}

static inline flow_stage *script_of(flow_value v, void *arg)
{
    flow_drop(v);
    return script(arg);
}

static inline flow_value fails(flow_value v, void *arg)
{
    flow_drop(v);
    return flow_error(FLOW_EINVAL, 0, "%s", (const char *)arg);
}

static char no[] __attribute__((unused)) = "no";

/* Numbers what comes: (1, 5) (2, 7) ... */
static inline flow_value numbered(flow_value *so_far, flow_value next,
                                  void *arg)
{
    (void)arg;
    *so_far = flow_int(so_far->as.num + 1);
    return flow_tuple(FLOW_VALUES(*so_far, next));
}

static inline flow_stage *executes(flow_builder *b, int n)
{
    flow_stage *s = flow_builder_execute(b, flow_int(n));

    flow_builder_release(b);
    return s;
}

static inline flow_value add_one(flow_value v, void *arg)
{
    (void)arg;
    return flow_int(v.as.num + 1);
}

#endif
