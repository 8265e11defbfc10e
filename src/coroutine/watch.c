/* SPDX-License-Identifier: MIT */
/* See watch.h. */
#include "watch.h"

#include "base/memory.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(low, end) 0u
#define VALGRIND_STACK_DEREGISTER(number) ((void)(number))
#endif

#define WEAK __attribute__((weak))

WEAK void __sanitizer_start_switch_fiber(void **fake, const void *bottom,
                                         size_t size);
WEAK void __sanitizer_finish_switch_fiber(void *fake, const void **bottom,
                                          size_t *size);
WEAK void __asan_unpoison_memory_region(const volatile void *p, size_t size);
WEAK void *__tsan_get_current_fiber(void);
WEAK void *__tsan_create_fiber(unsigned flags);
WEAK void __tsan_destroy_fiber(void *fiber);
WEAK void __tsan_switch_to_fiber(void *fiber, unsigned flags);
WEAK void __tsan_set_fiber_name(void *fiber, const char *name);

/* Both sanitizers' libraries may define the first; only with ASan does it do
 * anything. */
static bool address(void)
{
    return __asan_unpoison_memory_region != NULL
        && __sanitizer_start_switch_fiber != NULL;
}

static bool threads(void)
{
    return __tsan_create_fiber != NULL;
}

bool flow__watched(void)
{
    return address() || threads() || flow__config.slow_step > 0;
}

unsigned flow__watch_stack(const char *low, const char *end)
{
    (void)low;
    (void)end;
    return VALGRIND_STACK_REGISTER(low, end);
}

void flow__unwatch_stack(unsigned number)
{
    VALGRIND_STACK_DEREGISTER(number);
}

static size_t size_of(const struct flow__stack *s)
{
    return (size_t)((const char *)(s + 1) - s->low);
}

void flow__watch_begin(struct flow__stack *s, const char *name)
{
    if (address())
        __asan_unpoison_memory_region(s->low, size_of(s));
    s->watch = (struct flow__watch){ 0 };
    if (threads()) {
        s->watch.fiber = __tsan_create_fiber(0);
        if (__tsan_set_fiber_name != NULL)
            __tsan_set_fiber_name(s->watch.fiber, name);
    }
}

void flow__watch_end(struct flow__stack *s)
{
    if (s->watch.fiber != NULL)
        __tsan_destroy_fiber(s->watch.fiber);
    if (address())
        __asan_unpoison_memory_region(s->low, size_of(s));
}

void flow__watch_in(struct flow__stack *s)
{
    if (address())
        __sanitizer_start_switch_fiber(&s->watch.outside_fake, s->low,
                                       size_of(s));
    if (threads()) {
        s->watch.outside_fiber = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(s->watch.fiber, 0);
    }
}

void flow__watch_inside(struct flow__stack *s)
{
    if (address())
        __sanitizer_finish_switch_fiber(s->watch.fake,
                                        &s->watch.outside_bottom,
                                        &s->watch.outside_size);
}

void flow__watch_out(struct flow__stack *s, bool last)
{
    if (address())
        __sanitizer_start_switch_fiber(last ? NULL : &s->watch.fake,
                                       s->watch.outside_bottom,
                                       s->watch.outside_size);
    if (threads())
        __tsan_switch_to_fiber(s->watch.outside_fiber, 0);
}

void flow__watch_back(struct flow__stack *s)
{
    if (address())
        __sanitizer_finish_switch_fiber(s->watch.outside_fake, NULL, NULL);
}
