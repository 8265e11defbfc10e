/* SPDX-License-Identifier: MIT */
/* What the tests of TLS share: certificates made for the run, and connections
 * in memory.
 *
 *     TEST(echo)
 *     {
 *         struct sides s = sides();
 *         hears("hello", speak(&s, saying("hello"), echo, NULL));
 *         part(&s);
 *     }
 */
#ifndef FLOW_TEST_TLS_HARNESS_H
#define FLOW_TEST_TLS_HARNESS_H

#include "harness.h"
#include "protocols.h"

#include <flow/tls.h>

/* In PEM. */
struct identity { char chain[4096], key[1024]; };

/* Those that there are; made at the first call. */
enum who {
    AUTHORITY,              /* signs all but the last two; trusted here     */
    LOCALHOST,              /* for localhost and 127.0.0.1                  */
    EXPIRED, EARLY,         /* for localhost: yesterday's, tomorrow's       */
    ALICE,                  /* a client's                                   */
    STRANGE_AUTHORITY,      /* trusted by nobody                            */
    STRANGER,               /* for localhost, by that                       */
    WHOS
};
const struct identity *identity(enum who w);

/* ---- Both sides, in memory ----------------------------------------------- */
struct sides;
typedef flow_stage *between(flow_stage *s, const struct sides *sides,
                            bool to_client);
struct sides {
    flow_tls *client, *server;
    flow_protocol *protocol;                /* inside TLS                   */
    void *arg;
    /* What lies between them, each way; NULL: nothing. */
    between *lies_between;
    size_t n;                               /* for that                     */
};

struct sides sides(void);           /* LOCALHOST serves; AUTHORITY is trusted */
struct sides sides_with(const flow_tls_options *client,
                        const flow_tls_options *server);
void part(struct sides *s);

/* What a client hears that says `sent` to the server with that protocol. */
flow_stage *speak(struct sides *s, flow_stage *sent, flow_protocol *p,
                  void *arg);
flow_stage *speak_to(const char *host, struct sides *s, flow_stage *sent,
                     flow_protocol *p, void *arg);

/* The server in TLS, as a protocol and as a dialer; arg is the sides. */
flow_stage *secured(flow_stage *received, void *sides);

/* For `between`: each piece waits a turn; all comes byte by byte; is cut in two
 * behind n bytes; ends behind n bytes; the client is not told that all is sent.
 */
between slowly, byte_by_byte, cut_behind, ended_behind, without_goodbye;

/* All bytes of s as one piece. */
flow_stage *joined(flow_stage *s);

#endif
