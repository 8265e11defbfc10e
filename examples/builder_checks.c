/* SPDX-License-Identifier: MIT */
/* Checks for three programs, each for some platforms, and a report for each.
 *
 * A check takes its time; the generator that runs it waits, and all steps with
 * it. What is well stops at once; of the rest a list is made. Two other
 * builders, parts of this one, get each list: one prints it, one counts. The
 * programs are checked at the same time, two at once: an execution is a stage,
 * so flow_parallel does that. */
#include <flow/builder.h>

#include <string.h>

/* What the checks will say, and when. */
static const struct check {
    const char *program, *platform, *says;
    double seconds;
} checks[] = {
    { "ls", "linux", "ok", 2.0 },       { "ls", "hurd", "ok", 4.0 },
    { "awk", "linux", "ok", 1.0 },      { "awk", "hurd", "no such call", 1.0 },
    { "awk", "plan9", "too slow", 3.0 }, { "ed", "linux", "ok", 1.0 },
    { NULL, NULL, NULL, 0 }
};

static bool is_text(const flow_value *v, const char *s)
{
    size_t n;
    const char *chars = flow_chars(v, &n);

    return strlen(s) == n && memcmp(chars, s, n) == 0;
}

/* ---- The steps --------------------------------------------------------- */
/* Runs the checks of a program, one after the other. */
static void run_checks(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value program;

    (void)arg;
    if (!flow_next(self, source, &program))
        return;
    for (const struct check *c = checks; c->program != NULL; c++) {
        if (!is_text(&program, c->program))
            continue;
        if (!flow_cooperate(self, c->seconds))
            break;
        flow_yield(self, strcmp(c->says, "ok") == 0 ? flow_literal("ok")
                         : flow_textf("%s on %s: %s", c->program, c->platform,
                                      c->says));
    }
    flow_drop(program);
}

static flow_stage *outcomes_of(flow_value program, void *arg)
{
    (void)arg;
    return flow_generate(run_checks, flow_once(program), NULL);
}

static flow_value print_report(flow_value troubles, void *arg)
{
    (void)arg;
    printf("at %.0f s  ", flow_now());
    flow_print(stdout, troubles);
    return flow_none();
}

static flow_value count_it(flow_value trouble, void *arg)
{
    ++*(int *)arg;
    flow_drop(trouble);
    return flow_none();
}

static flow_value size_of(flow_value list, void *arg)
{
    size_t n;

    (void)arg;
    flow_items(&list, &n);
    flow_drop(list);
    return flow_int((int64_t)n);
}

static flow_stage *execute(flow_value program, void *b)
{
    return flow_builder_execute(b, program);
}

int main(void)
{
    flow_builder *b = flow_builder_new(), *prints = flow_builder_new(),
                 *counts = flow_builder_new();
    int troubles = 0;
    flow_value v;

    flow_host_use(flow_virtual_host());
    flow_add_function(prints, print_report, NULL);
    flow_add_branch(counts, flow_each_item, NULL, NULL);
    flow_add_function(counts, count_it, &troubles);

    flow_add_branch(b, outcomes_of, NULL, NULL);
    flow_add_stop(b, flow_literal("ok"));
    flow_add_merge_to_list(b, 100);
    flow_add_chain(b, prints);
    flow_add_chain(b, counts);
    flow_add_function(b, size_of, NULL);

    flow_stage *s = flow_parallel(flow_list(FLOW_VALUES("ls", "awk", "ed")), 2,
                                  execute, b);
    while (flow_block(s, &v))
        printf("at %.0f s  next program: %d\n", flow_now(), (int)v.as.num);
    if (flow_failure(s) != NULL)
        flow_print_trace(stderr, flow_failure(s));
    flow_close(s);
    printf("%d troubles\n", troubles);
    flow_builder_release(b);
    flow_builder_release(prints);
    flow_builder_release(counts);
    return 0;
}
