/* SPDX-License-Identifier: MIT */
/* A fault in a guard page is named on standard error; then the fault is let
 * happen again without us, so that it ends the program, and leaves a core, as
 * it always would have. Faults elsewhere are none of ours. */
#include "overflow.h"

#include "base/memory.h"
#include "base/thread.h"
#include "slab.h"
#include "stack.h"
#include "watch.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SIGNAL_STACK = 32768 };

static const struct flow__stack *overflown(const char *at)
{
    for (struct flow__slab *s = flow__thread.slabs; s != NULL; s = s->next)
        if (at >= s->base && at < s->base + s->carved * s->stack_size) {
            size_t i = (size_t)(at - s->base) / s->stack_size;
            const char *end = s->base + (i + 1) * s->stack_size;
            const struct flow__stack *stack = (const void *)end;
            return at < stack[-1].low ? stack - 1 : NULL;
        }
    return NULL;
}

static void say(const char *s)
{
    if (write(STDERR_FILENO, s, strlen(s)) < 0)
        return;                             /* nobody to say that to        */
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    const struct flow__stack *s = overflown(info->si_addr);

    (void)context;
    if (s != NULL) {
        say("flow: the stack of generator '");
        say(s->name != NULL && *s->name != NULL ? *s->name : "?");
        say("' has overflowed; flow_config.stack_size gives stacks more\n");
    }
    signal(number, SIG_DFL);
}

/* A stack for the handler, unless the program has one. Without memory a fault
 * goes without a name. */
static void make_signal_stack(void)
{
    stack_t stack;

    if (sigaltstack(NULL, &stack) != 0 || !(stack.ss_flags & SS_DISABLE))
        return;
    memset(&stack, 0, sizeof stack);
    stack.ss_size = SIGNAL_STACK;
    stack.ss_sp = flow__map(SIGNAL_STACK);
    if (stack.ss_sp == NULL)
        return;
    flow__thread.signal_stack = stack.ss_sp;
    sigaltstack(&stack, NULL);
}

void flow__overflow_watch(void)
{
    struct sigaction now, ours;

    if (flow__watched() || flow__thread.signal_stack != NULL
        || sigaction(SIGSEGV, NULL, &now) != 0
        || (now.sa_handler != SIG_DFL && now.sa_sigaction != on_fault))
        return;
    make_signal_stack();
    memset(&ours, 0, sizeof ours);
    ours.sa_sigaction = on_fault;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGSEGV, &ours, NULL);
}

void flow__overflow_unwatch(void)
{
    stack_t none;

    flow__thread.known = false;
    if (flow__thread.signal_stack == NULL)
        return;
    memset(&none, 0, sizeof none);
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, NULL);
    flow__unmap(flow__thread.signal_stack, SIGNAL_STACK);
    flow__thread.signal_stack = NULL;
}
