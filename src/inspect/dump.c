/* SPDX-License-Identifier: MIT */
/* Every live flow of this thread, in words. May be called from a signal
 * handler: nothing is allocated, no lock taken, nothing printed but with write,
 * and a stage is looked at only after it was found to be there: see describe.c.
 *
 * A flow is shown from the stage that nobody reads to its sources: a chain is a
 * line for each stage, however long; the inputs of a stage with several stand a
 * step to the right. What is endless is cut, and says so. */
#include "base/thread.h"
#include "coroutine/stack.h"
#include "stage/describe.h"
#include "stage/stage.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    FLOWS_MOST = 200,
    CHAIN_MOST = 64,                /* stages in line                       */
    INPUTS_MOST = 16,               /* of one stage                         */
    DEEPEST = 8                     /* steps to the right                   */
};

struct listing {
    int fd;
    double now;
    size_t stages;                  /* that are live                        */
    size_t n;
    char text[1024];
};

/* ---- Writing ------------------------------------------------------------- */
static void flush(struct listing *l)
{
    const char *at = l->text;

    while (l->n > 0) {
        ssize_t n = write(l->fd, at, l->n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;                          /* nobody to show it to         */
        at += n;
        l->n -= (size_t)n;
    }
    l->n = 0;
}

static void put(struct listing *l, const char *s)
{
    for (s = s != NULL ? s : "?"; *s != 0; s++) {
        if (l->n == sizeof l->text)
            flush(l);
        l->text[l->n++] = *s;
    }
}

static void put_number(struct listing *l, size_t number)
{
    char digits[24], *at = digits + sizeof digits - 1;

    *at = 0;
    do
        *--at = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    put(l, at);
}

static void put_count(struct listing *l, size_t n, const char *what)
{
    put_number(l, n);
    put(l, " ");
    put(l, what);
    if (n != 1)
        put(l, "s");
}

/* To a tenth. */
static void put_seconds(struct listing *l, double seconds)
{
    size_t tenths = seconds > 0 ? (size_t)(seconds * 10) : 0;

    put_number(l, tenths / 10);
    put(l, ".");
    put_number(l, tenths % 10);
    put(l, " s");
}

static void indent(struct listing *l, int depth)
{
    while (depth-- > 0)
        put(l, "    ");
}

static void put_more(struct listing *l, int depth, size_t n, const char *what)
{
    indent(l, depth);
    put(l, "... and ");
    put_number(l, n);
    put(l, " more");
    put(l, what);
    put(l, "\n");
}

/* ---- One stage ----------------------------------------------------------- */
static void put_wait_for_input(struct listing *l, flow_stage *s)
{
    flow_stage *input = flow__waiting_input(s);

    if (input == NULL) {
        put(l, "waits for an input");
        return;
    }
    put(l, "waits for '");
    put(l, input->name);
    put(l, "'");
}

static void put_state(struct listing *l, flow_stage *s)
{
    switch (flow__state_of(s)) {
    case FLOW__NOT_BEGUN:
        put(l, "not begun");
        break;
    case FLOW__RUNNING:
        put(l, "running");
        break;
    case FLOW__HAS_RESULTS:
        put_count(l, (size_t)(s->end - s->next), "result");
        put(l, " ready");
        break;
    case FLOW__WAITS:
        put(l, "waits for ");
        put(l, s->waits);
        if (s->at != NULL) {
            put(l, " '");
            put(l, s->at);
            put(l, "'");
        }
        put(l, ", since ");
        put_seconds(l, l->now - s->since);
        break;
    case FLOW__WAITS_FOR_INPUT:
        put_wait_for_input(l, s);
        break;
    case FLOW__IDLE:
        put(l, "not asked");
        break;
    case FLOW__HAS_FAILED:
        put(l, "has failed");
        break;
    case FLOW__ENDED:
        put(l, "ended");
        break;
    }
}

static void put_stack(struct listing *l, const flow_gen *g)
{
    const char *end = (const char *)(g->stack + 1);

    put(l, "; stack ");
    put_number(l, flow__stack_used(g->stack) / 1024);
    put(l, " of ");
    put_number(l, (size_t)(end - g->stack->low) / 1024);
    put(l, " KiB");
}

static void put_stage(struct listing *l, flow_stage *s)
{
    put(l, s->name);
    if (s->made != NULL) {
        put(l, " (made at ");
        put(l, s->made);
        put(l, ")");
    }
    put(l, ": ");
    put_state(l, s);
    if (flow__is_generator(s))
        put_stack(l, (const flow_gen *)s);
    put(l, "\n");
}

/* ---- A flow -------------------------------------------------------------- */
/* The inputs of a stage, and after them what it asks but does not own. */
struct inputs {
    flow_stage **list, *asked;
    size_t n;
};

static struct inputs inputs_of(flow_stage *s)
{
    struct inputs in = { .asked = flow__waiting_input(s) };

    in.n = flow__inputs(s, &in.list);
    for (size_t i = 0; i < in.n; i++)
        if (in.list[i] == in.asked)
            in.asked = NULL;
    return in;
}

/* The next one that is there, from place *i on; or NULL. */
static flow_stage *next_input(const struct inputs *in, size_t *i)
{
    while (*i < in->n) {
        flow_stage *s = in->list[(*i)++];
        if (flow__is_live(s))
            return s;
    }
    return (*i)++ == in->n ? in->asked : NULL;
}

static size_t count_inputs(const struct inputs *in)
{
    size_t count = 0;

    for (size_t i = 0; next_input(in, &i) != NULL; )
        count++;
    return count;
}

static size_t count_chain(flow_stage *s, size_t most)
{
    size_t count = 0;

    while (s != NULL && count < most) {
        struct inputs in = inputs_of(s);
        size_t i = 0;
        s = next_input(&in, &i);
        count++;
    }
    return count;
}

static void put_flow(struct listing *l, flow_stage *s, int depth);

static void put_branches(struct listing *l, const struct inputs *in, int depth)
{
    size_t count = count_inputs(in), shown = 0, i = 0;

    if (depth <= DEEPEST)
        for (; shown < count && shown < INPUTS_MOST; shown++)
            put_flow(l, next_input(in, &i), depth);
    if (shown < count)
        put_more(l, depth, count - shown, "");
}

static void put_flow(struct listing *l, flow_stage *s, int depth)
{
    for (size_t shown = 0; s != NULL; shown++) {
        struct inputs in = inputs_of(s);
        size_t i = 0;

        if (shown == CHAIN_MOST) {
            put_more(l, depth, count_chain(s, l->stages), "");
            return;
        }
        indent(l, depth);
        put(l, shown > 0 ? "< " : "");
        put_stage(l, s);
        if (count_inputs(&in) > 1) {
            put_branches(l, &in, depth + 1);
            return;
        }
        s = next_input(&in, &i);
    }
}

/* ---- All flows ----------------------------------------------------------- */
/* Marks each stage that another reads; the number of all, and of the others. */
static size_t mark_read(size_t *flows)
{
    size_t stages = 0, read = 0;

    for (flow_stage *s = flow__thread.live; s != NULL; s = s->live_next)
        s->is_read = false;
    for (flow_stage *s = flow__thread.live; s != NULL; s = s->live_next) {
        struct inputs in = inputs_of(s);
        flow_stage *input;
        for (size_t i = 0; (input = next_input(&in, &i)) != NULL;) {
            read += !input->is_read;
            input->is_read = true;
        }
        stages++;
    }
    *flows = stages - read;
    return stages;
}

static void put_flows(struct listing *l, size_t flows)
{
    size_t shown = 0;

    for (flow_stage *s = flow__thread.live; s != NULL; s = s->live_next)
        if (!s->is_read && shown < FLOWS_MOST) {
            put_flow(l, s, 0);
            shown++;
        }
    if (shown < flows)
        put_more(l, 0, flows - shown, " flows");
}

void flow_dump(int fd)
{
    int kept = errno;
    flow_host *host = flow_host_here();
    struct listing l = { .fd = fd, .now = host->now(host) };
    size_t flows;

    l.stages = mark_read(&flows);
    put_count(&l, flows, "flow");
    put(&l, " of ");
    put_count(&l, l.stages, "stage");
    put(&l, "\n");
    put_flows(&l, flows);
    flush(&l);
    errno = kept;
}
