/* SPDX-License-Identifier: MIT */
/* See timers.h. The heap is a pairing heap: a task points to its first child
 * and to its siblings; `prev` is the sibling before or, of a first child, the
 * parent. What is due soon is a list in the same links; `at` 0 tells it apart.
 */
#include "timers.h"

/* ---- The list ---------------------------------------------------------- */
static void append(struct flow__timers *t, flow_task *task)
{
    task->next = NULL;
    task->prev = t->last;
    if (t->last != NULL)
        t->last->next = task;
    else
        t->soon = task;
    t->last = task;
}

static void unlist(struct flow__timers *t, flow_task *task)
{
    if (task->prev != NULL)
        task->prev->next = task->next;
    else
        t->soon = task->next;
    if (task->next != NULL)
        task->next->prev = task->prev;
    else
        t->last = task->prev;
}

/* ---- The heap ---------------------------------------------------------- */
static bool before(const flow_task *a, const flow_task *b)
{
    return a->at < b->at || (a->at <= b->at && a->order < b->order);
}

static flow_task *meld(flow_task *a, flow_task *b)
{
    if (a == NULL || b == NULL)
        return a != NULL ? a : b;
    if (before(b, a)) {
        flow_task *c = a;
        a = b;
        b = c;
    }
    b->next = a->child;
    if (b->next != NULL)
        b->next->prev = b;
    b->prev = a;
    a->child = b;
    a->next = a->prev = NULL;
    return a;
}

/* Melds siblings in pairs from left to right, then the pairs from right to
 * left: on this rests the logarithmic cost. */
static flow_task *meld_siblings(flow_task *first)
{
    flow_task *pairs = NULL, *root = NULL;

    while (first != NULL) {
        flow_task *a = first, *b = a->next;
        first = b != NULL ? b->next : NULL;
        a->next = a->prev = NULL;
        if (b != NULL)
            b->next = b->prev = NULL;
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    while (pairs != NULL) {
        flow_task *next = pairs->next;
        pairs->next = NULL;
        root = meld(root, pairs);
        pairs = next;
    }
    return root;
}

static void unheap(struct flow__timers *t, flow_task *task)
{
    flow_task *rest = meld_siblings(task->child);

    task->child = NULL;
    if (task == t->heap) {
        t->heap = rest;
        return;
    }
    if (task->prev->child == task)
        task->prev->child = task->next;
    else
        task->prev->next = task->next;
    if (task->next != NULL)
        task->next->prev = task->prev;
    t->heap = meld(t->heap, rest);
}

/* ---- Both -------------------------------------------------------------- */
static bool is_soon(const flow_task *task)
{
    return !(task->at > 0);
}

void flow__timers_post(struct flow__timers *t, flow_task *task, double at)
{
    flow__timers_cancel(t, task);
    task->posted = true;
    task->at = at;
    task->order = t->orders++;
    task->child = task->next = task->prev = NULL;
    if (is_soon(task))
        append(t, task);
    else
        t->heap = meld(t->heap, task);
}

void flow__timers_cancel(struct flow__timers *t, flow_task *task)
{
    if (!task->posted)
        return;
    task->posted = false;
    if (is_soon(task))
        unlist(t, task);
    else
        unheap(t, task);
}

bool flow__timers_next(const struct flow__timers *t, double *at)
{
    if (t->soon == NULL && t->heap == NULL)
        return false;
    *at = t->soon != NULL ? 0 : t->heap->at;
    return true;
}

void flow__timers_run(struct flow__timers *t, double now)
{
    uint64_t until;

    while (t->heap != NULL && t->heap->at <= now)
        flow__timers_post(t, t->heap, 0);
    until = t->orders;
    while (t->soon != NULL && t->soon->order < until) {
        flow_task *task = t->soon;
        unlist(t, task);
        task->posted = false;
        task->call(task);
    }
}
