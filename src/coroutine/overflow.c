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

static struct sigaction before;

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
    sigaction(number, &before, NULL);
}

void flow__overflow_watch(void)
{
    struct sigaction ours;
    stack_t alternate;

    if (flow__watched() || flow__thread.signal_stack != NULL
        || sigaction(SIGSEGV, NULL, &before) != 0
        || (before.sa_handler != SIG_DFL && before.sa_sigaction != on_fault)
        || sigaltstack(NULL, &alternate) != 0)
        return;
    if (alternate.ss_flags & SS_DISABLE) {
        memset(&alternate, 0, sizeof alternate);
        alternate.ss_size = SIGNAL_STACK;
        alternate.ss_sp = flow__map(SIGNAL_STACK);
        if (alternate.ss_sp == NULL)
            return;                         /* without a name, then         */
        flow__thread.signal_stack = alternate.ss_sp;
        sigaltstack(&alternate, NULL);
    }
    if (before.sa_handler == SIG_DFL) {
        memset(&ours, 0, sizeof ours);
        ours.sa_sigaction = on_fault;
        ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigaction(SIGSEGV, &ours, NULL);
    } else {
        before.sa_handler = SIG_DFL;
        before.sa_flags = 0;
    }
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
