/* SPDX-License-Identifier: MIT */
/* The server's side of a WebSocket: the page's stage of messages, and the stage
 * of bytes to be sent that takes the page's place, and reads for both.
 *
 * Both ends of the conversation may be over before the other: the page, when it
 * has ended, failed or was closed, and the peer, when it has sent its close
 * frame or is lost. When one is over, two seconds are left to the other.
 *
 * A peer that does not read cannot be heard: what is to be sent is not asked
 * while it is in the way. So its connection, if there is one, is told how long
 * it may take. */
#include "handshake.h"
#include "pulse.h"
#include "websocket.h"

#include "net/received.h"

#include <string.h>

/* ---- The stage of messages ----------------------------------------------- */
struct messages { struct flow__websocket *ws; };

static bool has_message(const struct flow__websocket *ws)
{
    return ws->in.message.kind != FLOW_NONE;
}

/* Whoever reads for it may go on. */
static void reads_on(struct flow__websocket *ws)
{
    if (!ws->in_page)
        flow_wake(ws->sender);
}

static flow_status messages_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct flow__websocket *ws = ((struct messages *)self)->ws;
    flow_value v = ws->in.message;

    if (has_message(ws)) {
        ws->in.message = flow_none();
        flow_give(out, v);
        reads_on(ws);
        return FLOW_READY;
    }
    if (!ws->over) {
        ws->reader = w;
        flow_waits_for(out, w, "a message from the peer");
        return FLOW_WAIT;
    }
    v = ws->end;
    ws->end = flow_none();
    return v.kind == FLOW_ERROR ? flow_raise_in(out, v) : FLOW_DONE;
}

static void messages_close(void *self)
{
    struct flow__websocket *ws = ((struct messages *)self)->ws;

    ws->reader = NULL;
    flow__frames_discard(&ws->in);
    reads_on(ws);
    flow__websocket_release(ws);
}

static const flow_type messages_type = {
    .name = "messages", .size = sizeof(struct messages),
    .fill = messages_fill, .close = messages_close
};

/* ---- The stage to be sent ------------------------------------------------ */
struct sending {
    flow_stage *page;               /* first; NULL: it is over              */
    flow_stage *received;           /* the connection's; NULL: it is over   */
    struct flow__parser *parser;    /* has what was read of it already      */
    struct flow__websocket *ws;
    struct flow__pulse pulse;
    bool waited;                    /* the last answer was FLOW_WAIT        */
    flow_value first;               /* the page's first, if `has_first`     */
    bool has_first;
    bool has_closed;                /* our close frame was sent             */
    flow_value failure;             /* of the page, which the peer was not
                                       told; told in the end                */
    flow_value out[2];
    unsigned n;
};

static bool is_over(const struct sending *s)
{
    return s->page == NULL && s->received == NULL;
}

static void say_close(struct sending *s, unsigned code, const char *why)
{
    if (!s->has_closed)
        s->n = flow__close_frame(code, why, false, s->out);
    s->has_closed = true;
}

static void end_peer(struct sending *s, flow_value end)
{
    s->received = NULL;
    flow__websocket_ends(s->ws, end);
    flow__pulse_leave(&s->pulse);
}

static void end_page(struct sending *s)
{
    flow_close(s->page);
    s->page = NULL;
    flow__frames_discard(&s->ws->in);
    flow__pulse_leave(&s->pulse);
}

static void fail_page(struct sending *s, flow_value error)
{
    if (flow__is_told(&error)) {
        say_close(s, (unsigned)flow_code(&error), flow_message(&error));
        flow_drop(error);
    } else {
        say_close(s, FLOW__FAILED, "");
        s->failure = error;
    }
    end_page(s);
}

/* ---- Reading ------------------------------------------------------------- */
static flow_status pull_peer(struct sending *s, flow_waker *w, flow_value *v)
{
    if (!flow__parser_take(s->parser, v))
        return flow_pull(s->received, w, v);
    return flow_is_failure(*v) ? FLOW_FAILED : FLOW_READY;
}

static flow_status feed(struct sending *s, flow_waker *w)
{
    flow_value v;

    switch (pull_peer(s, w, &v)) {
    case FLOW_READY:
        flow__pulse_heard(&s->pulse, w);
        flow__frames_feed(&s->ws->in, v);
        return FLOW_READY;
    case FLOW_WAIT:
        return FLOW_WAIT;
    case FLOW_DONE:
        end_peer(s, flow_none());
        return FLOW_READY;
    case FLOW_FAILED:
        if (flow__request_is_lost(s->received, v))
            v = flow_none();
        end_peer(s, v);
        return FLOW_READY;
    }
    return FLOW_DONE;
}

