/* SPDX-License-Identifier: MIT */
/* A connection: a link, and what its two directions wait for.
 *
 * The link is read and written here, when somebody asks. So nothing is received
 * that nobody asked for, and a connection that waits holds no buffer.
 *
 * It is counted: the network holds it while the link is open, and so do the
 * stages of its directions. When these are gone, it is closed: at once, or,
 * when all was sent and the peer still sends, after waiting for it (see
 * `lingers`). */
#ifndef FLOW_NET_CONN_H
#define FLOW_NET_CONN_H

#include "network.h"

#include <flow/net.h>

enum {
    FLOW__RECEIVED = 65536,         /* bytes handed on at once, at most     */
    FLOW__UNSENT = 32,              /* values taken for sending, at most    */
    FLOW__UNSENT_BYTES = 65536      /* no more is taken beyond so many      */
};

struct flow__conn {                 /* what is used often comes first       */
    struct flow__link *link;
    flow_waker *reader, *writer;    /* who waits for the link               */
    bool open;                      /* the link is                          */
    bool readable;                  /* as far as is known                   */
    bool blocked;                   /* the network takes no more, for now   */
    bool waits;                     /* somebody does                        */
    bool watched;                   /* the reader only looks for the peer   */
    bool ended;                     /* the peer has sent all                */
    bool shut;                      /* all is sent                          */
    bool lingers;                   /* the last to go waits for the peer    */
    bool lingering;
    bool lost;                      /* see `why`                            */
    bool loss_is_end;               /* of the stage received                */
    bool stays;                     /* the peer is not told that all is sent */
    double idle;                    /* the option                           */
    double patience;                /* see flow__conn_bound_sending         */
    unsigned from, to;
    size_t bytes;                   /* unsent                               */
    size_t cut;                     /* of the first that are sent           */
    flow_value last;                /* the failure after what is unsent     */
    flow_value unsent[FLOW__UNSENT];            /* [from, to) are there     */

    double moved;                   /* when bytes last did                  */
    double goes_by;                 /* what is unsent; 0: nothing is        */
    size_t went;                    /* bytes of that                        */
    flow_value why;                 /* it was lost, or has lasted too long  */
    double until;                   /* it may last; 0: for ever             */
    flow_host *host;
    flow_task later;                /* goes on sending; ends lingering      */
    flow_task limit;                /* it may have lasted too long          */
    double limit_at;                /* that is looked at                    */
    void (*gone)(struct flow__conn *c);         /* the link was closed      */
    uint32_t holders;
    size_t size;                    /* of what this is the beginning of     */
    char peer[FLOW__ADDRESS_TEXT];
};

/* A connection whose link is not open yet, as the first member of something
 * larger, of that size, zeroed. Its one holder is the caller. NULL without
 * memory. */
struct flow__conn *flow__conn_new(const struct flow__network *network,
                                  size_t size);

/* Its link is open now: with that peer. */
void flow__conn_open(struct flow__conn *c, const struct flow__address *peer);

/* It is connected. o may be NULL. */
void flow__conn_begin(struct flow__conn *c, const flow_conn_options *o);

void flow__conn_hold(struct flow__conn *c);
void flow__conn_release(struct flow__conn *c);

/* Closes the link now: with a reset, unless all was sent. Stages that wait are
 * woken, and fail. */
void flow__conn_close(struct flow__conn *c);

/* The same, as one that is lost: "the connection with PEER WHAT". */
void flow__conn_give_up(struct flow__conn *c, const char *what);

/* Waits until bytes may be sent: of a connection that is being made. */
void flow__conn_wait_writable(struct flow__conn *c, flow_waker *w);

/* From now on it is lost when the peer takes longer than so many seconds for
 * FLOW__UNSENT_BYTES, or for what there is if that is less. 0: any number. */
void flow__conn_bound_sending(struct flow__conn *c, double seconds);

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
