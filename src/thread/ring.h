/* SPDX-License-Identifier: MIT */
/* A bounded queue from one thread to one other, without locks. Each side keeps
 * its own index, and what it last saw of the other's; so the line of memory
 * that holds an index goes over only when a side finds the queue full or empty.
 *
 * Whoever is about to sleep says so (see doze.h, bell.h) and looks once more;
 * whoever has moved an index looks whether the other sleeps. Indices are
 * therefore stored in one order with those flags: sequentially consistent. */
#ifndef FLOW_THREAD_RING_H
#define FLOW_THREAD_RING_H

#include <flow/flow.h>

#include <stdatomic.h>

struct flow__ring {
    flow_value *slots;
    size_t room;                    /* values it takes                      */
    size_t mask;                    /* places, a power of two, less one     */
    char apart[40];
    _Atomic size_t tail;            /* the writer's line                    */
    size_t head_seen;
    char from_here[48];
    _Atomic size_t head;            /* the reader's                         */
    size_t tail_seen;
};

/* Places for a ring of that room. */
static inline size_t flow__ring_places(size_t room)
{
    size_t places = 1;

    while (places < room)
        places *= 2;
    return places;
}

static inline void flow__ring_begin(struct flow__ring *r, flow_value *slots,
                                    size_t room)
{
    r->slots = slots;
    r->room = room;
    r->mask = flow__ring_places(room) - 1;
    atomic_init(&r->tail, 0);
    atomic_init(&r->head, 0);
    r->head_seen = r->tail_seen = 0;
}

/* ---- For the writer ---------------------------------------------------- */
static inline bool flow__ring_is_full(struct flow__ring *r)
{
    size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

    if (tail - r->head_seen < r->room)
        return false;
    r->head_seen = atomic_load(&r->head);
    return tail - r->head_seen == r->room;
}

static inline bool flow__ring_is_empty(const struct flow__ring *r)
{
    return atomic_load_explicit(&r->tail, memory_order_relaxed)
        == atomic_load(&r->head);
}

/* There must be room. */
static inline void flow__ring_put(struct flow__ring *r, flow_value v)
{
    size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

    r->slots[tail & r->mask] = v;
    atomic_store(&r->tail, tail + 1);
}

/* ---- For the reader ---------------------------------------------------- */
/* How many values can be read at *first, one behind the other. */
static inline size_t flow__ring_ready(struct flow__ring *r, flow_value **first)
{
    size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    size_t at = head & r->mask, n;

    if (r->tail_seen == head)
        r->tail_seen = atomic_load(&r->tail);
    n = r->tail_seen - head;
    *first = &r->slots[at];
    return n <= r->mask + 1 - at ? n : r->mask + 1 - at;
}

/* Gives the places of n that were read back. */
static inline void flow__ring_pass(struct flow__ring *r, size_t n)
{
    size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

    atomic_store(&r->head, head + n);
}

/* Whether so much of it is free again that it pays to wake the writer. */
static inline bool flow__ring_is_half_empty(const struct flow__ring *r)
{
    size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

    return (r->tail_seen - head) * 2 <= r->room;
}

/* Drops what is left, when one side has gone. */
static inline void flow__ring_empty(struct flow__ring *r)
{
    flow_value *first;
    size_t n;

    while ((n = flow__ring_ready(r, &first)) > 0) {
        for (size_t i = 0; i < n; i++)
            flow_drop(first[i]);
        flow__ring_pass(r, n);
    }
}

#endif
