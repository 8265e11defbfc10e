/* SPDX-License-Identifier: MIT */
/* Frames of WebSocket: from bytes to messages, and the way back.
 *
 * A message is gathered as its bytes come, never as its frames announce them;
 * what is wrong is told with the first byte that makes it so. */
#ifndef FLOW_HTTP_FRAMES_H
#define FLOW_HTTP_FRAMES_H

#include "base/utf8.h"

#include <flow/flow.h>

enum flow__opcode {
    FLOW__CONTINUED, FLOW__TEXT, FLOW__BINARY,
    FLOW__CLOSE = 8, FLOW__PING, FLOW__PONG
};

/* Codes by which a WebSocket is closed. */
enum {
    FLOW__NORMAL = 1000, FLOW__GOING_AWAY, FLOW__MALFORMED,
    FLOW__NO_CODE = 1005,               /* never sent: there was none       */
    FLOW__NOT_UTF8 = 1007, FLOW__TOO_BIG = 1009, FLOW__FAILED = 1011
};

/* Of what a control frame carries, and of its text behind a code. */
enum { FLOW__MOST_CONTROL = 125, FLOW__MOST_REASON = 123 };

enum flow__framed {
    FLOW__FRAMES_HUNGRY,            /* all input is used up                 */
    FLOW__FRAMES_MESSAGE,           /* `message` is whole: take it          */
    FLOW__FRAMES_PING,              /* with what is in `control`            */
    FLOW__FRAMES_CLOSED,            /* by the peer: `code`, and `why`       */
    FLOW__FRAMES_WRONG              /* is what came: `code`, and `why`      */
};

struct flow__frames {
    bool masked;                    /* they must be, as a client's          */
    bool discards;                  /* nobody wants messages any more       */
    size_t longest;                 /* bytes of a message                   */
    flow_value input;               /* what came; NONE: it is used up       */
    size_t at;                      /* so far it is used                    */

    unsigned char head[14];
    unsigned head_size;             /* bytes of it that were read           */
    bool in_payload;
    uint64_t size, got;             /* bytes of the frame's payload         */

    unsigned opcode;                /* of the message; 0: none was begun    */
    flow_value gathered;            /* has room for more than came          */
    char *to;                       /* its characters                       */
    size_t message_size;
    struct flow__utf8 utf8;
    flow_value message;

    char control[FLOW__MOST_CONTROL + 1];
    unsigned control_size;
    unsigned code;
    const char *why;                /* may lie in control                   */
};

void flow__frames_begin(struct flow__frames *f, bool masked, size_t longest);
void flow__frames_end(struct flow__frames *f);

/* Takes v, when the frames are hungry. Of other kinds than text and bytes
 * nothing is read. */
void flow__frames_feed(struct flow__frames *f, flow_value v);
enum flow__framed flow__frames_read(struct flow__frames *f);

/* Nobody wants messages any more. */
void flow__frames_discard(struct flow__frames *f);

/* Whether a close frame may have that code. */
bool flow__is_close_code(int code);

/* A frame of text or bytes, which it takes, in up to two values; how many. What
 * there was no memory for is an ERROR. */
unsigned flow__frame(enum flow__opcode opcode, flow_value payload, bool masked,
                     flow_value out[2]);

/* The same of a close frame, whose reason is cut to its bounds. */
unsigned flow__close_frame(unsigned code, const char *why, bool masked,
                           flow_value out[2]);

/* n random bytes. False: there are none to be had. */
bool flow__random(void *to, size_t n);

#endif
