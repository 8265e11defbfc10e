/* SPDX-License-Identifier: MIT */
/* Readings of several sensors: smoothed, thinned out, and summed up.
 *
 * Each sensor has a scope. In it one merge passes on the running mean, one only
 * what has changed, and one remembers the highest; when it closes, a line tells
 * what they have kept. A reading that is broken stops nothing: it goes as a
 * settled error, which no step sees, and whoever reads the results counts it.
 */
#include <flow/builder.h>

static const flow_error_class BROKEN[1] = {{ "Broken", FLOW_EANY }};

struct sensor { const char *name; double readings[8]; };

static const struct sensor sensors[] = {
    { "cellar", { 8.0, 8.1, 8.0, 12.0, 16.0, 16.0, -1, 16.0 } },
    { "roof", { 20.0, -1, 26.0, 29.0, 29.0, 28.0, 24.0, 20.0 } }
};
enum { SENSORS = 2, READINGS = 8 };

/* The readings of the sensor with that number; the broken ones are -1. */
static void read_all(flow_gen *self, flow_stage *source, void *arg)
{
    const struct sensor *all = arg;
    flow_value n;

    if (!flow_next(self, source, &n))
        return;
    for (int i = 0; i < READINGS; i++) {
        double x = all[n.as.num].readings[i];

        if (!flow_cooperate(self, 1.0))
            return;
        flow_yield(self, x >= 0 ? flow_real(x) : flow_settle(
            flow_error(BROKEN, 0, "reading %d", i + 1)));
    }
}

static flow_stage *readings(flow_value n, void *arg)
{
    return flow_generate(read_all, flow_once(n), arg);
}

/* The numbers of n sensors. */
static flow_stage *every(flow_value n, void *arg)
{
    flow_value all[SENSORS];

    (void)arg;
    for (int i = 0; i < (int)n.as.num; i++)
        all[i] = flow_int(i);
    return flow_list(all, (size_t)n.as.num);
}

/* Each new reading counts for half. */
static flow_value smooth(flow_value *mean, flow_value x, void *arg)
{
    (void)arg;
    if (mean->kind == FLOW_NONE)
        *mean = x;
    *mean = flow_real((mean->as.real + x.as.real) / 2);
    return *mean;
}

/* The same in whole degrees, or NONE when they are the ones passed on before.
 */
static flow_value changed(flow_value *before, flow_value x, void *arg)
{
    int64_t degrees = (int64_t)(x.as.real + 0.5);

    (void)arg;
    if (before->kind == FLOW_INT && before->as.num == degrees)
        return flow_none();
    return *before = flow_int(degrees);
}

/* Remembers the highest, and lets all pass. */
static flow_value highest(flow_value *so_far, flow_value x, void *arg)
{
    (void)arg;
    if (so_far->kind == FLOW_NONE || so_far->as.num < x.as.num)
        *so_far = x;
    return x;
}

/* With the sensor's number, and what the three merges have accumulated. */
static flow_value sum_up(flow_value scope, void *arg)
{
    const struct sensor *all = arg;
    const flow_value *v = flow_items(&scope, NULL);

    printf("%s: at last %.1f, highest %d\n", all[v[0].as.num].name,
           v[1].as.real, (int)v[3].as.num);
    flow_drop(scope);
    return flow_none();
}

int main(void)
{
    flow_builder *b = flow_builder_new();
    void *all = (void *)(uintptr_t)sensors;
    int broken = 0;

    flow_host_use(flow_virtual_host());
    flow_add_branch(b, every, NULL, NULL);
    flow_add_context(b, sum_up, all);
    flow_add_branch(b, readings, NULL, all);
    flow_add_merge_running(b, flow_none(), smooth, NULL);
    flow_add_merge_running(b, flow_none(), changed, NULL);
    flow_add_stop(b, flow_none());
    flow_add_merge_running(b, flow_none(), highest, NULL);

    flow_stage *s = flow_builder_execute(b, flow_int(SENSORS));
    flow_builder_release(b);
    for (flow_value v; flow_block(s, &v); flow_drop(v))
        if (flow_is(&v, BROKEN))
            broken++;
        else
            printf("  at %2.0f s: %d\n", flow_now(), (int)v.as.num);
    if (flow_failure(s) != NULL)
        flow_print_trace(stderr, flow_failure(s));
    flow_close(s);
    printf("%d readings were broken\n", broken);
    return 0;
}
