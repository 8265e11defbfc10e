/* SPDX-License-Identifier: MIT */
/* A WebSocket: what its two stages share, of messages received and of bytes to
 * be sent.
 *
 *      server    http <- sending <- page <- messages
 *      client    messages <- transport <- sending <- what is sent
 *
 * A server's sending reads for both: it is asked as long as the connection
 * lasts, and a page may wait for something else. A client's messages do, which
 * are all that is asked there. */
#ifndef FLOW_HTTP_WEBSOCKET_H
#define FLOW_HTTP_WEBSOCKET_H

#include "frames.h"

#include <flow/websocket.h>

/* Pieces that are read in a turn without bringing anything to be given. */
enum { FLOW__ROUNDS = 16 };

struct flow__websocket {
    size_t holders;
    struct flow__frames in;
    double idle;
    bool over;                      /* no more messages come, for: `end`    */
    flow_value end;                 /* an ERROR, or NONE                    */
    bool goes_away;                 /* the site is drained                  */
    bool in_page;                   /* the page is asked just now           */
    flow_waker *reader;             /* who waits for a message              */
    flow_waker *sender;             /* who waits for something to be sent   */
    size_t room;                    /* for the name that follows            */
    char protocol[];                /* that was agreed on                   */
};

/* With room for a name so long; NULL: there is no memory. */
struct flow__websocket *flow__websocket_new(bool server, size_t room,
                                            const flow_websocket_options *o);
void flow__websocket_release(struct flow__websocket *ws);   /* NULL is fine */

/* No more messages come after those that are there; `end` is taken. Only the
 * first counts. */
void flow__websocket_ends(struct flow__websocket *ws, flow_value end);

/* Wakes who waits for a message. */
void flow__websocket_wake(struct flow__websocket *ws);

/* Why the stage of messages ends by what the peer's close frame says, or by
 * what is wrong with its frames: an ERROR, or NONE. */
flow_value flow__websocket_reason(const struct flow__frames *f);

/* The frame of a value that is to be a message, which it takes, as flow__frame;
 * if it can be none, out[0] is the ERROR. */
unsigned flow__message_frame(flow_value v, bool masked, flow_value out[2]);

/* Whether a failure is one that the peer is told as it is. */
bool flow__is_told(const flow_value *error);

/* A client's stage of messages, and the WebSocket in it. */
extern const flow_type flow__client_type;
struct flow__websocket *flow__client_websocket(flow_stage *messages);

/* Ends it in peace, when it is next asked, by code 1001. */
void flow__websocket_go_away(struct flow__websocket *ws);

/* From now on a page converses: the bytes to be sent, instead of the page's
 * values. `first` is what it has given already, and NULL if that is nothing. */
flow_stage *flow__websocket_sending(flow_stage *page, struct flow_request *r,
                                    const flow_value *first);

#endif
