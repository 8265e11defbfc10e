/* SPDX-License-Identifier: MIT */
/* See pool.h. One lock is for all lines, threads and holders of jobs: nothing
 * is done under it but to link and unlink, and now and then to make a thread.
 *
 * A thread that ends puts itself among those that are over, and the next who
 * comes by joins it: so at the end none is left, for whoever looks. */
#include "pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, LINE = 1024 };

struct flow__thread_of_pool {
    struct flow__thread_of_pool *next, *prev;
    flow_pool *pool;                        /* NULL: it is for one job      */
    struct flow__job *job;
    const char *name, *made;                /* of the job it runs           */
    pthread_t id;
    bool unwanted;                          /* nobody waits for its job     */
};

struct flow_pool {
    struct flow__job *first, *last;         /* the line                     */
    size_t waiting, longest;
    size_t threads, most, idle;
    size_t holders;                         /* each thread is one           */
    bool closed;
    pthread_cond_t came;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t went;                    /* a thread, or its job         */
    struct flow__thread_of_pool *alive, *over;
    pid_t process;
} all = { .lock = PTHREAD_MUTEX_INITIALIZER, .went = PTHREAD_COND_INITIALIZER };

static flow_pool no_memory = { .holders = 1 };

static void lock(void)
{
    pthread_mutex_lock(&all.lock);
}

static void unlock(void)
{
    pthread_mutex_unlock(&all.lock);
}

/* ---- Pools ------------------------------------------------------------- */
flow_pool *flow_pool_new(size_t threads, size_t line)
{
    flow_pool *p = flow_alloc(sizeof *p);

    if (p == NULL)
        return &no_memory;
    memset(p, 0, sizeof *p);
    p->holders = 1;
    p->most = threads > 0 ? threads : THREADS;
    p->longest = line > 0 ? line : LINE;
    pthread_cond_init(&p->came, NULL);
    return p;
}

static bool is_lost(const flow_pool *p)
{
    return p == NULL || p == &no_memory;
}

flow_pool *flow__pool_hold(flow_pool *p)
{
    if (is_lost(p))
        return p;
    lock();
    p->holders++;
    unlock();
    return p;
}

void flow__pool_release(flow_pool *p)
{
    bool last;

    if (is_lost(p))
        return;
    lock();
    last = --p->holders == 0;
    unlock();
    if (!last)
        return;
    pthread_cond_destroy(&p->came);
    flow_free(p, sizeof *p);
}

void flow_pool_close(flow_pool *p)
{
    if (is_lost(p))
        return;
    lock();
    p->closed = true;
    for (struct flow__thread_of_pool *t = all.alive; t != NULL; t = t->next)
        if (t->pool == p)
            t->unwanted = true;
    pthread_cond_broadcast(&p->came);
    unlock();
    flow__pool_release(p);
}

/* ---- The line; with the lock held --------------------------------------- */
static void line_up(struct flow__job *j)
{
    flow_pool *p = j->pool;

    j->in_line = true;
    j->next = NULL;
    j->prev = p->last;
    *(j->prev != NULL ? &j->prev->next : &p->first) = j;
    p->last = j;
    p->waiting++;
}

static void leave_line(struct flow__job *j)
{
    flow_pool *p = j->pool;

    j->in_line = false;
    *(j->prev != NULL ? &j->prev->next : &p->first) = j->next;
    *(j->next != NULL ? &j->next->prev : &p->last) = j->prev;
    p->waiting--;
}

/* What the thread is to do now; NULL: to go. */
static struct flow__job *next_job(struct flow__thread_of_pool *t)
{
    struct flow__job *j = t->job;
    flow_pool *p = t->pool;

    if (p == NULL)
        return j;
    while (p->first == NULL && !p->closed) {
        p->idle++;
        pthread_cond_wait(&p->came, &all.lock);
        p->idle--;
    }
    j = p->first;
    if (j != NULL)
        leave_line(j);
    return j;
}

/* ---- A thread ----------------------------------------------------------- */
static void take_on(struct flow__thread_of_pool *t, struct flow__job *j)
{
    t->job = j;
    t->name = j->name;
    t->made = j->made;
    j->runs_in = t;
}

/* One that was given a thread of its own may have been left meanwhile. */
static void run(struct flow__thread_of_pool *t, struct flow__job *j)
{
    bool left = t->pool == NULL && t->unwanted;
    bool last;

    if (!left) {
        take_on(t, j);
        unlock();
        j->run(j);
        flow_host_use(NULL);                /* the next finds it as new     */
        lock();
    }
    j->runs_in = NULL;
    last = --j->holders == 0;
    if (last) {
        unlock();
        j->free(j);
        lock();
    }
    t->job = NULL;
    t->unwanted = t->pool == NULL || t->pool->closed;
    pthread_cond_broadcast(&all.went);
}

static void leave_pool(flow_pool *p)
{
    p->threads--;
    unlock();
    flow__pool_release(p);
    lock();
}

/* What it held is given back first: then nothing of it is left but itself. */
static void go(struct flow__thread_of_pool *t)
{
    if (t->pool != NULL)
        leave_pool(t->pool);
    *(t->prev != NULL ? &t->prev->next : &all.alive) = t->next;
    if (t->next != NULL)
        t->next->prev = t->prev;
    t->next = all.over;
    all.over = t;
    pthread_cond_broadcast(&all.went);
}

static void *live(void *arg)
{
    struct flow__thread_of_pool *t = arg;
    struct flow__job *j;

    lock();
    while ((j = next_job(t)) != NULL)
        run(t, j);
    go(t);
    unlock();
    return NULL;
}

