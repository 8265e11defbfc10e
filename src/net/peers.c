/* SPDX-License-Identifier: MIT */
/* See peers.h. */
#include "peers.h"

#include <string.h>

static uint64_t key_of(const struct flow__address *a)
{
    const struct in6_addr *six = &a->to.six.sin6_addr;
    const void *four = &a->to.four.sin_addr;
    uint64_t key = 0;
    uint32_t last;

    if (a->to.any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(six))
        four = &six->s6_addr[12];
    else if (a->to.any.sa_family == AF_INET6)
        four = NULL;
    if (four == NULL) {
        memcpy(&key, six->s6_addr, sizeof key);
        return key;
    }
    memcpy(&last, four, sizeof last);
    return (uint64_t)1 << 32 | last;
}

static struct flow__peer **row_of(struct flow__peers *t, uint64_t key)
{
    return &t->row[(key * 0x9e3779b97f4a7c15u >> 32) % FLOW__PEER_ROWS];
}

bool flow__peers_add(struct flow__peers *t, struct flow__peer *p,
                     const struct flow__address *a, size_t most)
{
    struct flow__peer **row;
    size_t n = 0;

    if (a->to.any.sa_family == AF_UNIX)
        return true;
    p->key = key_of(a);
    row = row_of(t, p->key);
    for (const struct flow__peer *o = *row; o != NULL && n < most; o = o->next)
        n += o->key == p->key;
    if (n >= most)
        return false;
    p->next = *row;
    p->place = row;
    if (p->next != NULL)
        p->next->place = &p->next;
    *row = p;
    return true;
}

void flow__peers_remove(struct flow__peer *p)
{
    if (p->place == NULL)
        return;
    *p->place = p->next;
    if (p->next != NULL)
        p->next->place = p->place;
    p->place = NULL;
}
