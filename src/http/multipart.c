/* SPDX-License-Identifier: MIT */
/* Uploads: a body in parts (multipart/form-data, RFC 7578), read one after the
 * other by one machine, which two stages ask: that of the parts goes on to the
 * next one's head, and that of the body of a part up to its end.
 *
 * What ends a part is the mark: CR LF, two dashes and the boundary. In it is
 * one CR, the first. So if the end of a block looks like the beginning of the
 * mark, and the next block does not go on with it, then all that was met is of
 * the part, and no other mark has begun in it: it is given as a slice of the
 * mark, the rest as slices of the blocks, and nothing is ever copied. */
#include "grammar.h"
#include "part_head.h"
#include "request.h"

#include <string.h>

enum {
    MOST_PARTS = 1000,
    LONGEST_BOUNDARY = 70           /* as RFC 2046 has it                   */
};

enum state {
    IN_BODY,                        /* of a part; before the first: of none */
    BEHIND_MARK,
    IN_HEAD,
    BEHIND_HEAD,
    BEHIND_LAST,
    BROKEN                          /* see `status` and `why`               */
};

struct part_body { struct flow_part *part; };       /* NULL: that is over   */

struct flow_part {
    flow_stage *source;             /* first: flow_first_input              */
    struct flow_request *r;
    enum state state;
    int status;
    const char *why;
    size_t n;                       /* parts that have begun                */

    flow_value mark;
    flow_value block;
    size_t at;                      /* so far it is used                    */
    size_t met;                     /* bytes of the mark, or of what must be
                                       behind it                            */
    bool last;                      /* that was the last mark               */

    struct flow__part_head head;
    size_t kept;                    /* bytes of all texts                   */

    struct part_body *body;         /* the stage, as long as it lives       */
    flow_waker *waker;              /* of who waits for it                  */
    bool body_given;
};

static void fail(struct flow_part *p, int status, const char *why)
{
    p->state = BROKEN;
    p->status = status;
    p->why = why;
}

/* ---- Around the bodies --------------------------------------------------- */
static void begin_head(struct flow_part *p)
{
    p->state = IN_HEAD;
    p->body_given = false;
    flow__part_head_begin(&p->head);
    if (++p->n > MOST_PARTS)
        fail(p, 413, "too many parts");
}

static void read_head(struct flow_part *p, char c)
{
    switch (flow__part_head_add(&p->head, c)) {
    case FLOW__HEAD:
        p->state = BEHIND_HEAD;
        break;
    case FLOW__BAD:
        fail(p, p->head.status, p->head.why);
        break;
    case FLOW__HUNGRY: case FLOW__PIECE: case FLOW__END:
        break;
    }
}

static void read_behind_mark(struct flow_part *p, char c)
{
    if (p->met == 0)
        p->last = c == '-';
    if (c != (p->last ? "--" : "\r\n")[p->met++])
        fail(p, 400, "there is something behind a boundary");
    else if (p->met == 2 && p->last)
        p->state = BEHIND_LAST;
    else if (p->met == 2)
        begin_head(p);
    if (p->met == 2)
        p->met = 0;
}

/* The end of a line may be there. */
static void read_behind_last(struct flow_part *p, char c)
{
    if (p->met == 2 || c != "\r\n"[p->met++])
        fail(p, 400, "there is something behind the last part");
}

static flow_value reason(const struct flow_part *p)
{
    return flow_error(FLOW_EHTTP, p->status, "%s", p->why);
}

/* READY: there is more of the body. DONE: it is all read, and whole. */
static flow_status more(struct flow_part *p, flow_waker *w, flow_value *v)
{
    flow_status st;

    if (p->at < p->block.size)
        return FLOW_READY;
    flow_drop(p->block);
    p->block = flow_none();
    p->at = 0;
    st = flow_pull(p->source, w, v);
    if (st == FLOW_READY)
        p->block = *v;
    if (st != FLOW_DONE || (p->state == BEHIND_LAST && p->met != 1))
        return st;
    fail(p, 400, "the body ends before its last boundary");
    *v = reason(p);
    return FLOW_FAILED;
}

/* ---- Bodies -------------------------------------------------------------- */
static bool met_all(struct flow_part *p, size_t met)
{
    p->met = met;
    if (met < p->mark.size)
        return false;
    p->met = 0;
    p->state = BEHIND_MARK;
    return true;
}

