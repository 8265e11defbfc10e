/* SPDX-License-Identifier: MIT */
/* See sent.h. */
#include "sent.h"

static void set_first(struct flow__sent *s, flow_task *task)
{
    __atomic_store_n(&s->first, task, __ATOMIC_RELEASE);
}

void flow__sent_add(struct flow__sent *s, flow_task *task)
{
    task->child = task;
    task->next = NULL;
    task->prev = s->last;
    s->last = task;
    if (task->prev != NULL)
        task->prev->next = task;
    else
        set_first(s, task);
}

static void unlist(struct flow__sent *s, flow_task *task)
{
    if (task->prev != NULL)
        task->prev->next = task->next;
    else
        set_first(s, task->next);
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
    pthread_mutex_lock(&s->lock);
    if (task->child == task)
        unlist(s, task);
    pthread_mutex_unlock(&s->lock);
}
