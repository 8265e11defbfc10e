/* SPDX-License-Identifier: MIT */
/* For gdb_test: flows that wait, one of them deep in calls, and a place to stop
 * at, or to abort at. */
#include <flow/flow.h>

#include <stdlib.h>

static __attribute__((noinline)) bool wait_for_answer(flow_gen *self)
{
    bool go_on = flow_cooperate(self, 3600);

    __asm__ volatile("" ::: "memory");      /* no tail call, so a frame     */
    return go_on;
}

static __attribute__((noinline)) bool ask_question(flow_gen *self, int number)
{
    char room[256];
    bool go_on;

    __asm__ volatile("" :: "r"(room) : "memory");
    go_on = wait_for_answer(self);
    __asm__ volatile("" :: "r"(room), "r"(number) : "memory");
    return go_on;
}

static void client(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    for (int number = *(int *)arg; ask_question(self, number); number++)
        flow_yield(self, number);
}

static void reader(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, source, &v))
        flow_yield(self, v);
}

__attribute__((noinline)) void stop_here(bool aborts);
void stop_here(bool aborts)
{
    if (aborts)
        abort();
    __asm__ volatile("" ::: "memory");
}

int main(int argc, char **argv)
{
    int first = 1;
    flow_stage *fresh = flow_named(flow_generate(client, NULL, &first),
                                   "fresh");
    flow_stage *s = flow_generate(client, NULL, &first);
    flow_deferred *d = flow_run(flow_generate(reader, flow_skip(s, 1), NULL));

    (void)argv;
    stop_here(argc > 1);
    flow_release(d);
    flow_close(fresh);
    return 0;
}
