/* SPDX-License-Identifier: MIT */
/* Values and errors: what travels through a flow.
 *
 * A value is 16 bytes and is passed by value. Small kinds are in place; text,
 * bytes, lists, boxes and errors are counted, and moved: whoever holds one
 * hands it on or drops it. Read the small kinds directly: v.kind, v.as.num.
 *
 * Values belong to one thread at a time, and so do those that share a buffer.
 */
#ifndef FLOW_FLOW_H
#include <flow/flow.h>      /* the chapters are read together */
#endif
#ifndef FLOW_VALUE_H
#define FLOW_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef enum flow_kind {
    FLOW_NONE, FLOW_BOOL, FLOW_INT, FLOW_REAL,              /* in place     */
    FLOW_TEXT, FLOW_BYTES,                                  /* UTF-8; any   */
    FLOW_LIST, FLOW_TUPLE, FLOW_BOX, FLOW_ERROR
} flow_kind;

typedef struct flow_value {
    uint32_t kind : 8;              /* a flow_kind                          */
    uint32_t back : 24;             /* the library's                        */
    uint32_t size;                  /* bytes of text, items of a list       */
    union {
        bool yes;
        int64_t num;
        double real;
        const char *chars;          /* read these with flow_chars           */
        struct flow__held *held;
    } as;
} flow_value;

/* ---- Making ------------------------------------------------------------ */
static inline flow_value flow_none(void);
static inline flow_value flow_bool(bool yes);
static inline flow_value flow_int(int64_t n);
static inline flow_value flow_real(double x);
static inline flow_value flow_literal(const char *s);   /* never freed      */
flow_value flow_text(const char *s, size_t len);        /* copies           */
flow_value flow_textf(const char *format, ...)          /* as printf        */
    __attribute__((format(printf, 1, 2)));
flow_value flow_bytes(const void *p, size_t len);       /* copies           */

/* Bytes of that length, to be filled through *p before anyone else sees them;
 * *p is NULL when there was no memory. */
flow_value flow_buffer(size_t len, char **p);

/* Part of a text or bytes; shares its buffer. Bounds are cut to what is there.
 */
flow_value flow_slice(const flow_value *v, size_t from, size_t len);

/* Takes the n items. More than UINT32_MAX fail with FLOW_ELIMIT, and none is
 * taken. FLOW_VALUES writes the pair. */
flow_value flow_pack(const flow_value *items, size_t n);        /* a LIST   */
flow_value flow_tuple(const flow_value *items, size_t n);

/* An object of yours. Each function may be NULL; release is called once, also
 * when there was no memory for the value. compare answers as strcmp does. */
typedef struct flow_class {
    const char *name;
    void (*release)(void *p);
    int (*compare)(const void *a, const void *b);
    uint64_t (*hash)(const void *p);
    int (*print)(FILE *to, const void *p);
} flow_class;
flow_value flow_box(const flow_class *c, void *p);              /* takes p  */

/* flow_of(x) makes a value of a number, a bool, a value, or a pointer to char,
 * which it takes for a literal: the characters must stay for ever. Copy others
 * with flow_text or flow_textf. FLOW_VALUES makes its items by it. */

/* ---- Owning ------------------------------------------------------------ */
static inline flow_value flow_share(flow_value v);  /* one more owner       */
static inline void flow_drop(flow_value v);         /* one less             */

/* ---- Looking; what they give is borrowed from v ------------------------
 * NULL, and 0 of them, if v is not of that kind. The count goes nowhere if its
 * place is NULL. Characters are not ended by 0: print them with "%.*s". */
static inline const char *flow_chars(const flow_value *v, size_t *len);
const flow_value *flow_items(const flow_value *v, size_t *n);
void *flow_unbox(const flow_value *v, const flow_class *c);
bool flow_true(const flow_value *v);    /* not none, false, 0, or empty      */

/* A total order over all values: numbers by size, text and bytes by content,
 * lists by their items, otherwise by kind. Values that compare 0 hash alike.
 * Lists more than 100 deep in others are only equal to themselves. */
int flow_compare(const flow_value *a, const flow_value *b);
uint64_t flow_hash(const flow_value *v);

/* Prints v and a newline, and takes v. */
int flow_print(FILE *to, flow_value v);
/* Prints v alone, which stays yours; in lists and tuples text is quoted:
 * [1, 'two', (3, None)]. */
int flow_write(FILE *to, const flow_value *v);

/* ---- Errors ----------------------------------------------------------------
 * An error has a class, for trapping, a code whose meaning is the class's own
 * (0 where there is none), a message, perhaps a cause, and the trace of the
 * stages it came through. Classes of your own:
 *
 *     static const flow_error_class IO_ERROR[1] = {{ "IOError", FLOW_EANY }};
 */
typedef struct flow_error_class {
    const char *name;
    const struct flow_error_class *base;
} flow_error_class;

#define FLOW_ERRORS(X)                                                       \
    X(FLOW_EANY,       "Error",       NULL)      /* every error             */ \
    X(FLOW_ENOMEM,     "NoMemory",    FLOW_EANY)                             \
    X(FLOW_EINVAL,     "Invalid",     FLOW_EANY) /* a wrong argument        */ \
    X(FLOW_ELIMIT,     "Limit",       FLOW_EANY) /* more than allowed       */ \
    X(FLOW_EFORMAT,    "Format",      FLOW_EANY) /* malformed input         */ \
    X(FLOW_ECANCELLED, "Cancelled",   FLOW_EANY)                             \
    X(FLOW_ETIMEOUT,   "Timeout",     FLOW_EANY)                             \
    X(FLOW_ESTUCK,     "Stuck",       FLOW_EANY) /* nothing can wake it     */ \
    X(FLOW_ENESTED,    "Nested",      FLOW_EANY) /* block inside a flow     */ \
    X(FLOW_ESYSTEM,    "SystemError", FLOW_EANY) /* code: an errno          */
#define X(name, says, base) extern const flow_error_class name[1];
FLOW_ERRORS(X)
#undef X

/* A new error; it fails whatever flow it is given to. */
flow_value flow_error(const flow_error_class *c, int code, const char *why, ...)
    __attribute__((format(printf, 3, 4)));
/* FLOW_ESYSTEM with that errno, its text added to the message. */
flow_value flow_system_error(int code, const char *why, ...)
    __attribute__((format(printf, 2, 3)));
flow_value flow_because(flow_value error, flow_value cause);   /* takes both */

/* An error made an ordinary value, "settled": it may be given, yielded and
 * kept. What flow_catch and flow_trap hand out are such. flow_raise makes it
 * fail again. */
flow_value flow_settle(flow_value error);                      /* takes it  */
static inline bool flow_is_failure(flow_value v);   /* an unsettled ERROR */

bool        flow_is(const flow_value *v, const flow_error_class *c);
int         flow_code(const flow_value *v);             /* 0: no error      */
const char *flow_message(const flow_value *v);          /* "": no error     */
const flow_value *flow_cause(const flow_value *v);      /* NULL: none       */
const flow_error_class *flow_class_of(const flow_value *v); /* NULL: no error */

/* Prints an error whole: class, message, the stages it came through, causes. */
void flow_print_trace(FILE *to, const flow_value *error);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
