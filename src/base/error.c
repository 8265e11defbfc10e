/* SPDX-License-Identifier: MIT */
/* Errors. One allocation holds all of an error; that for want of memory is made
 * beforehand, so that reporting it cannot fail. */
#include "memory.h"
#include "value.h"

#include <stdarg.h>
#include <string.h>

#define X(name, says, base) const flow_error_class name[1] = {{ says, base }};
FLOW_ERRORS(X)
#undef X

static struct flow__error no_memory = {
    .held = { FLOW__FOR_EVER }, .class = FLOW_ENOMEM,
    .message = "out of memory"
};

const flow_value flow__no_memory = {
    FLOW_ERROR, 0, 0, { .held = &no_memory.held }
};

static flow_value error_value(struct flow__error *e)
{
    flow_value v = { FLOW_ERROR, 0, 0, { 0 } };

    v.as.held = &e->held;
    return v;
}

static flow_value make(const flow_error_class *c, int code, const char *after,
                       const char *why, va_list args)
{
    size_t more = after != NULL ? strlen(after) + 2 : 0;
    struct flow__error *e;
    va_list again;
    size_t size;
    char *text;
    int n;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, why, again);
    va_end(again);
    if (n < 0)
        n = 0;
    size = sizeof *e + (size_t)n + more + 1;
    e = c == FLOW_ENOMEM ? NULL : flow_alloc(size);
    if (e == NULL)
        return flow__no_memory_error();
    memset(e, 0, sizeof *e);
    e->held.refs = 1;
    e->code = code;
    e->class = c != NULL ? c : FLOW_EANY;
    e->size = size;
    e->message = text = (char *)(e + 1);
    text[0] = 0;
    vsnprintf(text, (size_t)n + 1, why, args);
    if (after != NULL)
        snprintf(text + n, more + 1, ": %s", after);
    return error_value(e);
}

flow_value flow_error(const flow_error_class *c, int code, const char *why, ...)
{
    va_list args;
    flow_value v;

    va_start(args, why);
    v = make(c, code, NULL, why, args);
    va_end(args);
    return v;
}

flow_value flow_system_error(int code, const char *why, ...)
{
    char text[128];
    va_list args;
    flow_value v;

    va_start(args, why);
    v = make(FLOW_ESYSTEM, code, strerror_r(code, text, sizeof text), why,
             args);
    va_end(args);
    return v;
}

flow_value flow_because(flow_value error, flow_value cause)
{
    struct flow__error *e = flow__error_of(&error);

    if (e == NULL || e->held.refs != 1 || cause.kind == FLOW_NONE) {
        flow_drop(cause);
        return error;
    }
    flow_drop(e->cause);
    e->cause = flow_settle(cause);
    return error;
}

flow_value flow_settle(flow_value error)
{
    if (error.kind == FLOW_ERROR)
        error.back = 1;
    return error;
}

void flow__error_through(flow_value *error, const char *name,
                         const char *where)
{
    struct flow__error *e = flow__error_of(error);

    if (e == NULL || e->held.refs == FLOW__FOR_EVER)
        return;
    if (e->steps < FLOW__TRACE_KEPT) {
        e->trace[e->steps].name = name;
        e->trace[e->steps].where = where;
    }
    e->steps++;
}

/* ---- Looking ----------------------------------------------------------- */
bool flow_is(const flow_value *v, const flow_error_class *c)
{
    const struct flow__error *e = flow__error_of(v);

    for (const flow_error_class *k = e != NULL ? e->class : NULL; k != NULL;
         k = k->base)
        if (k == c)
            return true;
    return false;
}

int flow_code(const flow_value *v)
{
    return flow__error_of(v) != NULL ? flow__error_of(v)->code : 0;
}

const char *flow_message(const flow_value *v)
{
    return flow__error_of(v) != NULL ? flow__error_of(v)->message : "";
}

const flow_value *flow_cause(const flow_value *v)
{
    const struct flow__error *e = flow__error_of(v);

    return e != NULL && e->cause.kind != FLOW_NONE ? &e->cause : NULL;
}

const flow_error_class *flow_class_of(const flow_value *v)
{
    return flow__error_of(v) != NULL ? flow__error_of(v)->class : NULL;
}

void flow_print_trace(FILE *to, const flow_value *error)
{
    for (const struct flow__error *e = flow__error_of(error); e != NULL;
         e = flow__error_of(&e->cause)) {
        fprintf(to, "%s: %s\n", e->class->name, e->message);
        for (uint32_t i = 0; i < e->steps && i < FLOW__TRACE_KEPT; i++)
            if (e->trace[i].name == NULL)
                fprintf(to, "    raised at %s\n", e->trace[i].where);
            else
                fprintf(to, "    through %s, made at %s\n", e->trace[i].name,
                        e->trace[i].where != NULL ? e->trace[i].where : "?");
        if (e->steps > FLOW__TRACE_KEPT)
            fprintf(to, "    and through %u more\n",
                    e->steps - FLOW__TRACE_KEPT);
        if (e->cause.kind == FLOW_ERROR)
            fputs("because of ", to);
    }
}
