/* SPDX-License-Identifier: MIT */
/* See thread.h. */
#include "thread.h"

FLOW__HERE struct flow__thread flow__thread;

/* Where it lies seen from a thread's own pointer, the same in all threads: from
 * this a debugger finds it in a core file too. */
ptrdiff_t flow__thread_offset;

static char *thread_pointer(void)
{
#if defined __x86_64__
    char *p;

    __asm__("movq %%fs:0, %0" : "=r"(p));
    return p;
#else
    return __builtin_thread_pointer();
#endif
}

static __attribute__((constructor)) void note_offset(void)
{
    flow__thread_offset = (char *)&flow__thread - thread_pointer();
}
