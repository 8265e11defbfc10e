/* SPDX-License-Identifier: MIT */
/* Stacks from slabs: see stack.h.
 *
 * A stack that was used once stays warm in the thread's list; slabs go back to
 * the system with flow_trim, and with the thread. Guards: a kernel from 6.13 on
 * marks pages without splitting the mapping, so there may be any number of
 * stacks; older ones split it, and a process may have some 65,000 mappings, so
 * beyond a number of them a word at the low end stands for the guard, which is
 * looked at when the stack is put back. */
#include "stack.h"

#include "base/memory.h"
#include "base/thread.h"
#include "overflow.h"
#include "slab.h"
#include "watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum { MPROTECT_MOST = 16000 };     /* guards: two mappings each            */
static const uint64_t canary = 0x666c6f77666c6f77u;

enum flow__guard flow__guard_best = FLOW__BY_ADVICE;

/* Guards of this process that split a mapping. */
static atomic_int split_guards;

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- Slabs ------------------------------------------------------------- */
static struct flow__slab *slab_new(void)
{
    struct flow__slab *slab = flow_alloc(sizeof *slab);

    if (slab == NULL)
        return NULL;
    slab->stack_size = flow__config.stack_size;
    slab->count = flow__config.slab;
    slab->carved = slab->in_use = slab->split = 0;
    slab->base = flow__map(slab->stack_size * slab->count);
    if (slab->base == NULL) {
        flow_free(slab, sizeof *slab);
        return NULL;
    }
    madvise(slab->base, slab->stack_size * slab->count, MADV_NOHUGEPAGE);
    slab->next = flow__thread.slabs;
    flow__thread.slabs = slab;
    return slab;
}

static void slab_free(struct flow__slab *slab)
{
    atomic_fetch_sub(&split_guards, (int)slab->split);
    flow__unmap(slab->base, slab->stack_size * slab->count);
    flow_free(slab, sizeof *slab);
}

/* ---- Guards ------------------------------------------------------------ */
/* An emulator may take any advice and do nothing: one that takes advice which
 * does not exist is not to be believed. */
static bool advice_is_taken(char *low, size_t page)
{
    enum { NO_ADVICE = 9999 };

    return madvise(low, page, NO_ADVICE) != 0
        && madvise(low, page, MADV_GUARD_INSTALL) == 0;
}

static bool guard(struct flow__slab *slab, char *low)
{
    size_t page = page_size();

    if (flow__guard_best == FLOW__BY_ADVICE && advice_is_taken(low, page))
        return true;
    if (flow__guard_best >= FLOW__BY_SPLIT
        && atomic_load(&split_guards) < MPROTECT_MOST
        && mprotect(low, page, PROT_NONE) == 0) {
        atomic_fetch_add(&split_guards, 1);
        slab->split++;
        return true;
    }
    *(uint64_t *)(void *)low = canary;
    return false;
}

static void check_canary(const struct flow__stack *s)
{
    const uint64_t *word = (const void *)(s->low - page_size());

    if (*word != canary)
        flow_report("the stack of '%s' has overflowed; memory is damaged; "
                     "give stacks more than %zu bytes (flow_config.stack_size)",
                     s->name != NULL ? *s->name : "?", s->slab->stack_size);
}

static struct flow__stack *carve(struct flow__slab *slab)
{
    char *low = slab->base + slab->carved * slab->stack_size;
    char *end = low + slab->stack_size;
    struct flow__stack *s = (struct flow__stack *)(void *)end - 1;

    s->shade = (unsigned)slab->carved++;
    s->slab = slab;
    s->low = low + page_size();
    s->guarded = guard(slab, low);
    s->number = flow__watch_stack(s->low, end);
    return s;
}

/* ---- The thread's stacks ----------------------------------------------- */
static void thread_ends(void *unused)
{
    (void)unused;
    flow_trim();
}

static pthread_key_t at_thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_key(void)
{
    pthread_key_create(&at_thread_end, thread_ends);
}

static void know_thread(void)
{
    if (flow__thread.known)
        return;
    pthread_once(&once, make_key);
    pthread_setspecific(at_thread_end, &flow__thread);
    flow__thread.known = true;
    flow__overflow_watch();
}

struct flow__stack *flow__stack_take(void)
{
    struct flow__stack *s = flow__thread.stacks;

    if (s != NULL) {
        flow__thread.stacks = s->next;
    } else {
        struct flow__slab *slab = flow__thread.slabs;
        if (slab == NULL || slab->carved == slab->count)
            slab = slab_new();
        if (slab == NULL)
            return NULL;
        know_thread();
        s = carve(slab);
    }
    s->slab->in_use++;
    s->name = NULL;
    return s;
}

void flow__stack_put(struct flow__stack *s)
{
    if (!s->guarded)
        check_canary(s);
    s->slab->in_use--;
    s->next = flow__thread.stacks;
    flow__thread.stacks = s;
}

static bool is_idle(const struct flow__slab *slab)
{
    return slab->in_use == 0;
}

void flow_trim(void)
{
    struct flow__stack **kept = &flow__thread.stacks;
    struct flow__slab **at = &flow__thread.slabs;

    while (*kept != NULL)
        if (is_idle((*kept)->slab)) {
            flow__unwatch_stack((*kept)->number);
            *kept = (*kept)->next;
        } else {
            kept = &(*kept)->next;
        }
    while (*at != NULL) {
        struct flow__slab *slab = *at;
        if (is_idle(slab)) {
            *at = slab->next;
            slab_free(slab);
        } else {
            at = &slab->next;
        }
    }
    if (flow__thread.slabs == NULL)
        flow__overflow_unwatch();
}

size_t flow__stack_used(const struct flow__stack *s)
{
    const char *end = (const char *)(s + 1);
    size_t page = page_size(), most = (size_t)(end - s->low) / page;
    unsigned char there[256];
    size_t chunk, first = most;

    for (size_t from = 0; from < most && first == most; from += chunk) {
        chunk = most - from < sizeof there ? most - from : sizeof there;
        if (mincore((void *)(uintptr_t)(s->low + from * page), chunk * page,
                    there) != 0)
            return 0;
        for (size_t i = 0; i < chunk && first == most; i++)
            if (there[i] & 1)
                first = from + i;
    }
    return (most - first) * page;
}
