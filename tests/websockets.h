/* SPDX-License-Identifier: MIT */
/* What the tests of WebSocket share: pages that converse, and a notation for
 * frames, for those that are sent and those that come back:
 *
 *     "81:hello|89*125:x|88=1000:bye"
 *
 * are a text "hello" in one frame, a ping with 125 times x, and a close frame
 * of that code and reason. The first byte of a frame is in hex. Behind it, '-'
 * leaves out the mask, '>' has the payload cut off after what is said, by the
 * number of bytes that are missing, and '+' writes the length in 8 bytes. */
#ifndef FLOW_TEST_WEBSOCKETS_H
#define FLOW_TEST_WEBSOCKETS_H

#include "harness.h"

#include <flow/websocket.h>

/* Has
 *     /echo       messages as they come
 *     /early      says hello first, then as echo
 *     /whole      is over at once
 *     /fails      after the first message, by a failure of the program
 *     /tells      after the first message, by code 4001 and "enough"
 *     /deaf       closes its messages, and ticks each second
 *     /waits      takes no message for a day
 *     /works      after a message waits for a second, then counts it done
 *     /tall       has no limit but 64 MiB
 *     /short      messages of up to 10 bytes
 *     /spoken     answers which of "one two" was agreed on
 *     /friend     lets pages of https://friend come
 *     /anyone     lets all come
 *     /guarded    refuses who has no cookie "key"
 *     /thinks     waits for a second before it answers, then as echo
 * All are closed as messages end. */
flow_site *conversing_pages(void);
extern int done;                        /* by /works                        */

/* The request to begin, which has no mistake. */
#define BEGINS(path)                                                         \
    "GET " path " HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\n"          \
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"                   \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

/* The request, then the frames: bytes, which are yours. */
flow_value said(const char *request, const char *frames);

/* Frames in the notation, where payloads of one character often are written as
 * sent; when the answer is none of WebSocket "HTTP " and its status. Then `!`
 * and the class of a failure. Borrowed until the next call; closes s. */
const char *heard_frames(flow_stage *s);

/* What a page answers to these frames, in pieces of so many bytes (0: all in
 * one), after which the connection is at its end. */
const char *conversation(const char *path, const char *frames, size_t size);

/* Checks that. */
void converses(const char *wanted, const char *path, const char *frames);

/* As text, or its begin. */
void is_heard(const char *wanted, const char *heard);

#endif