/* A mark had begun. Whether it had not, and what was met is a piece. */
static bool was_no_mark(struct flow_part *p, const char *s, size_t n,
                        flow_value *piece)
{
    const char *mark = flow_chars(&p->mark, NULL);
    size_t left = p->mark.size - p->met;

    if (n > left)
        n = left;
    if (memcmp(s, mark + p->met, n) == 0) {
        p->at += n;
        met_all(p, p->met + n);
        return false;
    }
    *piece = flow_slice(&p->mark, 0, p->met);
    p->met = 0;
    return true;
}

/* How many bytes at the end of a block may be of a mark, which is not in it. */
static size_t may_be_mark(const struct flow_part *p, const char *s, size_t n)
{
    size_t most = n < p->mark.size ? n : p->mark.size - 1;
    const char *end = s + n, *from = memrchr(end - most, '\r', most);
    size_t met = from != NULL ? (size_t)(end - from) : 0;

    return memcmp(end - met, flow_chars(&p->mark, NULL), met) == 0 ? met : 0;
}

/* Whether there is a piece up to where a mark is, or may have begun. */
static bool cut(struct flow_part *p, flow_value *piece)
{
    size_t n, from = p->at, len;
    const char *s = flow_chars(&p->block, &n) + from, *found;

    n -= from;
    if (p->met > 0)
        return was_no_mark(p, s, n, piece);
    found = memmem(s, n, flow_chars(&p->mark, NULL), p->mark.size);
    len = found != NULL ? (size_t)(found - s) : n - may_be_mark(p, s, n);
    p->at += found != NULL ? len + p->mark.size : n;
    met_all(p, p->at - from - len);
    if (len > 0)
        *piece = flow_slice(&p->block, from, len);
    return len > 0;
}

/* Reads on in the body of a part. READY: *piece. DONE: it has ended. */
static flow_status read_body(struct flow_part *p, flow_waker *w,
                             flow_value *piece)
{
    while (p->state == IN_BODY) {
        flow_status st = more(p, w, piece);

        if (st != FLOW_READY)
            return st;
        if (cut(p, piece))
            return flow_is_failure(*piece) ? FLOW_FAILED : FLOW_READY;
    }
    if (p->state != BROKEN)
        return FLOW_DONE;
    *piece = reason(p);
    return FLOW_FAILED;
}

static flow_status body_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct flow_part *p = ((struct part_body *)self)->part;
    flow_value piece;
    flow_status st;

    if (p == NULL)
        return flow_raise_in(out, flow_error(FLOW_EHTTP, 500, "the part of "
                                             "this body is over"));
    st = read_body(p, w, &piece);
    p->waker = st == FLOW_WAIT ? w : NULL;
    if (st == FLOW_WAIT)
        flow_waits_for(out, w, "the rest of the upload");
    if (st == FLOW_READY)
        flow_give(out, piece);
    return flow_pass(out, st, piece);
}

static void body_close(void *self)
{
    struct flow_part *p = ((struct part_body *)self)->part;

    if (p == NULL)
        return;
    p->body = NULL;
    p->waker = NULL;
}

static const flow_type body_type = {
    .name = "part", .size = sizeof(struct part_body), .fill = body_fill,
    .close = body_close
};

flow_stage *(flow_part_body)(flow_part *p)
{
    flow_stage *s;

    if (p->body_given)
        return flow_failed(flow_error(FLOW_EINVAL, 0, "the body of a part can "
                                      "be read once"));
    p->body_given = true;
    s = flow_stage_new(&body_type, &(struct part_body){ p });
    if (s->type == &body_type)              /* there was memory             */
        p->body = flow_self(s);
    return s;
}

/* Whoever still reads it has no more. */
static void leave_body(struct flow_part *p)
{
    if (p->body == NULL)
        return;
    p->body->part = NULL;
    p->body = NULL;
    flow_wake(p->waker);
    p->waker = NULL;
}

/* ---- The parts ----------------------------------------------------------- */
/* What a page has left of a part. Before the first there must be nothing. */
static flow_status skip(struct flow_part *p, flow_waker *w, flow_value *v)
{
    flow_status st = read_body(p, w, v);

    if (st == FLOW_READY) {
        flow_drop(*v);
        if (p->n == 0)
            fail(p, 400, "the body does not begin with its boundary");
    }
    return st == FLOW_DONE ? FLOW_READY : st;
}

static flow_status go_on(struct flow_part *p, flow_waker *w, flow_value *v)
{
    flow_status st = p->state == IN_BODY ? skip(p, w, v) : more(p, w, v);
    const char *s = flow_chars(&p->block, NULL);

    while (st == FLOW_READY && p->at < p->block.size)
        switch (p->state) {
        case BEHIND_MARK:
            read_behind_mark(p, s[p->at++]);
            break;
        case IN_HEAD:
            read_head(p, s[p->at++]);
            break;
        case BEHIND_LAST:
            read_behind_last(p, s[p->at++]);
            break;
        case IN_BODY: case BEHIND_HEAD: case BROKEN:
            return FLOW_READY;
        }
    return st;
}

