/* SPDX-License-Identifier: MIT */
/* How an answer goes out: its head, then the pieces of its body, framed. */
#include "connection.h"

void flow__http_send(struct flow__http *h, flow_value v)
{
    if (!flow_is_failure(v))
        h->out[h->n++] = v;
    else if (flow_is_failure(h->failure))
        flow_drop(v);
    else
        h->failure = v;
}

/* The answer begins: it is too late to tell the client that its body is wanted,
 * which so may come or not. */
static void ends_expecting(struct flow__http *h)
{
    if (!h->r.expects && !h->r.tells)
        return;
    h->closes = true;
    h->r.expects = h->r.tells = false;
    flow_wake(h->r.waker);
}

void flow__http_send_head(struct flow__http *h, enum flow__framing framing,
                          bool text)
{
    ends_expecting(h);
    if (!flow__status_has_body(h->r.status))
        framing = FLOW__NO_BODY;
    if (!h->parser.keeps_alive || h->parser.status != 0 || h->site->draining
        || framing == FLOW__TO_THE_END)
        h->closes = true;
    h->framing = framing;
    h->headed = true;
    flow__http_send(h, flow__answer_head(&h->r, framing, !h->closes, text));
}

bool flow__http_sends_body(const struct flow__http *h)
{
    return h->framing != FLOW__NO_BODY && !h->r.head_only;
}

static void send_framed(struct flow__http *h, flow_value piece)
{
    h->sent += piece.size;
    if (h->framing == FLOW__CHUNKED)
        flow__http_send(h, flow_textf("%x\r\n", piece.size));
    flow__http_send(h, piece);
    if (h->framing == FLOW__CHUNKED)
        flow__http_send(h, flow_literal("\r\n"));
}

void flow__http_send_piece(struct flow__http *h, flow_value piece)
{
    h->given += piece.size;
    if (!flow__http_sends_body(h))
        flow_drop(piece);
    else if (h->gzip != NULL)
        flow__gzip_feed(h->gzip, piece);
    else
        send_framed(h, piece);
}

/* Compressed, unless there is nothing. */
static bool send_piece(struct flow__http *h, flow_value piece)
{
    if (piece.kind == FLOW_NONE)
        return false;
    send_framed(h, piece);
    return true;
}

bool flow__http_send_more(struct flow__http *h)
{
    return h->gzip != NULL && send_piece(h, flow__gzip_next(h->gzip));
}

bool flow__http_send_rest(struct flow__http *h)
{
    return h->gzip != NULL && send_piece(h, flow__gzip_flush(h->gzip));
}

bool flow__http_send_end(struct flow__http *h)
{
    if (!flow__http_sends_body(h))
        return true;
    if (h->gzip != NULL && send_piece(h, flow__gzip_end(h->gzip)))
        return false;
    if (h->framing == FLOW__CHUNKED)
        flow__http_send(h, flow_literal("0\r\n\r\n"));
    return true;
}
