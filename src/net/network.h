/* SPDX-License-Identifier: MIT */
/* What connections stand on: a network of links, each of which is one end of a
 * connection, or listens for some. Sockets are one (sockets.c); another may
 * take their place in a thread, as a simulated one does.
 *
 * Nothing here waits. A call does what can be done now, and answers -EAGAIN
 * when that is nothing; the owner of the link is then told by `ready` when to
 * try again, if it has said by `watch` that it waits for that. All errors are
 * negative numbers of errno. No call runs `ready`, `closed` or `done` before it
 * has returned: they come from the loop of the thread's host. */
#ifndef FLOW_NET_NETWORK_H
#define FLOW_NET_NETWORK_H

#include "address.h"

#include "reactor/poll.h"

#include <sys/types.h>
#include <sys/uio.h>

struct flow__network;

/* In memory of its owner's, of network->link_size bytes, all 0 but for these. A
 * link is open after listen, accept or connect has answered 0, and until it is
 * closed; what it is made of may go when `closed` has been called. */
struct flow__link {
    const struct flow__network *network;
    void *owner;
    /* Events have come, FLOW__READABLE or FLOW__WRITABLE: of those watched for,
     * or others; trouble is both. */
    void (*ready)(struct flow__link *l, unsigned events);
    void (*closed)(struct flow__link *l);
    bool ends;                      /* the peer will send no more, or is in
                                       trouble: receive until that is told  */
};

/* A name that is looked up. The memory is the asker's. */
enum { FLOW__FOUND = 16 };
struct flow__lookup {
    void (*done)(struct flow__lookup *q);       /* once, unless forgotten   */
    void *own;                                  /* the network's            */
    const char *wrong;                          /* NULL: it was found       */
    size_t n;                                   /* at least 1 then          */
    struct flow__address found[FLOW__FOUND];    /* the best first; port 0   */
};

/* Where it comes from or goes to; of a link with one peer, that is not said. */
struct flow__datagram {
    char *chars;
    size_t size;
    struct flow__address peer;
};
enum { FLOW__DATAGRAMS = 16 };      /* in one call                          */

struct flow__network {
    size_t link_size;

    /* Listens. *at gets the port, if it was 0. */
    int (*listen)(struct flow__link *l, struct flow__address *at);
    /* A connection that somebody made to `listening`, as the link l. */
    int (*accept)(struct flow__link *listening, struct flow__link *l,
                  struct flow__address *peer);
    /* Such a connection is reset: there is no memory for it. */
    int (*refuse)(struct flow__link *listening);
    /* Begins to connect. When the link is writable, `connected` tells: 0, or
     * why not; a link that is not connected is to be closed nevertheless. */
    int (*connect)(struct flow__link *l, const struct flow__address *to);
    int (*connected)(struct flow__link *l);

    /* Of connected links. Receive: 0 is the end. Fewer bytes than asked for:
     * there are no more, for now, and unless it ends `ready` will tell of the
     * next. Without having been told by EAGAIN or by few bytes that there are
     * no more, one is not told of them either; it is the same with sending. */
    ssize_t (*receive)(struct flow__link *l, char *to, size_t n);
    ssize_t (*send)(struct flow__link *l, const struct iovec *pieces, int n);
    void (*finish)(struct flow__link *l);       /* no more will be sent     */
    /* delay: small pieces may be held back. keep_alive: seconds of silence
     * before the peer is asked whether it is there; 0: it is not. */
    void (*tune)(struct flow__link *l, bool delay, double keep_alive);

    /* The next three may be NULL: it has no datagrams. A link of them, at that
     * place, whose port is told if it was 0; or, `at` NULL, with that peer. */
    int (*bind)(struct flow__link *l, struct flow__address *at,
                const struct flow__address *peer);
    /* How many of the n. Received: into the room of each, whose size is told;
     * sent: those before one that cannot be. */
    int (*receive_some)(struct flow__link *l, struct flow__datagram *d, int n);
    int (*send_some)(struct flow__link *l, struct flow__datagram *d, int n);

    /* What the owner waits for now; 0: nothing. While some link is watched for
     * something, the loop goes on. */
    void (*watch)(struct flow__link *l, unsigned events);
    /* reset: what is unsent is thrown away, and the peer learns that it has not
     * got all. `ready` is not called any more. */
    void (*close)(struct flow__link *l, bool reset);

    /* Looks a name up, waiting for it: `done` is not called. */
    void (*find)(const char *name, struct flow__lookup *q);
    /* Without waiting. False: *q tells already, and `done` is not called.
     * Until it is, it may be forgotten. */
    bool (*look_up)(const char *name, struct flow__lookup *q);
    void (*forget)(struct flow__lookup *q);
};

/* The network of this thread: sockets, unless another was set. NULL: *why. */
const struct flow__network *flow__network_here(flow_value *why);
void flow__network_use(const struct flow__network *network);

/* Memory that is zeroed for something of `size` bytes and a link of its, which
 * has an owner then. NULL without. */
void *flow__link_new(const struct flow__network *network, size_t size,
                     struct flow__link **out);
void  flow__link_free(struct flow__link *l, size_t size);   /* and the owner */

#endif