static flow_status parts_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct flow_part *p = self;
    flow_status st = FLOW_READY;
    flow_value v;

    leave_body(p);
    while (st == FLOW_READY && p->state != BEHIND_HEAD && p->state != BROKEN)
        st = go_on(p, w, &v);
    if (st != FLOW_READY)
        return flow_pass(out, st, v);
    if (p->state == BROKEN)
        return flow_raise_in(out, reason(p));
    p->state = IN_BODY;
    flow_give(out, flow_none());
    return FLOW_READY;
}

static void parts_close(void *self)
{
    struct flow_part *p = self;

    leave_body(p);
    flow_drop(p->mark);
    flow_drop(p->block);
    flow__part_head_end(&p->head);
}

static const flow_type parts_type = {
    .name = "parts", .size = sizeof(struct flow_part), .fill = parts_fill,
    .close = parts_close, .inputs = flow_first_input
};

/* ---- Beginning ----------------------------------------------------------- */
static bool is_boundary(const struct flow__parameter *p)
{
    static const char may_be[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "'()+_,-./:=? ";

    return p->size > 0 && p->size <= LONGEST_BOUNDARY
        && strspn(p->value, may_be) >= p->size && p->value[p->size - 1] != ' ';
}

/* Among what stands behind the type. */
static bool finds_boundary(const char *s, struct flow__parameter *boundary)
{
    struct flow__parameter any;
    size_t n = 0;

    while (flow__parameter_next(&s, &any))
        if (flow__parameter_is(&any, "boundary")) {
            *boundary = any;
            n++;
        }
    return n == 1 && *s == '\0' && is_boundary(boundary);
}

static flow_value mark_of(const struct flow__parameter *boundary)
{
    char *to;
    flow_value mark = flow_buffer(boundary->size + 4, &to);

    if (to == NULL)
        return mark;
    memcpy(to, "\r\n--", 4);
    memcpy(to + 4, boundary->value, boundary->size);
    return mark;
}

static flow_stage *parts_of(struct flow_request *r)
{
    const char *type = flow_request_header(r, "Content-Type");
    const char *s = type == NULL ? NULL
                  : flow__behind_media(type, "multipart/form-data");
    struct flow__parameter boundary = { 0 };
    flow_value mark;

    if (s == NULL)
        return flow_failed(flow_error(FLOW_EHTTP, 415, "an upload must be "
                                      "multipart/form-data"));
    if (!finds_boundary(s, &boundary))
        return flow_failed(flow_error(FLOW_EHTTP, 400, "the boundary is "
                                      "malformed"));
    mark = mark_of(&boundary);
    if (flow_is_failure(mark))
        return flow_failed(mark);
    /* As if the end of a line were before the first boundary. */
    return flow_stage_new(&parts_type, &(struct flow_part){
        .source = flow_request_body(r), .r = r, .mark = mark, .met = 2,
        .block = flow_none()
    });
}

/* ---- What a page asks ---------------------------------------------------- */
flow_part *flow_request_next_part(flow_gen *self, flow_request *r)
{
    flow_value v;

    if (r->parts == NULL)
        r->parts = parts_of(r);
    return flow_next(self, r->parts, &v) ? flow_self(r->parts) : NULL;
}

const char *flow_part_name(const flow_part *p)
{
    return p->head.name;
}

const char *flow_part_filename(const flow_part *p)
{
    return p->head.filename;
}

const char *flow_part_header(const flow_part *p, const char *name)
{
    size_t n;

    return flow__part_head_find(&p->head, name, &n);
}

const char *flow_part_text(flow_gen *self, flow_part *p)
{
    size_t longest = p->r->site->o.longest_body, n;
    const char *s, *text = NULL;
    flow_value v;

    if (!flow_first(self, flow_join(flow_part_body(p), longest - p->kept),
                    &v)) {
        if (flow_catch(self, FLOW_ELIMIT, NULL))
            flow_fail(self, FLOW_EHTTP, 413, "the fields of the form have more "
                      "than %zu bytes", longest);
        return NULL;
    }
    s = flow_chars(&v, &n);
    if (memchr(s, '\0', n) != NULL)
        flow_fail(self, FLOW_EHTTP, 400, "a field of the form has a zero");
    else
        text = flow__request_keep_text(p->r, s, n);
    p->kept += n;
    flow_drop(v);
    return text;
}
