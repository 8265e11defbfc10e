/* SPDX-License-Identifier: MIT */
/* Tasklets for tests: each does what a line says, its name and then letters,
 * and notes what came of it.
 *
 *     s1  sends 1 into channel a       noted as  Ps1, or Ps1! when it is false
 *     r   receives from channel a                Pr1, or Pr!
 *     n   the next of `from`, a stage            Pn1, or Pn!
 *     d   awaits `deferred`                      Pd1, or Pd!
 *     f   finishes channel a                     (nothing)
 *     h   lets go of channel a                   (nothing)
 *     =1  yields 1                               (nothing)
 *     x   fails with FLOW_EFORMAT "broken"       (nothing)
 *     .   waits for a turn, _ for a second       (nothing)
 *     ,   notes a comma                          P,
 *     *   begins anew
 *
 * S, R, F, H: the same with channel b. One that was refused stops there, as a
 * body should. */
#ifndef FLOW_TEST_ACTORS_H
#define FLOW_TEST_ACTORS_H

#include "harness.h"

#include <string.h>

struct actor {
    const char *does;
    flow_chan *a, *b;
    flow_stage *from;
    flow_deferred *deferred;
    char name[16];                          /* taken from the line          */
};

static char happened[1024];

static void note(const char *who, char what, int64_t n, bool well)
{
    size_t at = strlen(happened);

    if (at + 32 > sizeof happened)
        return;
    at += (size_t)sprintf(happened + at, "%s%s%c", at > 0 ? " " : "", who,
                          what);
    if (what != ',' && n >= 0)
        at += (size_t)sprintf(happened + at, "%d", (int)n);
    if (!well)
        strcpy(happened + at, "!");
}

static bool acts_to_send(flow_gen *self, struct actor *p, char how, int digit)
{
    bool sent = flow_send(self, how == 's' ? p->a : p->b, flow_int(digit));

    note(p->name, how, digit, sent);
    return sent;
}

static bool acts_to_take(flow_gen *self, struct actor *p, char how)
{
    flow_value v = flow_none();
    bool got = how == 'n' ? flow_next(self, p->from, &v)
             : how == 'd' ? flow_await(self, p->deferred, &v)
             : flow_receive(self, how == 'r' ? p->a : p->b, &v);

    note(p->name, how, got ? v.as.num : -1, got);
    flow_drop(v);
    return got;
}

static void acts(flow_gen *self, flow_stage *source, void *arg)
{
    struct actor *p = arg;
    bool well = true;

    (void)source;
    for (const char *at = p->does + strlen(p->name); well && *at != '\0'; at++)
        switch (*at) {
        case 's': case 'S':
            well = acts_to_send(self, p, *at, at[1] - '0');
            at++;
            break;
        case 'r': case 'R': case 'n': case 'd':
            well = acts_to_take(self, p, *at);
            break;
        case 'f': case 'F':
            flow_finish(*at == 'f' ? p->a : p->b, flow_none());
            break;
        case 'h': case 'H':
            flow_chan_release(*at == 'h' ? p->a : p->b);
            break;
        case '=':
            well = flow_yield(self, *++at - '0');
            break;
        case 'x':
            flow_fail(self, FLOW_EFORMAT, 0, "broken");
            well = false;
            break;
        case ',':
            note(p->name, ',', 0, true);
            break;
        case '.': case '_':
            well = flow_cooperate(self, *at == '_');
            break;
        case '*':
            at = p->does + strlen(p->name);
            break;
        }
}

static inline flow_stage *act(struct actor *p)
{
    sscanf(p->does, "%15s", p->name);
    return flow_named(flow_generate(acts, NULL, p), p->name);
}

static inline flow_deferred *begin(struct actor *p)
{
    return flow_run(act(p));
}

/* Whether that is what happened since it was last asked. */
static inline bool so_far(const char *text)
{
    bool same = strcmp(happened, text) == 0;

    if (!same && !disturbed())
        fprintf(stderr, "happened: %s\nexpected: %s\n", happened, text);
    happened[0] = '\0';
    return same;
}

/* Looks at the outcome and lets go. */
static inline void end(flow_deferred *d)
{
    (void)flow_outcome(d);
    flow_release(d);
}

static inline bool gave(flow_deferred *d, int64_t n)
{
    const flow_value *v = flow_outcome(d);

    return v != NULL && v->kind == FLOW_INT && v->as.num == n;
}

static inline bool gave_none(flow_deferred *d)
{
    const flow_value *v = flow_outcome(d);

    return v != NULL && v->kind == FLOW_NONE;
}

/* Whether it failed so, with those words in its message. */
static inline bool failed_with(flow_deferred *d, const flow_error_class *c,
                               const char *words)
{
    const flow_value *v = flow_outcome(d);
    bool so = v != NULL && flow_is_failure(*v) && flow_is(v, c)
           && strstr(flow_message(v), words) != NULL;

    if (!so && !disturbed() && v != NULL)
        fprintf(stderr, "outcome: %s\n", flow_message(v));
    return so;
}

/* Lets run what can run now; no time passes. */
static inline void settle(void)
{
    flow_host *h = flow_host_here();

    for (int n = 0; n < 50; n++)
        h->turn(h, false);
}

#endif