/* If it is who asks us, it is asked next anyway. */
static void tell_reader(struct flow__websocket *ws, const flow_waker *w)
{
    if (ws->reader == w)
        ws->reader = NULL;
    flow__websocket_wake(ws);
}

/* READY: something has changed. */
static flow_status read_on(struct sending *s, flow_waker *w)
{
    struct flow__frames *f = &s->ws->in;

    if (has_message(s->ws))
        return FLOW_WAIT;
    switch (flow__frames_read(f)) {
    case FLOW__FRAMES_HUNGRY:
        return feed(s, w);
    case FLOW__FRAMES_MESSAGE:
        if (f->discards || s->ws->over)
            flow__frames_discard(f);
        else
            tell_reader(s->ws, w);
        return FLOW_READY;
    case FLOW__FRAMES_PING:
        if (!s->has_closed)
            s->n = flow__frame(FLOW__PONG,
                               flow_bytes(f->control, f->control_size), false,
                               s->out);
        return FLOW_READY;
    case FLOW__FRAMES_CLOSED:
        say_close(s, f->code, "");
        end_peer(s, flow__websocket_reason(f));
        return FLOW_READY;
    case FLOW__FRAMES_WRONG:
        say_close(s, f->code, f->why);
        end_peer(s, flow__websocket_reason(f));
        return FLOW_READY;
    }
    return FLOW_DONE;
}

/* ---- Asking the page ----------------------------------------------------- */
static flow_status pull_page(struct sending *s, flow_waker *w, flow_value *v)
{
    flow_status st;

    if (s->has_first) {
        s->has_first = false;
        *v = s->first;
        return FLOW_READY;
    }
    s->ws->in_page = true;
    st = flow_pull(s->page, w, v);
    s->ws->in_page = false;
    return st;
}

static void send_message(struct sending *s, flow_value v)
{
    flow_value out[2];
    unsigned n;

    if (s->received == NULL || s->has_closed) {     /* nobody listens       */
        flow_drop(v);
        end_page(s);
        return;
    }
    n = flow__message_frame(v, false, out);
    if (flow_is_failure(out[0])) {
        if (n > 1)
            flow_drop(out[1]);
        fail_page(s, out[0]);
        return;
    }
    memcpy(s->out, out, sizeof out);
    s->n = n;
}

/* READY: something has changed. */
static flow_status ask_page(struct sending *s, flow_waker *w)
{
    bool had = has_message(s->ws);
    flow_value v;

    switch (pull_page(s, w, &v)) {
    case FLOW_READY:
        send_message(s, v);
        return FLOW_READY;
    case FLOW_WAIT:
        return had && !has_message(s->ws) ? FLOW_READY : FLOW_WAIT;
    case FLOW_DONE:
        say_close(s, FLOW__NORMAL, "");
        end_page(s);
        return FLOW_READY;
    case FLOW_FAILED:
        fail_page(s, v);
        return FLOW_READY;
    }
    return FLOW_DONE;
}

/* ---- Time ---------------------------------------------------------------- */
static void time_is_up(struct sending *s, const flow_waker *w)
{
    bool listened = s->waited && !has_message(s->ws);

    switch (flow__pulse_feel(&s->pulse, w, listened)) {
    case FLOW__FELT:
        break;
    case FLOW__FELT_SILENT:
        s->n = flow__frame(FLOW__PING, flow_literal(""), false, s->out);
        break;
    case FLOW__FELT_LOST:
        if (s->pulse.leaves)
            end_page(s);
        end_peer(s, flow_none());
        break;
    }
}

/* ---- As a stage ---------------------------------------------------------- */
/* The page, which is told that no more messages come, may still end its work.
 */
static void go_away(struct sending *s)
{
    say_close(s, FLOW__GOING_AWAY, "");
    flow__websocket_ends(s->ws, flow_none());
    flow__pulse_leave(&s->pulse);
}

/* READY: something has changed. */
static flow_status go_on(struct sending *s, flow_waker *w)
{
    flow_status peer = FLOW_WAIT, page = FLOW_WAIT;

    if (s->ws->goes_away && !s->has_closed) {
        go_away(s);
        return FLOW_READY;
    }
    if (s->received != NULL && !s->has_first)
        peer = read_on(s, w);
    if (s->n == 0 && s->page != NULL)
        page = ask_page(s, w);
    if (peer == FLOW_READY || page == FLOW_READY)
        return FLOW_READY;
    if (!s->pulse.alarm.rung)
        return FLOW_WAIT;
    time_is_up(s, w);
    return FLOW_READY;
}

