/* SPDX-License-Identifier: MIT */
/* The client's side of a WebSocket: the stage of messages received, which reads
 * its transport, and the stage of bytes that the transport sends. What is found
 * by the first, and to be sent by the other, waits in `queue`: of pongs the
 * last, as the newest ping is what counts. */
#include "grammar.h"
#include "handshake.h"
#include "pulse.h"
#include "websocket.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static const flow_site_options limits = {
    .longest_target = 8000, .longest_head = 16384, .most_headers = 100
};

struct client {
    size_t holders;                 /* its two stages                       */
    struct flow__websocket *ws;
    struct flow__parser parser;     /* of the answer                        */
    char accept[FLOW__ACCEPT];
    flow_value queue;               /* to be sent; NONE: nothing is         */
    bool opened;                    /* the server has agreed                */
    bool has_closed;                /* our close frame was queued           */
    bool deaf;                      /* what still comes has no meaning      */
    size_t room;                    /* for the text that follows            */
    char offered[];                 /* protocols, by commas                 */
};

static void release(struct client *c)
{
    if (--c->holders > 0)
        return;
    flow_drop(c->queue);
    flow__parser_end(&c->parser);
    flow__websocket_release(c->ws);
    flow_free(c, sizeof *c + c->room + 1);
}

static void queue(struct client *c, flow_value frame)
{
    flow_waker *sender = c->ws->sender;

    flow_drop(c->queue);
    c->queue = frame;
    c->ws->sender = NULL;
    flow_wake(sender);
}

static void say_close(struct client *c, unsigned code, const char *why)
{
    flow_value frame[2];

    if (c->has_closed)
        return;
    c->has_closed = true;
    flow__close_frame(code, why, true, frame);
    queue(c, frame[0]);
}

/* ---- The stage to be sent ------------------------------------------------ */
struct sending {
    flow_stage *source;             /* first; NULL: there is none           */
    struct client *c;
};

/* It is one of the stage of messages, too. */
static void fail(struct client *c, flow_value error)
{
    bool told = flow__is_told(&error);

    say_close(c, told ? (unsigned)flow_code(&error) : FLOW__FAILED,
              told ? flow_message(&error) : "");
    flow__websocket_ends(c->ws, error);
}

static flow_status give(flow_stage *out, flow_value frame)
{
    if (flow_is_failure(frame))
        return flow_raise_in(out, frame);
    flow_give(out, frame);
    return FLOW_READY;
}

static flow_status send_message(struct client *c, flow_stage *out, flow_value v)
{
    flow_value frame[2];

    flow__message_frame(v, true, frame);
    if (flow_is_failure(frame[0]))
        fail(c, frame[0]);
    else
        flow_give(out, frame[0]);
    return FLOW_READY;
}

static flow_status wait_for(struct client *c, flow_stage *out, flow_waker *w,
                            const char *what)
{
    c->ws->sender = w;
    if (what != NULL)
        flow_waits_for(out, w, what);
    return FLOW_WAIT;
}

static flow_status sending_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct sending *s = self;
    struct client *c = s->c;
    flow_value v = c->queue;

    if (v.kind != FLOW_NONE) {
        c->queue = flow_none();
        return give(out, v);
    }
    if (c->deaf)
        return FLOW_DONE;
    if (!c->opened || c->has_closed || s->source == NULL)
        return wait_for(c, out, w, "the server of a WebSocket");
    switch (flow_pull(s->source, w, &v)) {
    case FLOW_READY:
        return send_message(c, out, v);
    case FLOW_WAIT:
        return wait_for(c, out, w, NULL);
    case FLOW_DONE:
        say_close(c, FLOW__NORMAL, "");
        return FLOW_READY;
    case FLOW_FAILED:
        fail(c, v);
        return FLOW_READY;
    }
    return FLOW_DONE;
}

static void sending_close(void *self)
{
    struct client *c = ((struct sending *)self)->c;

    c->ws->sender = NULL;
    release(c);
}

static const flow_type sending_type = {
    .name = "websocket_sent", .size = sizeof(struct sending),
    .fill = sending_fill, .close = sending_close, .inputs = flow_first_input
};

