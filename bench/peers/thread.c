/* SPDX-License-Identifier: MIT */
/* One item from thread to thread through a ring with a mutex and two condition
 * variables, as it is usually written. Values and room are as large as ours. */
#include "../bench.h"

#include <pthread.h>

enum { ITEMS = 200000, ROOM = 1024 };

struct item { int64_t kind, num; };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t came, went;
    struct item items[ROOM];
    size_t head, count;
} q = { .lock = PTHREAD_MUTEX_INITIALIZER,
        .came = PTHREAD_COND_INITIALIZER, .went = PTHREAD_COND_INITIALIZER };

static void put(struct item i)
{
    pthread_mutex_lock(&q.lock);
    while (q.count == ROOM)
        pthread_cond_wait(&q.went, &q.lock);
    q.items[(q.head + q.count++) % ROOM] = i;
    pthread_cond_signal(&q.came);
    pthread_mutex_unlock(&q.lock);
}

static struct item take(void)
{
    struct item i;

    pthread_mutex_lock(&q.lock);
    while (q.count == 0)
        pthread_cond_wait(&q.came, &q.lock);
    i = q.items[q.head];
    q.head = (q.head + 1) % ROOM;
    q.count--;
    pthread_cond_signal(&q.went);
    pthread_mutex_unlock(&q.lock);
    return i;
}

static void *produce(void *arg)
{
    for (int64_t i = 1; i <= ITEMS; i++)
        put((struct item){ 0, i });
    return arg;
}

int main(void)
{
    struct bench b = bench_begin();

    while (bench_round(&b)) {
        pthread_t thread;
        int64_t total = 0;
        bench_start(&b);
        bench_check(pthread_create(&thread, NULL, produce, NULL) == 0);
        for (int64_t i = 1; i <= ITEMS; i++)
            total += take().num;
        pthread_join(thread, NULL);
        bench_stop(&b);
        bench_check(total == (int64_t)ITEMS * (ITEMS + 1) / 2);
    }
    bench_print(b.best / ITEMS * 1e9, "ns");
    return 0;
}