static flow_status hand_out(struct sending *s, flow_stage *out)
{
    if (!flow_is_failure(s->out[0])) {
        flow_lend(out, s->out, s->n);
        return FLOW_READY;
    }
    if (s->n > 1)
        flow_drop(s->out[1]);
    return flow_raise_in(out, s->out[0]);
}

static flow_status finish(struct sending *s, flow_stage *out)
{
    flow_value failure = s->failure;

    s->failure = flow_none();
    return flow_is_failure(failure) ? flow_raise_in(out, failure) : FLOW_DONE;
}

static flow_status sending_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct sending *s = self;
    flow_status st = FLOW_READY;
    unsigned rounds = 0;

    s->n = 0;
    s->ws->sender = NULL;
    while (st == FLOW_READY && s->n == 0 && !is_over(s)
           && rounds++ < FLOW__ROUNDS)
        st = go_on(s, w);
    s->waited = s->n == 0;
    if (s->n > 0)
        return hand_out(s, out);
    if (is_over(s))
        return finish(s, out);
    if (st == FLOW_READY)
        flow_wake(w);                       /* others have their turn first  */
    s->ws->sender = w;
    flow__pulse_wait(&s->pulse, w);
    return FLOW_WAIT;
}

static void sending_close(void *self)
{
    struct sending *s = self;

    flow__alarm_stop(&s->pulse.alarm);
    if (s->has_first)
        flow_drop(s->first);
    flow_drop(s->failure);
    s->ws->sender = NULL;
    flow__websocket_ends(s->ws, flow_none());
    flow__websocket_release(s->ws);
}

static const flow_type sending_type = {
    .name = "websocket", .size = sizeof(struct sending), .fill = sending_fill,
    .close = sending_close, .inputs = flow_first_input
};

flow_stage *flow__websocket_sending(flow_stage *page, struct flow_request *r,
                                    const flow_value *first)
{
    struct sending s = {
        .page = page, .received = r->received, .parser = r->parser,
        .ws = r->websocket, .failure = flow_none()
    };

    s.ws->holders++;
    flow__pulse_begin(&s.pulse, s.ws->idle);
    flow__received_bound_sending(s.received, s.ws->idle);
    s.has_first = first != NULL;
    if (s.has_first)
        s.first = *first;
    return flow_stage_new(&sending_type, &s);
}

/* ---- Answering ----------------------------------------------------------- */
static void answer(flow_request *r, struct flow__websocket *ws)
{
    char accept[FLOW__ACCEPT];

    flow__websocket_accept(flow_request_header(r, "Sec-WebSocket-Key"), accept);
    flow_answer_header(r, "Sec-WebSocket-Accept", "%s", accept);
    if (ws->protocol[0] != '\0')
        flow_answer_header(r, "Sec-WebSocket-Protocol", "%s", ws->protocol);
    r->status = 101;
    r->begun = true;
    r->websocket = ws;
}

static flow_value refusal(const flow_request *r,
                          const flow_websocket_options *o)
{
    if (r->begun)
        return flow_error(FLOW_EINVAL, 0, "it is too late for a WebSocket: "
                          "something was answered");
    return flow__websocket_refusal(r, o != NULL ? o->origins : NULL);
}

flow_stage *(flow_answer_websocket)(flow_request *r,
                                    const flow_websocket_options *o)
{
    flow_value why = refusal(r, o);
    struct flow__websocket *ws;
    const char *protocol;
    size_t n;

    if (flow_is_failure(why)) {
        flow__request_fail(r, why);
        return (flow_list)(NULL, 0);
    }
    protocol = flow__websocket_choice(r->parser, o != NULL ? o->protocols
                                                           : NULL, &n);
    ws = flow__websocket_new(true, n, o);
    if (ws == NULL) {
        flow__request_fail(r, flow_error(FLOW_ENOMEM, 0,
                                         "no memory for a WebSocket"));
        return (flow_list)(NULL, 0);
    }
    memcpy(ws->protocol, protocol, n);
    ws->protocol[n] = '\0';
    answer(r, ws);
    ws->holders++;
    return flow_stage_new(&messages_type, &(struct messages){ ws });
}

const char *flow_websocket_protocol(flow_stage *messages)
{
    if (messages->type == &messages_type)
        return ((struct messages *)flow_self(messages))->ws->protocol;
    if (messages->type == &flow__client_type)
        return flow__client_websocket(messages)->protocol;
    return "";
}
