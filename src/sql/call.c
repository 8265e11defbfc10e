/* SPDX-License-Identifier: MIT */
/* See call.h. */
#include "call.h"

#include "base/utf8.h"
#include "base/value.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

/* ---- A call ------------------------------------------------------------- */
void flow__sql_call_begin(struct flow_sql_call *c)
{
    memset(c, 0, sizeof *c);
    c->names = c->block = c->error = flow_none();
}

static void leave_block(struct flow_sql_call *c)
{
    flow_drop(c->block);
    c->block = flow_none();
    c->chars = NULL;
}

/* Rows from `from` on. */
static void drop_rows(struct flow_sql_call *c, struct flow__sql_half *h,
                      size_t from)
{
    if (from >= h->rows)
        return;                     /* how many columns, nobody knows yet   */
    for (size_t i = from * c->columns; i < h->rows * c->columns; i++)
        flow_drop(h->values[i]);
    h->rows = from;
}

static void empty(struct flow_sql_call *c, struct flow__sql_half *h)
{
    drop_rows(c, h, h->next);
    h->rows = h->next = 0;
}

void flow__sql_call_forget(struct flow_sql_call *c)
{
    empty(c, &c->halves[0]);
    empty(c, &c->halves[1]);
    c->given = c->taken = false;
    c->bytes = 0;
    leave_block(c);
}

void flow__sql_call_end(struct flow_sql_call *c)
{
    flow__sql_call_forget(c);
    for (int i = 0; i < 2; i++)
        flow_free(c->halves[i].values,
                  c->halves[i].room * sizeof *c->halves[i].values);
    if (c->text != NULL)
        flow_free(c->text, c->text_size);
    flow__sql_call_drop_values(c);
    flow_free(c->values, c->values_room * sizeof *c->values);
    flow_drop(c->names);
    flow_drop(c->error);
}

struct flow_sql_call *flow__sql_call_new(void)
{
    struct flow_sql_call *c = flow_alloc(sizeof *c);

    if (c != NULL)
        flow__sql_call_begin(c);
    return c;
}

void flow__sql_call_free(struct flow_sql_call *c)
{
    if (c == NULL)
        return;
    flow__sql_call_end(c);
    flow_free(c, sizeof *c);
}

bool flow__sql_call_set(struct flow_sql_call *c, flow__sql_order order,
                        const char *text, size_t len, size_t n)
{
    c->order = order;
    c->text_size = len + 1;
    c->text = flow_alloc(c->text_size);
    if (c->text == NULL)
        return false;
    memcpy(c->text, text, len);
    c->text[len] = '\0';
    if (n == 0)
        return true;
    c->values = flow_alloc(n * sizeof *c->values);
    if (c->values == NULL)
        return false;
    c->values_room = n;
    return true;
}

void flow__sql_call_drop_values(struct flow_sql_call *c)
{
    while (c->n > 0)
        flow_drop(c->values[--c->n]);
}

void flow__sql_call_order(struct flow_sql_call *c, flow__sql_order order)
{
    flow__sql_call_forget(c);
    flow_drop(c->error);
    c->error = flow_none();
    c->order = order;
}

flow_value flow__sql_call_take_error(struct flow_sql_call *c)
{
    flow_value error = c->error;

    c->error = flow_none();
    return error;
}

/* ---- Values that are sent ----------------------------------------------- */
flow_value flow__sql_check(const flow_value *v, const char *what, size_t i)
{
    size_t n;
    const char *s = flow_chars(v, &n);

    switch ((flow_kind)v->kind) {
    case FLOW_NONE: case FLOW_BOOL: case FLOW_INT: case FLOW_REAL:
    case FLOW_BYTES:
        return flow_none();
    case FLOW_TEXT:
        return flow__is_utf8(s, n) ? flow_none()
             : flow_error(FLOW_EFORMAT, 0, "%s %zu is a text that is not UTF-8;"
                          " send it as bytes, or repair it", what, i);
    case FLOW_ERROR:
        if (flow_is_failure(*v))
            return flow_share(*v);
        break;
    case FLOW_LIST: case FLOW_TUPLE: case FLOW_BOX:
        break;
    }
    return flow_error(FLOW_EINVAL, 0, "%s %zu is neither a number, nor text, "
                      "nor bytes, nor none", what, i);
}

