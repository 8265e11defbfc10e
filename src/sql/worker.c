/* SPDX-License-Identifier: MIT */
/* See worker.h. */
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

struct flow__sql_worker {
    pthread_mutex_t lock;
    pthread_cond_t wanted, rests;   /* the one waits for, the other tells   */
    pthread_t thread;
    flow_host *host;
    flow_task *done;
    void (*run)(void *arg);         /* NULL: nothing runs                   */
    void *arg;
    bool ends;
    bool alone;                     /* nobody waits for it any more         */
    void (*last)(void *arg);
    void *last_arg;
};

static void free_worker(struct flow__sql_worker *w)
{
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->wanted);
    pthread_cond_destroy(&w->rests);
    flow_free(w, sizeof *w);
}

/* The lock is held. */
static void do_one(struct flow__sql_worker *w)
{
    pthread_mutex_unlock(&w->lock);
    w->run(w->arg);
    pthread_mutex_lock(&w->lock);
    w->run = NULL;
    if (!w->ends)
        w->host->post_from(w->host, w->done);
    pthread_cond_signal(&w->rests);
}

static void *work(void *arg)
{
    struct flow__sql_worker *w = arg;
    bool alone;

    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (w->run == NULL && !w->ends)
            pthread_cond_wait(&w->wanted, &w->lock);
        if (w->run == NULL)
            break;
        do_one(w);
    }
    alone = w->alone;
    pthread_mutex_unlock(&w->lock);
    if (alone) {
        w->last(w->last_arg);
        free_worker(w);
    }
    return NULL;
}

/* Signals are for the program's own threads. */
static int begin_thread(struct flow__sql_worker *w)
{
    sigset_t all, before;
    int wrong;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    wrong = pthread_create(&w->thread, NULL, work, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return wrong;
}

struct flow__sql_worker *flow__sql_worker_new(flow_host *host, flow_task *done,
                                              flow_value *why)
{
    struct flow__sql_worker *w = flow_alloc(sizeof *w);
    pthread_condattr_t by_monotonic;
    int wrong;

    if (w == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory for a thread");
        return NULL;
    }
    *w = (struct flow__sql_worker){ .host = host, .done = done };
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&by_monotonic);
    pthread_condattr_setclock(&by_monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wanted, NULL);
    pthread_cond_init(&w->rests, &by_monotonic);
    pthread_condattr_destroy(&by_monotonic);
    wrong = begin_thread(w);
    if (wrong == 0)
        return w;
    free_worker(w);
    *why = flow_system_error(wrong, "no thread for a connection");
    return NULL;
}

void flow__sql_worker_run(struct flow__sql_worker *w, void (*run)(void *arg),
                          void *arg)
{
    pthread_mutex_lock(&w->lock);
    w->run = run;
    w->arg = arg;
    pthread_cond_signal(&w->wanted);
    pthread_mutex_unlock(&w->lock);
}

bool flow__sql_worker_tell(struct flow__sql_worker *w, flow_task *t)
{
    bool heard;

    pthread_mutex_lock(&w->lock);
    heard = !w->ends;
    if (heard)
        w->host->post_from(w->host, t);
    pthread_mutex_unlock(&w->lock);
    return heard;
}

static struct timespec from_now(double seconds)
{
    struct timespec t;
    double whole = (double)(time_t)seconds;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)whole;
    t.tv_nsec += (long)((seconds - whole) * 1e9);
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

bool flow__sql_worker_end(struct flow__sql_worker *w, double seconds,
                          void (*last)(void *arg), void *arg)
{
    struct timespec until = from_now(seconds);
    pthread_t thread = w->thread;

    pthread_mutex_lock(&w->lock);
    w->ends = true;
    pthread_cond_signal(&w->wanted);
    while (w->run != NULL
           && pthread_cond_timedwait(&w->rests, &w->lock, &until) != ETIMEDOUT)
        ;
    w->alone = w->run != NULL;
    w->last = last;
    w->last_arg = arg;
    if (w->alone) {
        pthread_detach(thread);
        pthread_mutex_unlock(&w->lock);
        return false;
    }
    pthread_mutex_unlock(&w->lock);
    pthread_join(thread, NULL);
    free_worker(w);
    return true;
}