/* ---- The stage of messages ----------------------------------------------- */
struct received {
    flow_stage *transport;          /* first; NULL: it is over              */
    struct client *c;
    struct flow__pulse pulse;
    bool waited;
};

/* Nothing more is read that has a meaning. */
static void end(struct received *r, flow_value why)
{
    r->c->deaf = true;
    flow__websocket_ends(r->c->ws, why);
    flow_wake(r->c->ws->sender);
}

static void leave(struct received *r, flow_value why)
{
    end(r, why);
    flow_close(r->transport);
    r->transport = NULL;
}

static flow_value is_lost(void)
{
    return flow_system_error(ECONNRESET, "the connection of a WebSocket was "
                             "lost");
}

static void take(struct received *r, flow_value v)
{
    if (r->c->deaf)
        flow_drop(v);
    else if (!r->c->opened)
        flow__parser_feed(&r->c->parser, v);
    else
        flow__frames_feed(&r->c->ws->in, v);
}

static flow_status feed(struct received *r, flow_waker *w)
{
    flow_value v;

    switch (flow_pull(r->transport, w, &v)) {
    case FLOW_READY:
        flow__pulse_heard(&r->pulse, w);
        take(r, v);
        return FLOW_READY;
    case FLOW_WAIT:
        return FLOW_WAIT;
    case FLOW_DONE:
        leave(r, is_lost());
        return FLOW_READY;
    case FLOW_FAILED:
        leave(r, v);
        return FLOW_READY;
    }
    return FLOW_DONE;
}

static void open(struct received *r)
{
    struct client *c = r->c;
    flow_value why = flow__websocket_failure(&c->parser, c->accept,
                                             c->offered), rest;
    const char *chosen;
    size_t n;

    if (flow_is_failure(why)) {
        leave(r, why);
        return;
    }
    chosen = flow__parser_find(&c->parser, "Sec-WebSocket-Protocol", &n);
    if (chosen != NULL)
        memcpy(c->ws->protocol, chosen, strlen(chosen) + 1);
    c->opened = true;
    if (flow__parser_take(&c->parser, &rest))
        take(r, rest);
    flow__parser_again(&c->parser);
    flow_wake(c->ws->sender);
}

static flow_status read_answer(struct received *r, flow_waker *w)
{
    switch (flow__parse(&r->c->parser)) {
    case FLOW__HUNGRY:
        return feed(r, w);
    case FLOW__HEAD:
        open(r);
        return FLOW_READY;
    case FLOW__BAD: case FLOW__PIECE: case FLOW__END:
        leave(r, flow_error(FLOW_EFORMAT, 0, "the server's answer is "
                            "malformed: %s", r->c->parser.why));
        return FLOW_READY;
    }
    return FLOW_DONE;
}

static flow_status read_frames(struct received *r, flow_waker *w)
{
    struct client *c = r->c;
    struct flow__frames *f = &c->ws->in;
    flow_value frame[2];

    switch (flow__frames_read(f)) {
    case FLOW__FRAMES_HUNGRY:
        return feed(r, w);
    case FLOW__FRAMES_MESSAGE:
        if (c->ws->over)
            flow__frames_discard(f);
        return FLOW_READY;
    case FLOW__FRAMES_PING:
        if (c->has_closed)
            return FLOW_READY;
        flow__frame(FLOW__PONG, flow_bytes(f->control, f->control_size), true,
                    frame);
        queue(c, frame[0]);
        return FLOW_READY;
    case FLOW__FRAMES_CLOSED:
        say_close(c, f->code, "");
        end(r, flow__websocket_reason(f));
        return FLOW_READY;
    case FLOW__FRAMES_WRONG:
        say_close(c, f->code, f->why);
        end(r, flow__websocket_reason(f));
        return FLOW_READY;
    }
    return FLOW_DONE;
}

static void time_is_up(struct received *r, const flow_waker *w)
{
    flow_value frame[2];

    switch (flow__pulse_feel(&r->pulse, w, r->waited)) {
    case FLOW__FELT:
        break;
    case FLOW__FELT_SILENT:
        if (r->c->has_closed || !r->c->opened)
            break;
        flow__frame(FLOW__PING, flow_literal(""), true, frame);
        queue(r->c, frame[0]);
        break;
    case FLOW__FELT_LOST:
        leave(r, is_lost());
        break;
    }
}

