/* SPDX-License-Identifier: MIT */
/* See bell.h. The host is called with the lock held: when the bell has been
 * taken down, no thread is still about to call it, and the host may end. */
#include "bell.h"

#include <float.h>
#include <math.h>
#include <string.h>

static void answer(flow_task *t)
{
    struct flow__bell *b = (struct flow__bell *)(void *)
        ((char *)t - offsetof(struct flow__bell, ring));

    pthread_mutex_lock(&b->lock);
    b->rung = false;
    pthread_mutex_unlock(&b->lock);
    flow__bell_expect(b, FLOW__NOTHING);
    b->call(b);
}

static void never(flow_task *t)
{
    (void)t;
}

void flow__bell_hang(struct flow__bell *b, flow_host *host,
                     void (*call)(struct flow__bell *b))
{
    memset(b, 0, sizeof *b);
    atomic_init(&b->asleep, false);
    pthread_mutex_init(&b->lock, NULL);
    b->host = host;
    b->ring.call = answer;
    b->keep.call = never;
    b->call = call;
}

void flow__bell_take_down(struct flow__bell *b)
{
    flow_host *host = b->host;

    pthread_mutex_lock(&b->lock);
    b->host = NULL;
    pthread_mutex_unlock(&b->lock);
    if (host == NULL)
        return;
    host->cancel(host, &b->ring);
    host->cancel(host, &b->keep);
}

void flow__bell_end(struct flow__bell *b)
{
    pthread_mutex_destroy(&b->lock);
}

void flow__bell_expect(struct flow__bell *b, enum flow__hope hope)
{
    switch (hope) {
    case FLOW__NOTHING:
        if (b->keep.posted)
            b->host->cancel(b->host, &b->keep);
        break;
    case FLOW__SURELY:
        b->host->post(b->host, &b->keep, INFINITY);
        break;
    case FLOW__PERHAPS:
        b->host->post(b->host, &b->keep, DBL_MAX);
        break;
    }
}

void flow__bell_ring(struct flow__bell *b)
{
    pthread_mutex_lock(&b->lock);
    if (b->host != NULL && !b->rung) {
        b->rung = true;
        b->host->post_from(b->host, &b->ring);
    }
    pthread_mutex_unlock(&b->lock);
}