static void join_over(void)
{
    struct flow__thread_of_pool *t;

    lock();
    t = all.over;
    all.over = NULL;
    unlock();
    while (t != NULL) {
        struct flow__thread_of_pool *next = t->next;

        pthread_join(t->id, NULL);
        flow_free(t, sizeof *t);
        t = next;
    }
}

/* ---- At the end --------------------------------------------------------- */
static size_t unwanted(void)
{
    size_t n = 0;

    for (const struct flow__thread_of_pool *t = all.alive; t != NULL;
         t = t->next)
        n += t->unwanted;
    return n;
}

static struct timespec clock_in(double seconds)
{
    enum { DAY = 24 * 60 * 60 };
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    seconds = seconds < 0 ? 0 : seconds > DAY ? DAY : seconds;
    seconds += (double)t.tv_nsec * 1e-9;
    t.tv_sec += (time_t)seconds;
    t.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9);
    return t;
}

size_t flow_threads_left(double seconds)
{
    struct timespec until = clock_in(seconds);
    size_t left;

    lock();
    while ((left = unwanted()) > 0
           && pthread_cond_clockwait(&all.went, &all.lock, CLOCK_MONOTONIC,
                                     &until) == 0)
        ;
    unlock();
    join_over();
    return left;
}

static size_t add_running(char *text, size_t size)
{
    size_t n = 0, at = 0;

    lock();
    for (const struct flow__thread_of_pool *t = all.alive; t != NULL;
         t = t->next) {
        if (t->job == NULL)
            continue;
        if (at < size)
            at += (size_t)snprintf(text + at, size - at, "%s'%s' (made at %s)",
                                   n > 0 ? ", " : "", t->name,
                                   t->made != NULL ? t->made : "?");
        n++;
    }
    unlock();
    return n;
}

static void report_running(void)
{
    enum { PATIENCE = 1 };                  /* second                       */
    char names[512] = "";
    size_t n;

    if (getpid() != all.process)
        return;                             /* a fork has no threads of ours */
    flow_threads_left(PATIENCE);
    n = add_running(names, sizeof names);
    if (n > 0)
        flow_report("%zu thread%s still run%s at exit: %s", n,
                    n > 1 ? "s" : "", n > 1 ? "" : "s", names);
}

/* ---- Beginning ---------------------------------------------------------- */
static void begin_process(void)
{
    all.process = getpid();
    atexit(report_running);
}

/* Signals are for the threads of loops, but for those that a thread brings upon
 * itself. */
static int make_thread(struct flow__thread_of_pool *t)
{
    static const int own[] = {
        SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGPROF
    };
    sigset_t others, before;
    int wrong;

    sigfillset(&others);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        sigdelset(&others, own[i]);
    pthread_sigmask(SIG_SETMASK, &others, &before);
    wrong = pthread_create(&t->id, NULL, live, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return wrong;
}

/* With the lock held, so that it begins to live when it is in the list. */
static flow_value begin_thread(flow_pool *p, struct flow__job *j)
{
    struct flow__thread_of_pool *t = flow_alloc(sizeof *t);
    int wrong;

    if (t == NULL)
        return flow_error(FLOW_ENOMEM, 0, "a thread");
    memset(t, 0, sizeof *t);
    t->pool = p;
    if (p == NULL)
        take_on(t, j);
    wrong = make_thread(t);
    if (wrong != 0) {
        j->runs_in = NULL;
        flow_free(t, sizeof *t);
        return flow_system_error(wrong, "cannot begin a thread for '%s'",
                                 j->name);
    }
    t->next = all.alive;
    if (t->next != NULL)
        t->next->prev = t;
    all.alive = t;
    if (p != NULL) {
        p->threads++;
        p->holders++;
    }
    return flow_none();
}

static flow_value refusal(const flow_pool *p, const char *name)
{
    if (p->closed)
        return flow_error(FLOW_EINVAL, 0, "the pool was closed before '%s' "
                          "began", name);
    if (p->waiting >= p->longest)
        return flow_error(FLOW_ELIMIT, 0, "'%s' cannot wait for a thread: "
                          "the line of its pool has %zu already", name,
                          p->waiting);
    return flow_none();
}

/* A thread that cannot be made is a failure even if there are others: they may
 * wait for this very job. */
static flow_value begin_in(flow_pool *p, struct flow__job *j)
{
    flow_value wrong = refusal(p, j->name);

    if (flow_is_failure(wrong))
        return wrong;
    if (p->idle <= p->waiting && p->threads < p->most) {
        wrong = begin_thread(p, j);
        if (flow_is_failure(wrong))
            return wrong;
    }
    line_up(j);
    pthread_cond_signal(&p->came);
    return flow_none();
}

flow_value flow__job_begin(struct flow__job *j, flow_pool *p)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    flow_value wrong;

    j->holders = 1;
    if (p == &no_memory)
        return flow_error(FLOW_ENOMEM, 0, "a pool");
    pthread_once(&once, begin_process);
    join_over();
    lock();
    j->pool = p;
    j->holders = 2;
    wrong = p == NULL ? begin_thread(NULL, j) : begin_in(p, j);
    if (flow_is_failure(wrong))
        j->holders = 1;
    unlock();
    return wrong;
}

void flow__job_leave(struct flow__job *j)
{
    bool last;

    lock();
    if (j->in_line) {
        leave_line(j);
        j->holders--;
    }
    if (j->runs_in != NULL)
        j->runs_in->unwanted = true;
    last = --j->holders == 0;
    unlock();
    if (last)
        j->free(j);
}
