/* SPDX-License-Identifier: MIT */
/* A simulated connection: two lines, one for what each side sends the other.
 *
 *      head                                      head + arrived + flying
 *        | arrived, may be received | flying, may come any time |  room  |
 *
 * What flies does so in flights, which arrive in order, each at its time. The
 * end, and a reset, are flights too. A wire lives until both sides are gone. */
#ifndef FLOW_SIMULATION_WIRE_H
#define FLOW_SIMULATION_WIRE_H

#include "fate.h"

#include "net/network.h"

enum { FLOW__FLIGHTS = 32 };            /* in a line; further bytes join the
                                           last                             */

enum flow__flight { FLOW__BYTES, FLOW__END, FLOW__RESET };

struct flow__line {
    struct flow__wire *wire;
    int to;                             /* the side that receives           */
    char *bytes;                        /* a ring                           */
    size_t size, head, arrived, flying;
    struct { double at; size_t n; enum flow__flight kind; }
        flights[FLOW__FLIGHTS];         /* a ring as well                   */
    unsigned first, count;
    bool finished, cut;                 /* the end, a reset was sent        */
    bool ended, broken;                 /* and has arrived                  */
    flow_task arrival;                  /* of the first flight              */
};

enum flow__call { FLOW__CALLING, FLOW__ANSWERED, FLOW__TALKING };
enum { FLOW__CALLER, FLOW__SERVER };    /* its two sides                    */

struct flow__wire {
    unsigned number;
    enum flow__call state;
    int wrong;                          /* why it was refused, -errno       */
    struct flow__address to;            /* who is called                    */
    struct flow__end *side[2];          /* NULL: gone, or not yet there     */
    bool waits;                         /* to be accepted                   */
    struct flow__wire *next;            /* that does                        */
    flow_task call;                     /* is on its way, there or back     */
    struct flow__line line[2];          /* line[i] goes to side i           */
    char bytes[];
};

/* What the simulated network makes of a link. */
struct flow__end {
    struct flow__link link;             /* first                            */
    unsigned watched;
    flow_task event;                    /* tells that it is ready, or closed */
    bool open;
    struct flow__wire *wire;            /* NULL: it listens                 */
    int which;                          /* side of it                       */
    struct flow__address at;            /* it listens there                 */
    struct flow__wire *first;           /* waits to be accepted             */
    size_t waiting;
    struct flow__end *next;             /* that listens                     */
};

/* NULL without memory. */
struct flow__wire *flow__wire_new(unsigned number);
/* When nobody has it any more. */
void flow__wire_free_unused(struct flow__wire *w);

ssize_t flow__wire_send(struct flow__end *e, const struct iovec *pieces, int n);
ssize_t flow__wire_receive(struct flow__end *e, char *to, size_t n);
void flow__wire_finish(struct flow__end *e);
void flow__wire_reset(struct flow__line *l);    /* loses what flies         */

/* e has come to one side; it goes. */
void flow__wire_attach(struct flow__wire *w, struct flow__end *e, int which);
void flow__wire_detach(struct flow__end *e, bool reset);

/* Something may be told to its owner, some time later. NULL is fine. */
void flow__end_touch(struct flow__end *e);
void flow__end_tell(struct flow__end *e);       /* now                      */

#endif
