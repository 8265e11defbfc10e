/* SPDX-License-Identifier: MIT */
/* Server-sent events, as WHATWG has them (HTML, 9.2). Each is one piece, so
 * that it is sent when it comes. No line of the data can become one of another
 * kind, as each has its name in front; all three ends of a line are one. */
#include "request.h"

#include <string.h>

/* Seconds of silence before a comment is sent, by which a client that has gone
 * is noticed and others on the way keep the connection. */
enum { SILENCE = 15 };

static const char comment[] = ":\n\n";

/* ---- Writing ------------------------------------------------------------- */
/* Written twice: first to nowhere, to learn its size. */
struct writer { char *to; size_t n; };

static void put(struct writer *w, const char *s, size_t n)
{
    if (w->to != NULL)
        memcpy(w->to + w->n, s, n);
    w->n += n;
}

static void put_line(struct writer *w, const char *name, const char *s,
                     size_t n)
{
    put(w, name, strlen(name));
    put(w, s, n);
    put(w, "\n", 1);
}

/* NONE: no line. */
static void put_field(struct writer *w, const char *name, const flow_value *v)
{
    size_t n;
    const char *s = flow_chars(v, &n);

    if (s != NULL)
        put_line(w, name, s, n);
}

/* Bytes before the first end of a line; n: there is none. */
static size_t line_of(const char *s, size_t n)
{
    size_t size = 0;

    while (size < n && s[size] != '\r' && s[size] != '\n')
        size++;
    return size;
}

static void put_data(struct writer *w, const flow_value *data)
{
    size_t n, size;
    const char *s = flow_chars(data, &n);

    while ((size = line_of(s, n)) < n) {
        put_line(w, "data: ", s, size);
        size += n - size > 1 && s[size] == '\r' && s[size + 1] == '\n' ? 2 : 1;
        s += size;
        n -= size;
    }
    put_line(w, "data: ", s, n);
}

/* ---- Events -------------------------------------------------------------- */
struct event { flow_value name, data, id; };

static void put_event(struct writer *w, const struct event *e)
{
    put_field(w, "event: ", &e->name);
    put_field(w, "id: ", &e->id);
    put_data(w, &e->data);
    put(w, "\n", 1);
}

static bool is_text_or_none(const flow_value *v)
{
    return v->kind == FLOW_TEXT || v->kind == FLOW_NONE;
}

/* What it says is borrowed from v. */
static bool is_event(const flow_value *v, struct event *e)
{
    size_t n;
    const flow_value *items = flow_items(v, &n);

    *e = (struct event){ flow_none(), *v, flow_none() };
    if (v->kind == FLOW_TUPLE && (n == 2 || n == 3)) {
        e->name = items[0];
        e->data = items[1];
        e->id = n == 3 ? items[2] : flow_none();
    }
    return e->data.kind == FLOW_TEXT && is_text_or_none(&e->name)
        && is_text_or_none(&e->id);
}

/* A zero in an id would have the client ignore it. */
static bool is_one_line(const flow_value *v)
{
    size_t n;
    const char *s = flow_chars(v, &n);

    return s == NULL
        || (line_of(s, n) == n && memchr(s, '\0', n) == NULL);
}

/* Of a value, which it takes. */
static flow_value piece_of(flow_value v)
{
    struct writer w = { 0 };
    struct event e;
    flow_value piece;

    if (!is_event(&v, &e)) {
        piece = flow_error(FLOW_EINVAL, 0, "an event must be a text, or a "
                           "tuple (event, data) or (event, data, id) of texts");
    } else if (!is_one_line(&e.name) || !is_one_line(&e.id)) {
        piece = flow_error(FLOW_EINVAL, 0, "the name and the id of an event "
                           "must be one line, without a zero");
    } else {
        put_event(&w, &e);
        piece = flow_buffer(w.n, &w.to);
        w.n = 0;
        if (w.to != NULL)
            put_event(&w, &e);
    }
    flow_drop(v);
    return piece;
}

/* ---- Answering ----------------------------------------------------------- */
void flow_answer_events(flow_gen *self, flow_request *r, flow_stage *events)
{
    flow_value v = flow_literal(comment);

    flow_answer_header(r, "Content-Type", "text/event-stream");
    flow_answer_header(r, "Cache-Control", "no-store");
    while (flow_yield(self, v))
        switch (flow_select(self, FLOW_CASES(flow_when_next(events, &v),
                                             flow_when_timeout(SILENCE)))) {
        case 0:
            v = piece_of(v);
            break;
        case 1:
            v = flow_literal(comment);
            break;
        default:
            flow_close(events);
            return;
        }
    flow_close(events);
}

const char *flow_request_last_event_id(const flow_request *r)
{
    return flow_request_header(r, "Last-Event-ID");
}
