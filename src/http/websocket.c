/* SPDX-License-Identifier: MIT */
/* See websocket.h. */
#include "websocket.h"

#include "base/utf8.h"

enum { LONGEST = 1048576, IDLE = 60 };

const flow_error_class FLOW_EWEBSOCKET[1] = {{ "WebSocketError", FLOW_EANY }};

struct flow__websocket *flow__websocket_new(bool server, size_t room,
                                            const flow_websocket_options *o)
{
    struct flow__websocket *ws = flow_alloc(sizeof *ws + room + 1);
    size_t longest = o != NULL && o->longest > 0 ? o->longest : LONGEST;

    if (ws == NULL)
        return NULL;
    *ws = (struct flow__websocket){
        .holders = 1, .end = flow_none(), .room = room,
        .idle = o != NULL && o->idle > 0 ? o->idle : IDLE
    };
    ws->protocol[0] = '\0';
    flow__frames_begin(&ws->in, server,
                       longest < UINT32_MAX ? longest : UINT32_MAX);
    return ws;
}

void flow__websocket_release(struct flow__websocket *ws)
{
    if (ws == NULL || --ws->holders > 0)
        return;
    flow__frames_end(&ws->in);
    flow_drop(ws->end);
    flow_free(ws, sizeof *ws + ws->room + 1);
}

void flow__websocket_ends(struct flow__websocket *ws, flow_value end)
{
    if (ws->over)
        flow_drop(end);
    else
        ws->end = end;
    ws->over = true;
    flow__websocket_wake(ws);
}

void flow__websocket_wake(struct flow__websocket *ws)
{
    flow_waker *reader = ws->reader;

    ws->reader = NULL;
    flow_wake(reader);
}

flow_value flow__websocket_reason(const struct flow__frames *f)
{
    if (f->code == FLOW__NORMAL || f->code == FLOW__GOING_AWAY
        || f->code == FLOW__NO_CODE)
        return flow_none();
    return flow_error(FLOW_EWEBSOCKET, (int)f->code, "%s", f->why);
}

void flow__websocket_go_away(struct flow__websocket *ws)
{
    ws->goes_away = true;
}

unsigned flow__message_frame(flow_value v, bool masked, flow_value out[2])
{
    size_t n;
    const char *s = flow_chars(&v, &n);

    if (v.kind == FLOW_BYTES)
        return flow__frame(FLOW__BINARY, v, masked, out);
    if (v.kind == FLOW_TEXT && flow__is_utf8(s, n))
        return flow__frame(FLOW__TEXT, v, masked, out);
    out[0] = v.kind == FLOW_TEXT
        ? flow_error(FLOW_EFORMAT, 0, "a message of text must be UTF-8: yield "
                     "others as bytes")
        : flow_error(FLOW_EINVAL, 0, "a message must be text or bytes");
    flow_drop(v);
    return 1;
}

bool flow__is_told(const flow_value *error)
{
    return flow_is(error, FLOW_EWEBSOCKET)
        && flow__is_close_code(flow_code(error));
}
