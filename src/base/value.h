/* SPDX-License-Identifier: MIT */
/* What values are made of, for the files that make, read and free them. */
#ifndef FLOW_BASE_VALUE_H
#define FLOW_BASE_VALUE_H

#include <flow/flow.h>

enum { FLOW__DEEPEST = 100 };       /* lists in lists are looked into       */
enum { FLOW__TRACE_KEPT = 12 };     /* nearest to where it was raised       */

struct flow__buffer {
    struct flow__held held;
    size_t size;                    /* of the characters                    */
    char chars[];
};

struct flow__far {
    struct flow__held held;
    const char *chars;
    flow_value owner;               /* a text or bytes of the whole buffer  */
};

struct flow__list {
    struct flow__held held;
    size_t size;
    size_t left;                    /* items that are still in it           */
    flow_value items[];
};

struct flow__box {
    struct flow__held held;
    const flow_class *class;
    void *object;
};

struct flow__error {
    struct flow__held held;
    int code;
    const flow_error_class *class;
    flow_value cause;
    size_t size;                    /* of the whole                         */
    uint32_t steps;                 /* of the trace, also those not kept    */
    struct { const char *name, *where; } trace[FLOW__TRACE_KEPT];
    const char *message;            /* follows in the same allocation       */
};

static inline bool flow__is_text(const flow_value *v)
{
    return v->kind == FLOW_TEXT || v->kind == FLOW_BYTES;
}

static inline bool flow__is_list(const flow_value *v)
{
    return v->kind == FLOW_LIST || v->kind == FLOW_TUPLE;
}

/* NULL: not far. */
static inline struct flow__far *flow__far_of(const flow_value *v)
{
    return v->back == FLOW__BACK_FAR ? (struct flow__far *)(void *)v->as.held
                                     : NULL;
}

static inline struct flow__list *flow__list_of(const flow_value *v)
{
    return (struct flow__list *)(void *)v->as.held;
}

static inline struct flow__box *flow__box_of(const flow_value *v)
{
    return (struct flow__box *)(void *)v->as.held;
}

/* NULL: no error. */
static inline struct flow__error *flow__error_of(const flow_value *v)
{
    return v->kind == FLOW_ERROR ? (struct flow__error *)(void *)v->as.held
                                 : NULL;
}

/* The error that needs no memory. */
extern const flow_value flow__no_memory;
static inline flow_value flow__no_memory_error(void)
{
    return flow__no_memory;
}

#pragma GCC visibility push(default)        /* for the other libraries      */

/* Adds a line to an error's trace: who it came through (NULL: where it was
 * raised) and where that was made. Both are borrowed for ever. */
void flow__error_through(flow_value *error, const char *name,
                         const char *where);

#pragma GCC visibility pop

#endif
