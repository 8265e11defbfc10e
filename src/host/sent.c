/* SPDX-License-Identifier: MIT */
/* See sent.h. */
#include "sent.h"

static bool is_there(const flow_task *task)
{
    return task->child == task;
}

bool flow__sent_any(const struct flow__sent *s)
{
    return __atomic_load_n(&s->first, __ATOMIC_ACQUIRE) != NULL;
}

/* `first` is looked at without the lock. */
static void set(flow_task **link, flow_task *task)
{
    __atomic_store_n(link, task, __ATOMIC_RELEASE);
}

void flow__sent_add(struct flow__sent *s, flow_task *task)
{
    task->child = task;
    task->next = NULL;
    task->prev = s->last;
    set(s->last != NULL ? &s->last->next : &s->first, task);
    s->last = task;
}

static void unlist(struct flow__sent *s, flow_task *task)
{
    set(task->prev != NULL ? &task->prev->next : &s->first, task->next);
    *(task->next != NULL ? &task->next->prev : &s->last) = task->prev;
    task->child = NULL;
}

void flow__sent_take(struct flow__sent *s, struct flow__timers *to)
{
    while (s->first != NULL) {
        flow_task *task = s->first;

        unlist(s, task);
        flow__timers_post(to, task, 0);
    }
}

void flow__sent_remove(struct flow__sent *s, flow_task *task)
{
    if (!is_there(task))
        return;
    pthread_mutex_lock(&s->lock);
    if (is_there(task))
        unlist(s, task);
    pthread_mutex_unlock(&s->lock);
}
