/* SPDX-License-Identifier: MIT */
/* The programs of March 2003, with a builder: steps written down once, then
 * executed with a value to start with.
 *
 * A branch makes items: of a list, of a generator, of an iterator that pauses
 * at odd numbers. Each item goes through all steps before the next is made. The
 * two executions at the end are under way at the same time, and take turns
 * where the iterator pauses. march.c does the same with operators.
 * Re-creates the announcement of March 14, 2003. */
#include <flow/builder.h>

static flow_stage *data_source(flow_value data, void *arg)
{
    int64_t d = data.as.num;

    (void)arg;
    return flow_list(FLOW_VALUES(1, 1 + d, 1 + 2 * d));
}

static flow_value add_one(flow_value v, void *arg)
{
    (void)arg;
    return flow_int(v.as.num + 1);
}

static flow_value print_result(flow_value v, void *arg)
{
    (void)arg;
    flow_print(stdout, v);
    return flow_none();
}

static flow_value finished(flow_value data, void *arg)
{
    (void)data, (void)arg;
    printf("finished\n");
    return flow_none();
}

static void counts_up(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value data;

    (void)arg;
    if (!flow_next(self, source, &data))
        return;
    for (int64_t n = 0; n < data.as.num && flow_yield(self, n); n++)
        ;
}

static flow_stage *simple_generator(flow_value data, void *arg)
{
    (void)arg;
    return flow_generate(counts_up, flow_once(data), NULL);
}

/* An iterator with a state of its own is a stage type. */
struct countdown { int64_t left; };

static flow_status countdown_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct countdown *c = self;

    (void)w;
    if (c->left < 0)
        return FLOW_DONE;
    flow_give(out, c->left % 2 != 0 ? flow_pause()  /* imagine it must wait */
                                    : flow_int(c->left));
    c->left--;
    return FLOW_READY;
}

static flow_stage *simple_iterator(flow_value data, void *arg)
{
    static const flow_type type = {
        .name = "countdown", .size = sizeof(struct countdown),
        .fill = countdown_fill
    };

    (void)arg;
    return flow_stage_new(&type, &(struct countdown){ data.as.num });
}

static void execute(flow_builder *b, int data)
{
    flow_stage *s = flow_builder_execute(b, flow_int(data));
    flow_value none;

    while (flow_block(s, &none))
        ;
    if (flow_failure(s) != NULL)
        flow_print_trace(stderr, flow_failure(s));
    flow_close(s);
}

int main(void)
{
    flow_builder *a = flow_builder_new(), *b = flow_builder_new(),
                 *c = flow_builder_new();

    flow_add_branch(a, data_source, finished, NULL);
    flow_add_function(a, add_one, NULL);
    flow_add_function(a, print_result, NULL);
    execute(a, 2);
    execute(a, 8);

    flow_add_branch(b, simple_generator, finished, NULL);
    flow_add_function(b, print_result, NULL);
    execute(b, 3);

    flow_add_branch(c, simple_iterator, finished, NULL);
    flow_add_function(c, print_result, NULL);
    execute(c, 4);

    printf("two at the same time:\n");
    flow_deferred *four = flow_run(flow_builder_execute(c, flow_int(4)));
    flow_deferred *six = flow_run(flow_builder_execute(c, flow_int(6)));

    flow_loop();
    flow_release(four);
    flow_release(six);
    flow_builder_release(a);
    flow_builder_release(b);
    flow_builder_release(c);
    return 0;
}