/* ---- Rows --------------------------------------------------------------- */
bool flow_sql_has_failed(const flow_sql_call *c)
{
    return c->error.kind == FLOW_ERROR;
}

static size_t filled(const struct flow_sql_call *c)
{
    return c->halves[c->filling].rows;
}

/* Takes the error. Rows from `good` on are not to be had. */
static flow_status fail_after(struct flow_sql_call *c, size_t good,
                              flow_value error)
{
    if (flow_sql_has_failed(c)) {
        flow_drop(error);
    } else {
        c->error = error;
        c->good = good;
    }
    return FLOW_FAILED;
}

static void fail_this_row(struct flow_sql_call *c, flow_value error)
{
    size_t rows = filled(c);

    fail_after(c, rows > 0 ? rows - 1 : 0, error);
}

static void is_out_of_memory(struct flow_sql_call *c)
{
    fail_after(c, filled(c), flow_error(FLOW_ENOMEM, 0, "no memory for rows"));
}

/* A TUPLE of n places and `more` behind them; NULL without memory. */
static struct flow__list *new_tuple(size_t n, size_t more, flow_value *out)
{
    struct flow__list *l = flow_alloc(sizeof *l
                                      + (n + more) * sizeof *l->items);

    if (l == NULL)
        return NULL;
    l->held.refs = 1;
    l->size = l->left = n + more;
    *out = flow_none();
    out->kind = FLOW_TUPLE;
    out->size = (uint32_t)n;
    out->as.held = &l->held;
    return l;
}

static void set_none(flow_value *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        v[i] = flow_none();
}

flow_value *flow_sql_columns(flow_sql_call *c, size_t n)
{
    struct flow__list *l;

    flow_drop(c->names);
    c->names = flow_none();
    l = new_tuple(n, 0, &c->names);
    if (l == NULL) {
        is_out_of_memory(c);
        return NULL;
    }
    c->columns = n;
    set_none(l->items, n);
    return l->items;
}

bool flow_sql_has_columns(const flow_sql_call *c)
{
    return c->names.kind != FLOW_NONE;
}

bool flow_sql_given_up(const flow_sql_call *c)
{
    return atomic_load_explicit(&c->given_up, memory_order_relaxed);
}

/* Changes every few milliseconds, and is cheap to have. */
static long tick(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return t.tv_nsec;
}

/* Rows that come slowly are not kept until there are many. */
bool flow_sql_full(const flow_sql_call *c)
{
    size_t rows = filled(c);

    return rows >= c->most || c->bytes >= FLOW__ROWS_BYTES
        || flow_sql_has_failed(c)
        || (c->blocks && rows > 0 && tick() != c->tick);
}

/* Of one more row, in the half that is being filled. */
static bool has_room(struct flow_sql_call *c)
{
    struct flow__sql_half *h = &c->halves[c->filling];
    size_t room = c->most * c->columns;
    flow_value *values;

    if ((h->rows + 1) * c->columns <= h->room)
        return true;
    if (room <= h->room)
        room = 2 * h->room;
    values = flow_resize(h->values, h->room * sizeof *values,
                         room * sizeof *values);
    if (values == NULL)
        return false;
    h->values = values;
    h->room = room;
    return true;
}

flow_value *flow_sql_row(flow_sql_call *c)
{
    struct flow__sql_half *h = &c->halves[c->filling];
    flow_value *places;

    if (flow_sql_has_failed(c))
        return NULL;
    if (!has_room(c)) {
        is_out_of_memory(c);
        return NULL;
    }
    if (c->blocks && h->rows == 0)
        c->tick = tick();
    places = h->values + h->rows++ * c->columns;
    set_none(places, c->columns);
    return places;
}

void flow_sql_drop_row(flow_sql_call *c)
{
    struct flow__sql_half *h = &c->halves[c->filling];

    if (h->rows > 0)
        drop_rows(c, h, h->rows - 1);
    if (c->good > h->rows)
        c->good = h->rows;
}

bool flow__sql_call_give(struct flow_sql_call *c)
{
    struct flow__sql_half *h = &c->halves[c->filling];

    if (atomic_load_explicit(&c->given, memory_order_acquire))
        return false;
    if (flow_sql_has_failed(c))
        drop_rows(c, h, c->good);
    if (h->rows == 0)
        return false;
    if (c->blocks && h->rows >= c->most && c->most < FLOW__ROWS)
        c->most *= 2;               /* they come fast                       */
    c->bytes = 0;
    leave_block(c);
    c->filling = !c->filling;
    atomic_store_explicit(&c->given, true, memory_order_release);
    return true;
}

