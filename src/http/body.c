/* SPDX-License-Identifier: MIT */
/* The body of a request, read from its connection when it is asked for. */
#include "request.h"

#include "net/received.h"

struct flow__body { struct flow_request *r; };      /* NULL: that is over   */

enum { AT_ONCE = 65536 };       /* bytes that are waited for so long        */

static flow_value malformed(const struct flow_request *r)
{
    return flow_error(FLOW_EHTTP, r->parser->status, "%s", r->parser->why);
}

static flow_value cut_off(void)
{
    return flow_error(FLOW_EHTTP, 400, "the body was cut off");
}

static flow_value too_long(const struct flow_request *r)
{
    return flow_error(FLOW_EHTTP, 413, "the body is longer than %llu bytes",
                      (unsigned long long)r->allowed);
}

static flow_status takes_piece(struct flow_request *r, flow_value *piece)
{
    *piece = r->parser->piece;
    r->parser->piece = flow_none();
    r->got += piece->size;
    if (flow_is_failure(*piece))
        return FLOW_FAILED;
    if (r->got <= r->allowed)
        return FLOW_READY;
    flow_drop(*piece);
    *piece = too_long(r);
    return FLOW_FAILED;
}

bool flow__request_is_lost(flow_stage *received, flow_value failure)
{
    if (!flow_is(&failure, FLOW_ESYSTEM))
        return false;
    flow__received_give_up(received);
    flow_drop(failure);
    return true;
}

flow_status flow__request_read(struct flow_request *r, flow_waker *w,
                               flow_value *piece)
{
    for (;;) {
        flow_status st;
        flow_value v;

        switch (flow__parse(r->parser)) {
        case FLOW__PIECE:
            return takes_piece(r, piece);
        case FLOW__BAD:
            *piece = malformed(r);
            return FLOW_FAILED;
        case FLOW__END: case FLOW__HEAD:
            r->has_body = false;
            *piece = flow_none();
            return FLOW_DONE;
        case FLOW__HUNGRY:
            break;
        }
        st = flow_pull(r->received, w, &v);
        if (st == FLOW_WAIT)
            return st;
        if (st == FLOW_DONE
            || (st == FLOW_FAILED && flow__request_is_lost(r->received, v))) {
            *piece = cut_off();
            return FLOW_FAILED;
        }
        if (st == FLOW_FAILED) {
            *piece = v;
            return st;
        }
        flow__parser_feed(r->parser, v);
    }
}

/* ---- As a stage ---------------------------------------------------------- */
static flow_status waits(struct flow_request *r, flow_waker *w)
{
    r->waker = w;
    r->reading = true;
    if (r->alarm.host == NULL) {
        r->since = w->host->now(w->host);
        flow__alarm_set(&r->alarm, w, r->site->o.body - r->waited);
    }
    r->alarm.waker = w;
    return FLOW_WAIT;
}

/* That the page does not ask is not the client's time. */
static void waits_no_more(struct flow_request *r)
{
    flow_host *host = r->alarm.host;

    if (host != NULL)
        r->waited += host->now(host) - r->since;
    flow__alarm_stop(&r->alarm);
}

/* The client is told first that it may send. */
static bool is_to_tell(struct flow_request *r, flow_stage *out, flow_waker *w)
{
    r->tells = r->tells || r->expects;
    r->expects = false;
    if (!r->tells)
        return false;
    r->waker = w;
    flow_waits_for(out, w, "the client to be told to go on");
    return true;
}

static bool is_too_long(const struct flow_request *r)
{
    return (r->parser->llhttp.flags & F_CHUNKED) == 0
        && r->got + r->parser->llhttp.content_length > r->allowed;
}

/* The server waits for the connection again. */
static void reads_no_more(struct flow_request *r)
{
    flow_wake(r->watcher);
    r->watcher = NULL;
}

static flow_status read_on(struct flow_request *r, flow_stage *out,
                           flow_waker *w)
{
    flow_value piece;
    flow_status st;

    if (!r->has_body)
        return FLOW_DONE;
    if (r->alarm.rung)
        return flow_raise_in(out, flow_error(FLOW_EHTTP, 408,
                                             "the body is too slow"));
    if (is_too_long(r))
        return flow_raise_in(out, too_long(r));
    if (is_to_tell(r, out, w))
        return FLOW_WAIT;
    st = flow__request_read(r, w, &piece);
    if (st == FLOW_WAIT)
        return waits(r, w);
    waits_no_more(r);
    if (st == FLOW_READY && r->got / AT_ONCE > (r->got - piece.size) / AT_ONCE)
        r->waited = 0;
    if (st == FLOW_READY)
        flow_give(out, piece);
    return flow_pass(out, st, piece);
}

static flow_status body_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct flow_request *r = ((struct flow__body *)self)->r;
    flow_status st;

    if (r == NULL)
        return flow_raise_in(out, flow_error(FLOW_EHTTP, 500, "the request "
                                             "of this body is over"));
    r->reading = false;
    st = read_on(r, out, w);
    if (st == FLOW_DONE || st == FLOW_FAILED)
        reads_no_more(r);
    return st;
}

static void body_close(void *self)
{
    struct flow_request *r = ((struct flow__body *)self)->r;

    if (r == NULL)
        return;
    r->reading = false;
    r->body = NULL;
    reads_no_more(r);
}

static const flow_type body_type = {
    .name = "body", .size = sizeof(struct flow__body), .fill = body_fill,
    .close = body_close
};

flow_stage *(flow_request_body)(flow_request *r)
{
    flow_stage *s;

    if (r->body_given)
        return flow_failed(flow_error(FLOW_EINVAL, 0, "the body of a request "
                                      "can be read once"));
    r->body_given = true;
    s = flow_stage_new(&body_type, &(struct flow__body){ r });
    if (s->type == &body_type)              /* there was memory             */
        r->body = flow_self(s);
    return s;
}

void flow__request_leave_body(struct flow_request *r)
{
    flow__alarm_stop(&r->alarm);
    if (r->body == NULL)
        return;
    r->body->r = NULL;
    r->body = NULL;
    flow_wake(r->waker);
}

void flow_request_allow(flow_request *r, size_t bytes)
{
    r->allowed = bytes;
}
