/* SPDX-License-Identifier: MIT */
/* Who is connected how often. */
#ifndef FLOW_NET_PEERS_H
#define FLOW_NET_PEERS_H

#include "address.h"

struct flow__peer {
    uint64_t key;
    struct flow__peer *next, **place;       /* NULL: in no table            */
};

enum { FLOW__PEER_ROWS = 1024 };
struct flow__peers { struct flow__peer *row[FLOW__PEER_ROWS]; };

/* Whether the address has fewer than `most` there; p is the next, then. Of
 * addresses of version 6, those that share their first 64 bits count as one;
 * those that are paths are not counted. */
bool flow__peers_add(struct flow__peers *t, struct flow__peer *p,
                     const struct flow__address *a, size_t most);

void flow__peers_remove(struct flow__peer *p);  /* fine if in no table      */

#endif
