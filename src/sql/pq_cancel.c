/* SPDX-License-Identifier: MIT */
/* See pq_cancel.h. When nobody waits for the thread, it gives back what is
 * left. */
#include "pq_cancel.h"

#include <flow/flow.h>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct flow__pq_cancel {
    PGcancel *key;
    int fd;                         /* an eventfd: the server has been told */
    pthread_t thread;
    atomic_bool left;               /* by the one, then so by the other     */
};

static const int PATIENCE = 1000;   /* milliseconds, when all is closed     */

static void give_back(struct flow__pq_cancel *k)
{
    PQfreeCancel(k->key);
    if (k->fd >= 0)
        close(k->fd);
    flow_free(k, sizeof *k);
}

static void *tell_server(void *arg)
{
    struct flow__pq_cancel *k = arg;
    char why[256];

    PQcancel(k->key, why, sizeof why);      /* in vain: then it goes on     */
    eventfd_write(k->fd, 1);
    if (atomic_exchange(&k->left, true))
        give_back(k);
    return NULL;
}

/* Signals are for the program's own threads. */
static bool begin_thread(struct flow__pq_cancel *k)
{
    sigset_t all, before;
    int wrong;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    wrong = pthread_create(&k->thread, NULL, tell_server, k);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return wrong == 0;
}

struct flow__pq_cancel *flow__pq_cancel(PGconn *db)
{
    struct flow__pq_cancel *k = flow_alloc(sizeof *k);

    if (k == NULL)
        return NULL;
    k->key = PQgetCancel(db);
    k->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    atomic_init(&k->left, false);
    if (k->key != NULL && k->fd >= 0 && begin_thread(k))
        return k;
    give_back(k);
    return NULL;
}

int flow__pq_cancel_wait(struct flow__pq_cancel **k)
{
    eventfd_t told;

    if (*k == NULL)
        return -1;
    if (eventfd_read((*k)->fd, &told) != 0)
        return (*k)->fd;
    pthread_join((*k)->thread, NULL);
    give_back(*k);
    *k = NULL;
    return -1;
}

/* A program that ends now would not have told the server. */
void flow__pq_cancel_leave(struct flow__pq_cancel *k)
{
    struct pollfd told = { .events = POLLIN };

    if (k == NULL)
        return;
    told.fd = k->fd;
    poll(&told, 1, PATIENCE);
    if (flow__pq_cancel_wait(&k) < 0)
        return;
    pthread_detach(k->thread);
    if (atomic_exchange(&k->left, true))
        give_back(k);
}
