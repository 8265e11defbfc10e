/* SPDX-License-Identifier: MIT */
/* million: the memory of 1,000,000 generators that are suspended at once. Each
 * has given its number and must give it again afterwards; that the last stack
 * made has a guard too is seen by overflowing it, in a copy of the process. */
#include "bench.h"
#include <flow/flow.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GENERATORS = 1000000 };

static bool overflow;

/* Uses up that many half pages of stack: 40 are more than there is. */
static int use_up(int halves, volatile char *above)
{
    volatile char half[2048];

    half[0] = above[0];
    return halves == 0 ? half[0] : use_up(halves - 1, half) + half[0];
}

static void twice(flow_gen *self, flow_stage *source, void *arg)
{
    volatile char top = 1;

    (void)source;
    if (flow_yield(self, *(int64_t *)arg)) {
        if (overflow)
            top = (char)use_up(40, &top);
        flow_yield(self, *(int64_t *)arg);
    }
}

static int64_t ask_all(flow_stage **all)
{
    int64_t total = 0;
    flow_value v;

    for (int i = 0; i < GENERATORS; i++) {
        bench_check(flow_block(all[i], &v));
        total += v.as.num;
    }
    return total;
}

static bool is_guarded(flow_stage *s)
{
    pid_t child = fork();
    int status = 0;
    flow_value v;

    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
        close(STDERR_FILENO);               /* which would tell of it       */
        overflow = true;
        flow_block(s, &v);
        _exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child
           && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

int main(void)
{
    const int64_t right = (int64_t)GENERATORS * (GENERATORS - 1) / 2;
    flow_stage **all = malloc(GENERATORS * sizeof(flow_stage *));
    int64_t *numbers = malloc(GENERATORS * sizeof(int64_t));
    double before, after;

    bench_check(all != NULL && numbers != NULL);
    before = bench_memory();
    for (int i = 0; i < GENERATORS; i++) {
        numbers[i] = i;
        all[i] = flow_generate(twice, NULL, &numbers[i]);
    }
    bench_check(ask_all(all) == right);
    after = bench_memory();
    bench_check(is_guarded(all[GENERATORS - 1]));
    bench_check(ask_all(all) == right);
    for (int i = 0; i < GENERATORS; i++)
        flow_close(all[i]);
    free(numbers);
    free(all);
    bench_print((after - before) / (1024 * 1024 * 1024), "GiB");
    return 0;
}
