/* SPDX-License-Identifier: MIT */
/* The first step on a new stack, for each way of switching: see switch.h. */
#include "switch.h"

#if !defined FLOW_SWITCH_UCONTEXT && (defined __x86_64__ || defined __aarch64__)

/* The registers that a switch restores carry what to call: base the argument,
 * the frame pointer the function. It is jumped to, with no address to return
 * to, where backtraces end: a call that is never returned from would leave
 * every later return mispredicted. */
void flow__begin(void);

#ifdef __x86_64__
__asm__(
    ".text\n"
    ".hidden flow__begin\n"
    ".globl flow__begin\n"
    ".type flow__begin, @function\n"
    "flow__begin:\n"
    ".cfi_startproc\n"
    ".cfi_undefined rip\n"
    "    movq %rbx, %rdi\n"
    "    movq %rbp, %rax\n"
    "    xorl %ebp, %ebp\n"
    "    pushq $0\n"
    "    jmpq *%rax\n"
    ".cfi_endproc\n"
    ".size flow__begin, . - flow__begin\n");
#else
__asm__(
    ".text\n"
    ".hidden flow__begin\n"
    ".globl flow__begin\n"
    ".type flow__begin, %function\n"
    "flow__begin:\n"
    ".cfi_startproc\n"
    ".cfi_undefined x30\n"
    "    mov x0, x19\n"
    "    mov x1, x29\n"
    "    mov x29, xzr\n"
    "    mov x30, xzr\n"
    "    br x1\n"
    ".cfi_endproc\n"
    ".size flow__begin, . - flow__begin\n");
#endif

void flow__prepare(flow__context *c, void *top, void (*begin)(void *arg),
                   void *arg)
{
    c->ip = (void *)(uintptr_t)flow__begin;
    c->sp = top;
    c->fp = (void *)(uintptr_t)begin;
    c->base = arg;
}

#else

#include <ucontext.h>

/* A suspended flow of control keeps its ucontext on its own stack, in the frame
 * of flow__switch; sp points to it, and ip only says that it is there. */
static char suspended;

void flow__switch(flow__context *save, const flow__context *to, void *ip)
{
    ucontext_t here;

    (void)ip;
    save->sp = &here;
    save->ip = &suspended;
    swapcontext(&here, to->sp);
}

/* makecontext hands on only ints: the pointers come in halves. */
static void begin_halves(unsigned f_high, unsigned f_low, unsigned a_high,
                         unsigned a_low)
{
    uintptr_t f = (uintptr_t)((uint64_t)f_high << 32 | f_low);
    uintptr_t a = (uintptr_t)((uint64_t)a_high << 32 | a_low);

    ((void (*)(void *))f)((void *)a);
}

/* The first ucontext lies at the top of the new stack, which begins below it;
 * the size named to makecontext is only a distance to put `top` right. */
void flow__prepare(flow__context *c, void *top, void (*begin)(void *arg),
                   void *arg)
{
    uintptr_t at = ((uintptr_t)top - sizeof(ucontext_t)) & ~(uintptr_t)63;
    ucontext_t *u = (ucontext_t *)at;
    uint64_t f = (uintptr_t)begin, a = (uintptr_t)arg;
    enum { SPAN = 4096 };

    getcontext(u);
    u->uc_stack.ss_sp = (char *)at - SPAN;
    u->uc_stack.ss_size = SPAN;
    u->uc_link = NULL;
    makecontext(u, (void (*)(void))(uintptr_t)begin_halves, 4,
                (unsigned)(f >> 32), (unsigned)f, (unsigned)(a >> 32),
                (unsigned)a);
    c->sp = u;
    c->ip = &suspended;
}

#endif
