/* SPDX-License-Identifier: MIT */
/* channel_pthread channel|pingpong|buffered|select: the same programs with
 * threads, that wait for each other at a mutex and condition variables. */
#include "../bench.h"

#include <pthread.h>

enum { MOST_ROOM = 128, MOST_THREADS = 8 };

/* ---- A queue ------------------------------------------------------------- */
struct queue {
    pthread_mutex_t *lock;
    pthread_cond_t *came, *went;
    int64_t items[MOST_ROOM];
    size_t room, head, n, sending;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t conds[4] = {
    PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER,
    PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER
};

static struct queue queue(size_t room, size_t sending, int cond)
{
    return (struct queue){ .lock = &lock, .came = &conds[cond],
                           .went = &conds[cond + 1], .room = room,
                           .sending = sending };
}

static void put(struct queue *q, int64_t item)
{
    pthread_mutex_lock(q->lock);
    while (q->n == q->room)
        pthread_cond_wait(q->went, q->lock);
    q->items[(q->head + q->n++) % q->room] = item;
    pthread_cond_signal(q->came);
    pthread_mutex_unlock(q->lock);
}

static int64_t pop(struct queue *q)
{
    int64_t item = q->items[q->head];

    q->head = (q->head + 1) % q->room;
    q->n--;
    pthread_cond_broadcast(q->went);
    return item;
}

static bool take(struct queue *q, int64_t *item)
{
    bool more;

    pthread_mutex_lock(q->lock);
    while (q->n == 0 && q->sending > 0)
        pthread_cond_wait(q->came, q->lock);
    more = q->n > 0;
    if (more)
        *item = pop(q);
    pthread_mutex_unlock(q->lock);
    return more;
}

static void end_sending(struct queue *q)
{
    pthread_mutex_lock(q->lock);
    q->sending--;
    pthread_cond_broadcast(q->came);
    pthread_mutex_unlock(q->lock);
}

/* ---- What threads do ----------------------------------------------------- */
struct job {
    struct queue *from, *to;
    int64_t items, total;
    pthread_t thread;
};

static void *produce(void *arg)
{
    struct job *j = arg;

    for (int64_t i = 1; i <= j->items; i++)
        put(j->to, i);
    end_sending(j->to);
    return NULL;
}

static void *consume(void *arg)
{
    struct job *j = arg;
    int64_t item;

    while (take(j->from, &item))
        j->total += item;
    return NULL;
}

static void *give_back(void *arg)
{
    struct job *j = arg;
    int64_t item;

    while (take(j->from, &item))
        put(j->to, item);
    return NULL;
}

static void *serve(void *arg)
{
    struct job *j = arg;
    int64_t item;

    for (int64_t i = 1; i <= j->items; i++) {
        put(j->to, i);
        bench_check(take(j->from, &item));
        j->total += item;
    }
    end_sending(j->to);
    return NULL;
}

/* From any of four queues, which have one condition for what comes. */
static void *choose(void *arg)
{
    struct job *j = arg;
    struct queue *q = j->from;
    bool more = true;

    pthread_mutex_lock(&lock);
    while (more) {
        bool came = false;
        more = false;
        for (int i = 0; i < 4; i++) {
            more = more || q[i].sending > 0;
            while (q[i].n > 0) {
                came = true;
                j->total += pop(&q[i]);
            }
        }
        if (more && !came)
            pthread_cond_wait(q->came, &lock);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* ---- Cases --------------------------------------------------------------- */
static int64_t sum(int64_t n)
{
    return n * (n + 1) / 2;
}

static void start(struct job *j, void *(*does)(void *))
{
    bench_check(pthread_create(&j->thread, NULL, does, j) == 0);
}

static int64_t join(struct job *j, int n)
{
    int64_t total = 0;

    for (int i = 0; i < n; i++) {
        pthread_join(j[i].thread, NULL);
        total += j[i].total;
    }
    return total;
}

static void items(int64_t n, size_t room, int each_side)
{
    struct queue q = queue(room, (size_t)each_side, 0);
    struct job jobs[MOST_THREADS];

    for (int i = 0; i < 2 * each_side; i++) {
        jobs[i] = (struct job){ &q, &q, n / each_side, 0, 0 };
        start(&jobs[i], i % 2 ? produce : consume);
    }
    bench_check(join(jobs, 2 * each_side) == each_side * sum(n / each_side));
}

static void channel(int64_t n)
{
    items(n, 64, 1);
}

static void buffered(int64_t n)
{
    items(n, 128, 4);
}

static void pingpong(int64_t n)
{
    struct queue ping = queue(1, 1, 0), pong = queue(1, 1, 2);
    struct job jobs[] = {
        { &pong, &ping, n, 0, 0 }, { &ping, &pong, n, 0, 0 }
    };

    start(&jobs[0], serve);
    start(&jobs[1], give_back);
    bench_check(join(jobs, 2) == sum(n));
}

static void selecting(int64_t n)
{
    struct queue q[4];
    struct job jobs[5];

    for (int i = 0; i < 4; i++) {
        q[i] = queue(1, 1, 0);
        jobs[i] = (struct job){ NULL, &q[i], n / 4, 0, 0 };
    }
    jobs[4] = (struct job){ q, NULL, 0, 0, 0 };
    for (int i = 0; i < 5; i++)
        start(&jobs[i], i < 4 ? produce : choose);
    bench_check(join(jobs, 5) == 4 * sum(n / 4));
}

static const struct {
    const char *name;
    void (*run)(int64_t n);
    int64_t items;                  /* so many that threads cost nothing    */
} cases[] = {
    { "channel", channel, 20000 }, { "buffered", buffered, 20000 },
    { "pingpong", pingpong, 1000 }, { "select", selecting, 4000 }
};

int main(int argc, char **argv)
{
    struct bench b = bench_begin();
    size_t i = 0;

    bench_check(argc > 1);
    while (i < 3 && strcmp(cases[i].name, argv[1]) != 0)
        i++;
    while (bench_round(&b)) {
        bench_start(&b);
        cases[i].run(cases[i].items);
        bench_stop(&b);
    }
    bench_print(b.best / (double)cases[i].items * 1e9, "ns");
    return 0;
}
