/* SPDX-License-Identifier: MIT */
/* What the tests of flow_select share: tasklets that choose, and note what. */
#ifndef FLOW_TEST_SELECT_TESTS_H
#define FLOW_TEST_SELECT_TESTS_H

#include "actors.h"

enum kind { NOTHING, RECEIVE, SEND, NEXT, AWAIT, TIMEOUT };
struct choice {
    enum kind kind;
    void *what;                             /* a channel, stage or deferred */
    double seconds;
    int value;                              /* to be sent                   */
};

static inline struct choice receive(flow_chan *c)
{
    return (struct choice){ .kind = RECEIVE, .what = c };
}

static inline struct choice send(flow_chan *c, int value)
{
    return (struct choice){ .kind = SEND, .what = c, .value = value };
}

static inline struct choice next(flow_stage *s)
{
    return (struct choice){ .kind = NEXT, .what = s };
}

static inline struct choice await(flow_deferred *d)
{
    return (struct choice){ .kind = AWAIT, .what = d };
}

static inline struct choice after(double seconds)
{
    return (struct choice){ .kind = TIMEOUT, .seconds = seconds };
}

enum { MOST = 4 };
struct chooser {
    const char *name;
    int times;                              /* it selects                   */
    struct choice choices[MOST];
    int chosen;                             /* the last                     */
    flow_value values[MOST];
    bool over[MOST];
};

#define CHOOSER(who, often, ...)                                             \
    { .name = (who), .times = (often), .choices = { __VA_ARGS__ } }

static inline flow_case case_of(struct chooser *c, size_t i)
{
    struct choice *w = &c->choices[i];

    c->values[i] = flow_none();
    switch (w->kind) {
    case RECEIVE:
        return flow_when_receive(w->what, &c->values[i]);
    case SEND:
        c->values[i] = flow_int(w->value);
        return flow_when_send(w->what, &c->values[i]);
    case NEXT:
        return flow_when_next(w->what, &c->values[i]);
    case AWAIT:
        return flow_when_await(w->what, &c->values[i]);
    case TIMEOUT: case NOTHING:
        break;
    }
    return flow_when_timeout(w->seconds);
}

/* The number of what was chosen, then of the value that came. */
static inline void notes_choice(struct chooser *c)
{
    const flow_value *v = &c->values[c->chosen >= 0 ? c->chosen : 0];
    bool came = c->chosen >= 0 && v->kind == FLOW_INT;

    note(c->name, ':', came ? 10 * c->chosen + v->as.num : c->chosen,
         c->chosen >= 0);
}

static inline void chooses(flow_gen *self, flow_stage *source, void *arg)
{
    struct chooser *c = arg;
    flow_case cases[MOST];
    size_t n = 0;

    (void)source;
    while (n < MOST && c->choices[n].kind != NOTHING)
        n++;
    for (int left = c->times; left > 0; left--) {
        for (size_t i = 0; i < n; i++)
            cases[i] = case_of(c, i);
        c->chosen = flow_select(self, cases, n);
        notes_choice(c);
        for (size_t i = 0; i < n; i++) {
            c->over[i] = cases[i].over;
            flow_drop(c->values[i]);
        }
        if (c->chosen < 0)
            break;
    }
}

static inline flow_deferred *choose(struct chooser *c)
{
    return flow_run(flow_named(flow_generate(chooses, NULL, c), c->name));
}

#endif
