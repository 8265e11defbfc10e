/* SPDX-License-Identifier: MIT */
/* Settings of the process. Each test runs in a process of its own, since they
 * come before anything else; what it says on standard error is looked at. */
#include "process.h"

#include "coroutine/stack.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

/* ---- What is run ----------------------------------------------------------------- */
static int sum_of(flow_stage *s)
{
    flow_value v;
    int sum = 0;

    while (flow_block(s, &v))
        sum += (int)v.as.num;
    flow_close(s);
    return sum;
}

static size_t blocks, bytes, pages, mappings;

static void *counts(void *ctx, void *p, size_t old, size_t size)
{
    void *q = NULL;

    *(int *)ctx = 1;
    if (size > 0 && (q = realloc(p, size)) == NULL)
        return NULL;
    if (size == 0)
        free(p);
    bytes += size - old;
    blocks += (size_t)(size > 0) - (size_t)(p != NULL);
    return q;
}

static void *maps(void *ctx, void *p, size_t size)
{
    (void)ctx;
    if (p != NULL) {
        pages -= size;
        munmap(p, size);
        return NULL;
    }
    mappings++;
    pages += size;
    p = mmap(NULL, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p != MAP_FAILED ? p : NULL;
}

/* ---- Allocating -------------------------------------------------------------------- */
static int runs_unconfigured(void)
{
    return sum_of(numbers(4)) != 10;
}

TEST(without_settings_all_works)
{
    MUST(ends(runs_unconfigured) == 0);
    MUST(said[0] == '\0');
}

static int counts_blocks(void)
{
    int used = 0;
    flow_config c = { .ctx = &used, .resize = counts, .pages = maps };

    flow_configure(&c);
    if (sum_of(numbers(4)) != 10)
        return 1;
    flow_drop(flow_text("some text", 9));
    flow_trim();
    return !used || mappings == 0 || blocks != 0 || bytes != 0 || pages != 0;
}

TEST(all_memory_comes_from_the_functions_given)
{
    MUST(ends(counts_blocks) == 0);
}

static int counts_slabs(void)
{
    int used;
    flow_config c = { .ctx = &used, .resize = counts, .pages = maps,
                      .slab = 8 };
    flow_stage *s[24];
    size_t few;

    flow_configure(&c);
    s[0] = numbers(1);
    few = mappings;
    for (int n = 1; n < 24; n++)
        s[n] = numbers(1);
    few = mappings - few;
    for (int n = 0; n < 24; n++)
        flow_close(s[n]);
    flow_trim();
    return few != 2 || pages != 0;
}

TEST(stacks_come_in_slabs_of_the_size_given)
{
    MUST(ends(counts_slabs) == 0);
}

static int trims_while_running(void)
{
    int used;
    flow_config c = { .ctx = &used, .resize = counts, .pages = maps,
                      .slab = 1 };
    flow_stage *s, *t;
    flow_value v;
    size_t held;

    flow_configure(&c);
    s = numbers(4);
    t = numbers(4);
    if (!flow_block(s, &v) || !flow_block(t, &v))
        return 1;
    flow_close(t);
    held = pages;
    flow_trim();
    return pages >= held || sum_of(s) != 9;
}

TEST(trimming_gives_back_what_is_not_used)
{
    MUST(ends(trims_while_running) == 0);
}

/* ---- Stacks ------------------------------------------------------------------------- */
enum { BIG = 600 * 1024 };

static void uses_much_stack(flow_gen *self, flow_stage *source, void *arg)
{
    volatile char big[BIG];

    (void)source;
    (void)arg;
    for (size_t i = 0; i < BIG; i += 1024)
        big[i] = 1;
    flow_yield(self, 1);
    flow_yield(self, big[0] + big[BIG / 2 / 1024 * 1024]);
}

static int asks_for_large_stacks(void)
{
    flow_config c = { .stack_size = 1 << 20 };

    flow_configure(&c);
    return sum_of(flow_generate(uses_much_stack, NULL, NULL)) != 3;
}

TEST(stacks_have_the_size_that_was_asked_for)
{
    MUST(ends(asks_for_large_stacks) == 0);
}

static int asks_for_odd_stacks(void)
{
    flow_config c = { .stack_size = 20001, .slab = 3 };

    flow_configure(&c);
    return sum_of(numbers(4)) != 10;
}

TEST(a_size_that_is_no_multiple_of_anything_is_fine)
{
    MUST(ends(asks_for_odd_stacks) == 0);
}

static int goes_deep(int n)
{
    volatile char some[512];

    some[n % 512] = (char)n;
    return n < 0 ? 0 : goes_deep(n + 1) + some[n % 512];
}

static void endless_depth(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_yield(self, goes_deep(0));
}

static int overflows(void)
{
    signal(SIGSEGV, SIG_DFL);
    return sum_of(flow_generate(endless_depth, NULL, NULL));
}

/* Sanitizers have words of their own for it. */
TEST(a_stack_that_overflows_ends_the_program_and_is_named)
{
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
    int status = ends(overflows);

    MUST(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    MUST(says("endless_depth"));
#else
    (void)overflows;
#endif
}

/* A page that is locked takes no advice, and a mapping may be split only so
 * often: then a word stands for the guard. */
static int runs_guarded(enum flow__guard best)
{
    flow_config c = { .slab = 2, .stack_size = 1 };
    int sum;

    flow_configure(&c);
    flow__guard_best = best;
    sum = sum_of(numbers(4)) + sum_of(numbers(3));
    flow_trim();
    return sum != 16;
}

static int guarded_by_advice(void) { return runs_guarded(FLOW__BY_ADVICE); }
static int guarded_by_split(void) { return runs_guarded(FLOW__BY_SPLIT); }
static int guarded_by_word(void) { return runs_guarded(FLOW__BY_WORD); }

TEST(stacks_are_guarded_as_well_as_the_system_can)
{
    MUST(ends(guarded_by_advice) == 0 && said[0] == '\0');
    MUST(ends(guarded_by_split) == 0 && said[0] == '\0');
    MUST(ends(guarded_by_word) == 0 && said[0] == '\0');
}

static int overflows_split_guard(void)
{
    flow__guard_best = FLOW__BY_SPLIT;
    return overflows();
}

TEST(a_split_guard_ends_the_program_too)
{
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
    int status = ends(overflows_split_guard);

    MUST(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    MUST(says("endless_depth"));
#else
    (void)overflows_split_guard;
#endif
}

/* Below all that the stack of s may use. */
static char *guard_of(flow_stage *s)
{
    return ((flow_gen *)s)->stack->low - sysconf(_SC_PAGESIZE);
}

static int damages_the_word(void)
{
    flow_stage *s;
    flow_value v;

    flow__guard_best = FLOW__BY_WORD;
    s = numbers(4);
    if (!flow_block(s, &v))
        return 1;
    memset(guard_of(s), 0, 8);
    flow_close(s);
    return 0;
}

TEST(a_stack_that_overflowed_its_word_is_reported)
{
    MUST(ends(damages_the_word) == 0);
    MUST(says("the stack of 'numbers' has overflowed; memory is damaged"));
}

/* As the kernel tells of a fault at that address, but the code goes on. */
static int faults_at(char *at)
{
    siginfo_t fault;

    memset(&fault, 0, sizeof fault);
    fault.si_signo = SIGSEGV;
    fault.si_code = SI_QUEUE;
    fault.si_addr = at;
    return (int)syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid),
                        SIGSEGV, &fault);
}

static bool is_default(void)
{
    struct sigaction now;

    sigaction(SIGSEGV, NULL, &now);
    return now.sa_handler == SIG_DFL;
}

static int faults_in_a_guard(void)
{
    flow_stage *s;

    signal(SIGSEGV, SIG_DFL);
    s = numbers(4);
    return is_default() || faults_at(guard_of(s)) != 0 || !is_default()
        || sum_of(s) != 10;
}

static int faults_elsewhere(void)
{
    static char elsewhere;
    flow_stage *s;

    signal(SIGSEGV, SIG_DFL);
    s = numbers(4);
    return faults_at(&elsewhere) != 0 || !is_default() || sum_of(s) != 10;
}

static int faults_on_a_stack(void)
{
    flow_stage *s;

    signal(SIGSEGV, SIG_DFL);
    s = numbers(4);
    return faults_at((char *)s) != 0 || !is_default() || sum_of(s) != 10;
}

TEST(only_faults_in_guards_are_named_and_then_happen_again_without_us)
{
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
    if (RUNNING_ON_VALGRIND)        /* which does not let a fault be made up */
        return;
    MUST(ends(faults_in_a_guard) == 0);
    MUST(says("the stack of generator 'numbers' has overflowed"));
    MUST(ends(faults_elsewhere) == 0 && said[0] == '\0');
    MUST(ends(faults_on_a_stack) == 0 && said[0] == '\0');
#else
    (void)faults_in_a_guard;
    (void)faults_elsewhere;
    (void)faults_on_a_stack;
#endif
}

static int faults_unheard(void)
{
    flow_stage *s;

    signal(SIGSEGV, SIG_DFL);
    close(STDERR_FILENO);
    s = numbers(4);
    return faults_at(guard_of(s)) != 0 || !is_default() || sum_of(s) != 10;
}

TEST(a_fault_that_nobody_hears_of_does_no_more_harm)
{
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
    if (!RUNNING_ON_VALGRIND)
        MUST(ends(faults_unheard) == 0);
#else
    (void)faults_unheard;
#endif
}

static int keeps_its_handler(void)
{
    struct sigaction now;

    signal(SIGSEGV, SIG_IGN);
    sum_of(numbers(4));
    sigaction(SIGSEGV, NULL, &now);
    return now.sa_handler != SIG_IGN;
}

TEST(a_program_that_handles_faults_goes_on_doing_so)
{
    MUST(ends(keeps_its_handler) == 0);
}

static void *maps_no_signal_stack(void *ctx, void *p, size_t size)
{
    return p == NULL && size < 65536 ? NULL : maps(ctx, p, size);
}

static bool has_signal_stack(void)
{
    stack_t now;

    return sigaltstack(NULL, &now) == 0 && !(now.ss_flags & SS_DISABLE);
}

static int runs_on_signal_stack(void *pages_of(void *, void *, size_t))
{
    flow_config c = { .pages = pages_of };
    stack_t none = { .ss_flags = SS_DISABLE };
    bool had;

    sigaltstack(&none, NULL);
    signal(SIGSEGV, SIG_DFL);
    flow_configure(&c);
    if (sum_of(numbers(4)) != 10)
        return -1;
    had = has_signal_stack();
    flow_trim();
    return had + 2 * has_signal_stack();
}

static int has_no_signal_stack(void)
{
    return runs_on_signal_stack(maps_no_signal_stack) != 0;
}

static int has_its_own_signal_stack(void)
{
    return runs_on_signal_stack(maps) != 1;
}

TEST(a_signal_stack_is_made_while_there_are_stacks_if_there_is_memory)
{
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
    MUST(ends(has_its_own_signal_stack) == 0);
    MUST(ends(has_no_signal_stack) == 0);
#else
    (void)has_its_own_signal_stack;
    (void)has_no_signal_stack;
#endif
}

static int trims_beside_others(void)
{
    flow_config c = { .pages = maps, .slab = 2 };
    flow_stage *s[3];
    size_t held;

    flow_configure(&c);
    for (int n = 0; n < 3; n++)
        s[n] = numbers(4);
    held = pages;
    flow_close(s[0]);
    flow_trim();                    /* one of two is still used          */
    if (pages != held)
        return 1;
    flow_close(s[1]);
    flow_trim();
    return pages >= held || sum_of(s[2]) != 10;
}

TEST(a_slab_goes_back_when_none_of_its_stacks_is_used)
{
    MUST(ends(trims_beside_others) == 0);
}

static void *exits(void *unused)
{
    (void)unused;
    exit(0);
}

static int exits_from_a_thread(void)
{
    pthread_t thread;
    flow_value v;

    flow_block(flow_named(numbers(4), "left_over"), &v);
    pthread_create(&thread, NULL, exits, NULL);
    pthread_join(thread, NULL);
    return 1;
}

TEST(flows_of_other_threads_are_not_told_of_at_exit)
{
    ends(exits_from_a_thread);      /* a sanitizer may call it a leak */
    MUST(!says("unfinished") && !says("not finished"));
}

/* ---- What the system refuses --------------------------------------------- */
static int lists_what_is_left(long refused)
{
    flow_stage *s = flow_take(flow_named(numbers(4), "counter"), 2);
    flow_value v;

    if (!flow_block(s, &v))
        return 1;
    if (refuses(refused))
        flow_dump(STDERR_FILENO);
    else
        fputs("take counter; stack 0 of", stderr);
    return sum_of(s) != 2;
}

static int lists_without_peeking(void)
{
    return lists_what_is_left(SYS_process_vm_readv);
}

static int lists_without_pages(void)
{
    return lists_what_is_left(SYS_mincore);
}

TEST(flows_are_listed_though_the_system_does_not_tell_what_is_there)
{
    MUST(ends(lists_without_peeking) == 0);
    MUST(says("take") && says("counter"));
    MUST(ends(lists_without_pages) == 0);
    MUST(says("take") && says("counter") && says("; stack 0 of"));
}

/* ---- Reports ------------------------------------------------------------------------ */
static int leaves_failure(void)
{
    flow_stage *s = flow_failed(flow_error(FLOW_EINVAL, 0, "nobody reads this"));
    flow_value v;

    if (flow_block(s, &v))
        return 1;
    flow_close(s);
    return 0;
}

TEST(reports_go_to_standard_error)
{
    MUST(ends(leaves_failure) == 0);
    MUST(says("nobody reads this\n"));
}

static void swallows(void *ctx, const char *text)
{
    *(bool *)ctx = strstr(text, "nobody reads this") != NULL;
}

static int reports_elsewhere(void)
{
    bool reported = false;
    flow_config c = { .ctx = &reported, .report = swallows };

    flow_configure(&c);
    leaves_failure();
    return !reported;
}

TEST(reports_go_where_they_are_told_to)
{
    MUST(ends(reports_elsewhere) == 0);
    MUST(said[0] == '\0');
}

static flow_status takes_its_time(void *state, flow_stage *out)
{
    clock_t until = clock() + CLOCKS_PER_SEC / 5;

    (void)state;
    while (clock() < until)
        ;
    flow_give(out, flow_int(1));
    return FLOW_DONE;
}

static int holds_the_loop(void)
{
    flow_config c = { .slow_step = 0.1 };

    flow_configure(&c);
    return sum_of(flow_iterate(takes_its_time, NULL)) != 1
        || sum_of(numbers(4)) != 10;
}

TEST(a_stage_that_holds_the_loop_is_reported)
{
    MUST(ends(holds_the_loop) == 0);
    MUST(says("takes_its_time"));
    MUST(!says("numbers"));
}

static int holds_nothing(void)
{
    return sum_of(flow_iterate(takes_its_time, NULL)) != 1;
}

TEST(without_being_asked_for_slow_stages_are_not_watched)
{
    MUST(ends(holds_nothing) == 0);
    MUST(said[0] == '\0');
}

static int leaves_unfinished(void)
{
    flow_value v;

    flow_block(flow_named(numbers(4), "left_over"), &v);
    return 0;
}

TEST(a_flow_that_is_unfinished_at_exit_is_reported)
{
    ends(leaves_unfinished);        /* a sanitizer may call it a leak */
    MUST(says("left_over"));
}

int main(void)
{
    static const struct test tests[] = {
        CASE(without_settings_all_works),
        CASE(all_memory_comes_from_the_functions_given),
        CASE(stacks_come_in_slabs_of_the_size_given),
        CASE(trimming_gives_back_what_is_not_used),
        CASE(stacks_have_the_size_that_was_asked_for),
        CASE(a_size_that_is_no_multiple_of_anything_is_fine),
        CASE(a_stack_that_overflows_ends_the_program_and_is_named),
        CASE(stacks_are_guarded_as_well_as_the_system_can),
        CASE(a_split_guard_ends_the_program_too),
        CASE(a_stack_that_overflowed_its_word_is_reported),
        CASE(only_faults_in_guards_are_named_and_then_happen_again_without_us),
        CASE(a_fault_that_nobody_hears_of_does_no_more_harm),
        CASE(a_program_that_handles_faults_goes_on_doing_so),
        CASE(a_signal_stack_is_made_while_there_are_stacks_if_there_is_memory),
        CASE(a_slab_goes_back_when_none_of_its_stacks_is_used),
        CASE(flows_of_other_threads_are_not_told_of_at_exit),
        CASE(flows_are_listed_though_the_system_does_not_tell_what_is_there),
        CASE(reports_go_to_standard_error),
        CASE(reports_go_where_they_are_told_to),
        CASE(a_stage_that_holds_the_loop_is_reported),
        CASE(without_being_asked_for_slow_stages_are_not_watched),
        CASE(a_flow_that_is_unfinished_at_exit_is_reported),
    };
    return run_processes("configs", tests, sizeof tests / sizeof *tests);
}