/* READY: something has changed. */
static flow_status go_on(struct received *r, flow_waker *w)
{
    flow_status st = r->c->deaf ? feed(r, w)
                   : r->c->opened ? read_frames(r, w) : read_answer(r, w);

    if (st != FLOW_WAIT || !r->pulse.alarm.rung)
        return st;
    time_is_up(r, w);
    return FLOW_READY;
}

static flow_status finish(struct flow__websocket *ws, flow_stage *out)
{
    flow_value end = ws->end;

    ws->end = flow_none();
    return flow_is_failure(end) ? flow_raise_in(out, end) : FLOW_DONE;
}

static flow_status received_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct received *r = self;
    struct flow__frames *f = &r->c->ws->in;
    flow_status st = FLOW_READY;
    unsigned rounds = 0;

    while (st == FLOW_READY && r->transport != NULL
           && f->message.kind == FLOW_NONE && rounds++ < FLOW__ROUNDS)
        st = go_on(r, w);
    r->waited = st == FLOW_WAIT;
    if (f->message.kind != FLOW_NONE) {
        flow_give(out, f->message);
        f->message = flow_none();
        return FLOW_READY;
    }
    if (r->transport == NULL)
        return finish(r->c->ws, out);
    if (st == FLOW_READY)
        flow_wake(w);                       /* others have their turn first  */
    if (r->c->ws->over)
        flow__pulse_leave(&r->pulse);
    flow__pulse_wait(&r->pulse, w);
    return FLOW_WAIT;
}

static void received_close(void *self)
{
    struct received *r = self;

    flow__alarm_stop(&r->pulse.alarm);
    release(r->c);
}

const flow_type flow__client_type = {
    .name = "websocket", .size = sizeof(struct received),
    .fill = received_fill, .close = received_close, .inputs = flow_first_input
};

struct flow__websocket *flow__client_websocket(flow_stage *messages)
{
    return ((struct received *)flow_self(messages))->c->ws;
}

/* ---- The request --------------------------------------------------------- */
static bool is_plain(const char *s)
{
    while (*s > ' ' && *s < 127 && *s != '#')
        s++;
    return *s == '\0';
}

/* Behind the scheme; NULL: it is no URL of a WebSocket. */
static const char *host_in(const char *url)
{
    size_t n = strncasecmp(url, "ws://", 5) == 0 ? 5
             : strncasecmp(url, "wss://", 6) == 0 ? 6 : 0;
    size_t size = strcspn(url + n, "/?");

    return n > 0 && size > 0 && is_plain(url)
        && memchr(url + n, '@', size) == NULL ? url + n : NULL;
}

/* Up to the user's headers. */
static flow_value request_of(const char *url, const char *key,
                             const char *offered)
{
    const char *host = host_in(url);
    int size = host != NULL ? (int)strcspn(host, "/?") : 0;

    if (host == NULL)
        return flow_error(FLOW_EINVAL, 0, "give a URL as ws://host/path, not "
                          "'%s'", url);
    return flow_textf("GET %s%s HTTP/1.1\r\nHost: %.*s\r\n"
                      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: %s\r\n%s%s%s",
                      host[size] == '/' ? "" : "/", host + size, size, host,
                      key, *offered != '\0' ? "Sec-WebSocket-Protocol: " : "",
                      offered, *offered != '\0' ? "\r\n" : "");
}

static bool is_ours(const char *line, size_t n)
{
    static const char *const ours[] = {
        "Host", "Upgrade", "Connection", "Content-Length", "Transfer-Encoding"
    };

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (n == strlen(ours[i]) && strncasecmp(line, ours[i], n) == 0)
            return true;
    return n >= 14 && strncasecmp(line, "Sec-WebSocket-", 14) == 0;
}

