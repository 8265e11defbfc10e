/* SPDX-License-Identifier: MIT */
/* Random programs of tasklets: a few lines each, over a few channels. */
#include "programs.h"

#include <stdarg.h>
#include <string.h>

struct program program;
bool describing;

void tell(const char *format, ...)
{
    va_list args;

    if (!describing)
        return;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
}

static void make_case(struct op *op, unsigned self, const struct tasklet *t)
{
    static const enum what whats[] = {
        SENDS, SENDS, SENDS, RECEIVES, RECEIVES, RECEIVES, AWAITS, TIMES_OUT,
        NEXTS
    };

    op->what = whats[below(sizeof whats / sizeof *whats)];
    if (op->what == NEXTS && t->reads == NO_CHANNEL)
        op->what = RECEIVES;
    op->channel = op->what == NEXTS ? t->reads : below(CHANNELS);
    op->other = (self + 1 + below(TASKLETS - 1)) % TASKLETS;
    op->seconds = below(3);
    op->error = one_in(20);
}

static void make_op(struct op *op, unsigned self, struct tasklet *t, unsigned n)
{
    static const enum what others[] = {
        OFFERS, OFFERS, TRIES, PAUSES, PAUSES, PAUSES, FINISHES, SPAWNS,
        SPAWNS, CLOSES, FAILS
    };

    make_case(op, self, t);
    op->cases = t->cases[n];
    if (one_in(4)) {
        op->what = SELECTS;
        op->n = below(CASES) + 1;
        for (unsigned i = 0; i < op->n; i++)
            make_case(&op->cases[i], self, t);
    } else if (op->what == TIMES_OUT || one_in(4)) {
        op->what = others[below(sizeof others / sizeof *others)];
        op->error = op->error || (op->what == FINISHES && one_in(2));
    }
}

static void describe_op(const struct op *op, const char *before)
{
    static const char *const names[] = {
        "send", "receive", "next", "await", "timeout", "select", "offer", "try",
        "pause", "finish", "spawn", "close", "fail"
    };

    tell("%s%s", before, names[op->what]);
    switch (op->what) {
    case SENDS: case RECEIVES: case NEXTS: case OFFERS: case TRIES:
    case FINISHES:
        tell(" %c%s", 'a' + (int)op->channel, op->error ? " an error" : "");
        break;
    case AWAITS: case SPAWNS: case CLOSES:
        tell(" T%u", op->other);
        break;
    case PAUSES: case TIMES_OUT:
        tell(" %u", op->seconds);
        break;
    case SELECTS:
        for (unsigned i = 0; i < op->n; i++)
            describe_op(&op->cases[i], i > 0 ? " | " : ": ");
        break;
    case FAILS:
        break;
    }
}

static void describe_program(void)
{
    for (unsigned i = 0; i < CHANNELS; i++)
        tell("    channel %c: room %zu%s\n", 'a' + (int)i,
             program.channels[i].room,
             program.channels[i].sender_first ? ", sender first" : "");
    for (unsigned i = 0; i < TASKLETS; i++) {
        const struct tasklet *t = &program.tasklets[i];
        tell("    T%u%s%s%s", i, i < program.started ? "" : " (later)",
             t->grouped ? ", in the group" : "",
             t->goes_on ? ", goes on" : "");
        if (t->reads != NO_CHANNEL)
            tell(", reads %c (%u ahead)", 'a' + (int)t->reads, t->ahead);
        tell(":");
        for (unsigned j = 0; j < t->n; j++)
            describe_op(&t->ops[j], j > 0 ? "; " : " ");
        tell("\n");
    }
}

void make_program(uint64_t seed)
{
    seed_chance(seed);
    memset(&program, 0, sizeof program);
    program.started = below(TASKLETS) + 1;
    for (unsigned i = 0; i < CHANNELS; i++) {
        program.channels[i].room = below(4);
        program.channels[i].sender_first = one_in(4);
    }
    for (unsigned i = 0; i < TASKLETS; i++) {
        struct tasklet *t = &program.tasklets[i];
        t->reads = one_in(4) ? below(CHANNELS) : NO_CHANNEL;
        t->ahead = one_in(3) ? below(3) + 2 : 1;
        t->goes_on = one_in(2);
        t->grouped = one_in(3);
        t->n = below(OPS) + 1;
        for (unsigned j = 0; j < t->n; j++)
            make_op(&t->ops[j], i, t, j);
    }
    describe_program();
}
