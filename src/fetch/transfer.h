/* SPDX-License-Identifier: MIT */
/* One fetch: what has come and was not asked for yet, and what is to be sent
 * and was not taken yet, between a stage and libcurl.
 *
 *     stage                transfer                    libcurl
 *     flow__transfer_give  <- head, blocks         <-  takes_line, takes_piece
 *     flow__transfer_feed  -> unsent (16 values)   ->  gives_piece
 */
#ifndef FLOW_FETCH_TRANSFER_H
#define FLOW_FETCH_TRANSFER_H

#include "client.h"
#include "head.h"

#include "operator/alarm.h"

enum {
    FLOW__HELD = 65536,             /* read ahead, and no further           */
    FLOW__UNSENT_MOST = 16,         /* values of an upload                  */
    FLOW__UNPACKED = 64 << 20       /* held at once, whatever unpacks       */
};

struct flow__block;

struct flow__transfer {
    struct flow__job job;           /* first                                */
    char *url;                      /* without password; curl_free          */
    struct curl_slist *headers;     /* that are sent                        */
    double idle;
    size_t longest;                 /* of the body; 0: any                  */
    size_t length;                  /* of the upload; 0: unknown            */
    bool follows;                   /* redirects                            */

    flow_waker *waker;              /* of the stage, while it waits         */
    struct flow__alarm alarm;       /* nothing comes nor goes               */
    double moved;                   /* when something last did              */
    bool begun, connected, over;
    flow_value wrong;               /* why it has failed, or is to fail     */
    char words[CURL_ERROR_SIZE];

    struct flow__head head;
    bool headed;                    /* the head is complete ...             */
    flow_value boxed;               /* ... and here, until it is given      */
    struct flow__block *first, *last;
    size_t held, received;          /* bytes; of the body so far            */
    bool stopped;                   /* libcurl reads no further             */

    flow_value unsent[FLOW__UNSENT_MOST];   /* [from, to) are there         */
    size_t from, to, cut;           /* cut: bytes of the first that are sent */
    size_t fed;                     /* bytes of the upload so far           */
    bool hungry;                    /* libcurl waits for more               */
    bool all_fed;
};

/* With a handle that has no options yet, and nothing else. NULL: no memory. */
struct flow__transfer *flow__transfer_new(void);
void flow__transfer_close(struct flow__transfer *t);        /* NULL is fine */

/* Nobody asks any more: libcurl is done with. */
void flow__transfer_break(struct flow__transfer *t);

/* Sets the options by which libcurl tells what happens. */
bool flow__transfer_set_up(struct flow__transfer *t);

/* NONE, or why it cannot begin. */
flow_value flow__transfer_begin(struct flow__transfer *t);

/* Gives what has come. WAIT: nothing has, and there will be more. */
flow_status flow__transfer_give(struct flow__transfer *t, flow_stage *out);

/* Takes of `sent` what libcurl waits for. FAILED: *error says why. */
flow_status flow__transfer_feed(struct flow__transfer *t, flow_stage *sent,
                                flow_waker *w, flow_value *error);

/* Has it go on, and wakes w when there is something to give or to be fed.
 * FAILED, as above: it cannot, or has been idle for too long. */
flow_status flow__transfer_wait(struct flow__transfer *t, flow_waker *w,
                                flow_value *error);

#endif
