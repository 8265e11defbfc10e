/* SPDX-License-Identifier: MIT */
/* A connection: a socket, and what its two directions wait for.
 *
 * Sockets are read and written here, when somebody asks; libuv says when that
 * may help. So nothing is received that nobody asked for, a connection that
 * waits holds no buffer, and a peer that has gone raises no signal.
 *
 * It is counted: libuv holds it while the socket is open, and so do the stages
 * of its directions. When these are gone, it is closed: at once, or, when all
 * was sent and the peer still sends, after waiting for it (see `lingers`). */
#ifndef FLOW_NET_CONN_H
#define FLOW_NET_CONN_H

#include "address.h"

#include <uv.h>

enum {
    FLOW__RECEIVED = 65536,         /* bytes handed on at once, at most     */
    FLOW__UNSENT = 32,              /* values taken for sending, at most    */
    FLOW__UNSENT_BYTES = 65536      /* no more is taken beyond so many      */
};

struct flow__conn {
    uv_poll_t poll;                 /* first                                */
    size_t size;                    /* of what this is the beginning of     */
    uint32_t holders;
    int fd;                         /* -1: closed                           */
    flow_host *host;
    flow_task later;                /* goes on sending; ends lingering      */
    void (*gone)(struct flow__conn *c);         /* the socket was closed    */

    flow_waker *reader, *writer;    /* who waits for the socket             */
    int watched;                    /* the events libuv looks for           */
    bool readable;                  /* as far as is known                   */
    bool blocked;                   /* the kernel takes no more, for now    */
    bool ended;                     /* the peer has sent all                */
    bool shut;                      /* all is sent, and the peer told       */
    bool lingers;                   /* the last to go waits for the peer    */
    bool lingering;
    bool lost;                      /* receiving or sending failed          */

    flow_value unsent[FLOW__UNSENT];            /* [from, to) are there     */
    unsigned from, to;
    size_t bytes;                   /* unsent                               */
    size_t cut;                     /* of the first that are sent           */
    flow_value last;                /* the failure after what is unsent     */
    char peer[FLOW__ADDRESS_TEXT];
};

/* A new connection on that socket, as the first member of something larger, of
 * that size, zeroed. Its one holder is the caller. NULL: *why says why, and fd
 * is closed. */
struct flow__conn *flow__conn_new(size_t size, int fd,
                                  const struct flow__address *peer,
                                  flow_value *why);
void flow__conn_hold(struct flow__conn *c);
void flow__conn_release(struct flow__conn *c);

/* Closes the socket now: with a reset, unless all was sent. Stages that wait
 * are woken, and fail. */
void flow__conn_close(struct flow__conn *c);

/* Waits until bytes may be sent: of a connection that is being made. */
void flow__conn_wait_writable(struct flow__conn *c, flow_waker *w);

/* The fill of a stage of bytes received. */
flow_status flow__conn_receive(struct flow__conn *c, flow_stage *out,
                               flow_waker *w);

/* Sends what `source` gives, as far as it goes. DONE: all is sent. WAIT: w will
 * be woken. FAILED: *error says why. Never READY. */
flow_status flow__conn_send(struct flow__conn *c, flow_stage *source,
                            flow_waker *w, flow_value *error);

/* The reader's or the writer's stage has gone: nobody is to be woken. */
void flow__conn_forget(struct flow__conn *c, bool reader, bool writer);

#endif