/* Why it cannot go with the request: an ERROR; or NONE. */
static flow_value check_header(const char *line)
{
    size_t n = flow__token_size(line);

    if (n == 0 || line[n] != ':' || !flow__is_value(line))
        return flow_error(FLOW_EINVAL, 0, "give a header as \"Cookie: a=b\", "
                          "not '%s'", line);
    if (is_ours(line, n))
        return flow_error(FLOW_EINVAL, 0, "the header %.*s is made by the "
                          "WebSocket itself", (int)n, line);
    return flow_none();
}

/* The whole request, from its beginning, which it takes; it may be an ERROR. */
static flow_value with_headers(flow_value begin, const char *const *headers)
{
    flow_value all = flow_none();
    size_t n = begin.size + 2;
    char *to;

    for (size_t i = 0; headers[i] != NULL && !flow_is_failure(all); i++) {
        all = check_header(headers[i]);
        n += strlen(headers[i]) + 2;
    }
    if (flow_is_failure(begin) || flow_is_failure(all)) {
        flow_drop(flow_is_failure(begin) ? all : begin);
        return flow_is_failure(begin) ? begin : all;
    }
    all = flow_buffer(n, &to);
    if (to != NULL) {
        memcpy(to, flow_chars(&begin, NULL), begin.size);
        to += begin.size;
        for (; *headers != NULL; headers++)
            to = stpcpy(stpcpy(to, *headers), "\r\n");
        memcpy(to, "\r\n", 2);
    }
    flow_drop(begin);
    return all;
}

/* Instead of by spaces by commas. */
static bool take_offered(struct client *c, const char *protocols)
{
    for (size_t i = 0; i < c->room; i++)
        c->offered[i] = protocols[i] == ' ' ? ',' : protocols[i];
    c->offered[c->room] = '\0';
    return is_plain(c->offered);
}

/* Queues the request; an ERROR: there can be none. */
static flow_value begin(struct client *c, const char *url,
                        const char *protocols, const char *const *headers)
{
    static const char *const none[] = { NULL };
    unsigned char random[16];
    char key[25];

    if (!take_offered(c, protocols))
        return flow_error(FLOW_EINVAL, 0, "these are no names of protocols: "
                          "'%s'", protocols);
    if (!flow__random(random, sizeof random))
        return flow_system_error(errno, "no random bytes for a WebSocket");
    flow__base64(random, sizeof random, key);
    flow__websocket_accept(key, c->accept);
    c->queue = with_headers(request_of(url, key, c->offered),
                            headers != NULL ? headers : none);
    return flow_is_failure(c->queue) ? flow_share(c->queue) : flow_none();
}

static struct client *new_client(size_t room, const flow_websocket_options *o)
{
    struct client *c = flow_alloc(sizeof *c + room + 1);

    if (c == NULL)
        return NULL;
    *c = (struct client){ .holders = 1, .queue = flow_none(), .room = room };
    c->ws = flow__websocket_new(false, room, o);
    if (c->ws == NULL) {
        flow_free(c, sizeof *c + room + 1);
        return NULL;
    }
    flow__parser_begin_answer(&c->parser, &limits);
    return c;
}

static flow_stage *refuse(flow_stage *sent, flow_value why)
{
    flow_close(sent);
    return (flow_failed)(why);
}

flow_stage *(flow_websocket)(const char *url, flow_stage *sent,
                             const flow_websocket_options *o,
                             flow_protocol *dial, void *arg)
{
    const char *protocols = o != NULL && o->protocols != NULL ? o->protocols
                                                              : "";
    struct client *c = new_client(strlen(protocols), o);
    struct received r = { .c = c };
    flow_value why;

    if (c == NULL)
        return refuse(sent, flow_error(FLOW_ENOMEM, 0,
                                       "no memory for a WebSocket"));
    why = begin(c, url, protocols, o != NULL ? o->headers : NULL);
    if (flow_is_failure(why)) {
        release(c);
        return refuse(sent, why);
    }
    c->holders++;
    flow__pulse_begin(&r.pulse, c->ws->idle);
    r.transport = dial(flow_stage_new(&sending_type, &(struct sending){
        sent, c
    }), arg);
    return flow_stage_new(&flow__client_type, &r);
}