size_t flow__sql_call_take(struct flow_sql_call *c)
{
    c->taken = atomic_load_explicit(&c->given, memory_order_acquire);
    if (c->taken)
        c->reading = !c->filling;
    return flow__sql_call_left(c);
}

void flow__sql_call_leave(struct flow_sql_call *c)
{
    if (!c->taken)
        return;
    empty(c, &c->halves[c->reading]);
    c->taken = false;
    atomic_store_explicit(&c->given, false, memory_order_release);
}

size_t flow__sql_call_left(const struct flow_sql_call *c)
{
    const struct flow__sql_half *h = &c->halves[c->reading];

    return c->taken ? h->rows - h->next : 0;
}

size_t flow__sql_call_read(struct flow_sql_call *c, flow_value *to)
{
    struct flow__sql_half *h = &c->halves[c->reading];
    size_t n = 0;

    for (; n < FLOW__TUPLES && h->next < h->rows; n++) {
        struct flow__list *l = new_tuple(c->columns, 1, &to[n]);

        if (l == NULL)
            break;
        memcpy(l->items, h->values + h->next++ * c->columns,
               c->columns * sizeof *l->items);
        l->items[c->columns] = flow_share(c->names);
    }
    return n;
}

/* ---- Values of rows ----------------------------------------------------- */
/* Small ones lie side by side in a block. */
static flow_value copy_small(struct flow_sql_call *c, const char *s, size_t len)
{
    flow_value v;

    if (c->chars == NULL || len > FLOW__TEXT_BLOCK - c->used) {
        leave_block(c);
        c->block = flow_buffer(FLOW__TEXT_BLOCK, &c->chars);
        c->used = 0;
        if (c->chars == NULL)
            return c->block;
    }
    memcpy(c->chars + c->used, s, len);
    v = flow__slice_near(c->block, c->used, len);
    c->used += len;
    return v;
}

static flow_value copy(struct flow_sql_call *c, flow_kind kind, const char *s,
                       size_t len)
{
    flow_value v;

    c->bytes += len;
    if (len == 0) {
        v = flow_literal("");
    } else if (len <= FLOW__TEXT_BLOCK / 8) {
        v = copy_small(c, s, len);
    } else {
        v = flow_bytes(s, len);
    }
    if (flow_is_failure(v)) {
        fail_this_row(c, v);
        return flow_none();
    }
    v.kind = (uint8_t)kind;
    return v;
}

flow_value flow_sql_bytes(flow_sql_call *c, const void *p, size_t len)
{
    return copy(c, FLOW_BYTES, p, len);
}

flow_value flow_sql_text(flow_sql_call *c, const char *chars, size_t len)
{
    if (flow__is_utf8(chars, len))
        return copy(c, FLOW_TEXT, chars, len);
    fail_this_row(c, flow_error(FLOW_EFORMAT, 0, "a text of the result is not "
                                "UTF-8: cast it to bytes in the query"));
    return flow_none();
}

void flow_sql_changed(flow_sql_call *c, int64_t n)
{
    c->changed = n;
}

/* ---- Waiting and failing ------------------------------------------------ */
flow_status flow_sql_wait(flow_sql_call *c, int fd, int events)
{
    c->fd = fd;
    c->events = events;
    return FLOW_WAIT;
}

/* Databases end their messages in different ways. */
static size_t without_end(char *text, size_t n)
{
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
        n--;
    return n;
}

flow_status flow_sql_fail(flow_sql_call *c, const char *state,
                          const char *format, ...)
{
    char text[1024];                /* longer messages are cut              */
    va_list args;
    int n;

    if (flow_sqlstate(state) == 0)
        state = "HY000";
    va_start(args, format);
    n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    n = n < 0 ? 0 : n < (int)sizeof text ? n : (int)sizeof text - 1;
    return flow_sql_raise(c, flow_error(FLOW_ESQL, flow_sqlstate(state),
                                        "%.*s (SQLSTATE %s)",
                                        (int)without_end(text, (size_t)n), text,
                                        state));
}

flow_status flow_sql_raise(flow_sql_call *c, flow_value error)
{
    return fail_after(c, filled(c), error);
}
