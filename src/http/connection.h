/* SPDX-License-Identifier: MIT */
/* A connection of the server, as its files know it: http.c is its stage, which
 * reads heads; page.c runs the page and answers; send.c frames what is sent. */
#ifndef FLOW_HTTP_CONNECTION_H
#define FLOW_HTTP_CONNECTION_H

#include "answer.h"
#include "gzip.h"

enum flow__http_state {
    FLOW__READS_HEAD,
    FLOW__RUNS_PAGE,
    FLOW__CONVERSES,            /* the page has become a WebSocket           */
    FLOW__DRAINS,               /* throws away what the page has left        */
    FLOW__ENDS
};

enum flow__http_timed {
    FLOW__BY_NOTHING, FLOW__BY_IDLE, FLOW__BY_HEAD, FLOW__BY_GONE
};

struct flow__http {
    struct flow__listed listed; /* first: in its site, when it is begun      */
    flow_stage *page;           /* these two are its inputs; the page uses   */
    flow_stage *received;       /* the other, and so is closed before it     */
    flow_site *site;
    struct flow__parser parser;
    struct flow_request r;
    enum flow__http_state state;
    struct flow__alarm alarm;
    enum flow__http_timed timed;
    double until, rings;        /* it may wait; and when the alarm does      */

    flow_value held;            /* the first piece; NONE: there is none      */
    bool answering;             /* a request has not been answered whole     */
    bool headed;                /* the head is sent                          */
    bool closes;                /* the connection ends with this answer      */
    enum flow__framing framing;
    struct flow__gzip *gzip;    /* NULL: the body is sent as it is           */
    uint64_t given, sent;       /* bytes of the body: by the page, and so    */
    uint64_t drained;
    flow_value out[7];          /* a head, and two pieces in chunks          */
    size_t n;
    flow_value failure;         /* there was no memory for some of it        */
};

/* ---- page.c -------------------------------------------------------------- */
/* A head was read: finds its page, which then is to be run. */
void flow__http_begin(struct flow__http *h);

/* Asks the page for more; READY: there is something to send, or more to do. */
flow_status flow__http_run(struct flow__http *h, flow_stage *out,
                           flow_waker *w);

/* The same when it has become a WebSocket, which reads for itself. */
flow_status flow__http_converse(struct flow__http *h, flow_waker *w);

/* Nobody is there to be answered: closes the page. */
void flow__http_leave(struct flow__http *h);

/* Answers why the parser is not content. */
void flow__http_refuse(struct flow__http *h);

/* What is answered has ended: a line of the log. */
void flow__http_log(struct flow__http *h);

/* ---- send.c -------------------------------------------------------------- */
/* Adds v to what is sent next; an ERROR breaks the connection. */
void flow__http_send(struct flow__http *h, flow_value v);
void flow__http_send_head(struct flow__http *h, enum flow__framing framing,
                          bool text);

/* What the page has given. If it is compressed, it comes out by those below. */
void flow__http_send_piece(struct flow__http *h, flow_value piece);

/* Sends on what there is; false: that was nothing. */
bool flow__http_send_more(struct flow__http *h);

/* The same while the page waits: all of it is to come out. */
bool flow__http_send_rest(struct flow__http *h);

/* The page has ended; true: so has the body. */
bool flow__http_send_end(struct flow__http *h);

/* Whether the bytes of the body go out at all. */
bool flow__http_sends_body(const struct flow__http *h);

#endif
