/* SPDX-License-Identifier: MIT */
/* See fate.h. The numbers are those of SplitMix64. */
#include "fate.h"

#include <stdarg.h>

_Thread_local struct flow__fate flow__fate
    __attribute__((tls_model("initial-exec")));

static const double A_MINUTE = 60;
enum { ROOM = 65536 };

static uint64_t next(void)
{
    uint64_t z = flow__fate.state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* From 0 to 1, and not 1. */
static double fraction(void)
{
    return (double)(next() >> 11) * 0x1p-53;
}

uint64_t flow__fate_below(uint64_t n)
{
    return next() % n;
}

bool flow__fate_is(double chance)
{
    return fraction() < chance;
}

/* Mostly much less than the most, so that others are overtaken. */
double flow__fate_delay(void)
{
    double seconds = flow__fate.f.delay * fraction() * fraction();

    if (flow__fate_is(flow__fate.f.stall))
        seconds += A_MINUTE * fraction();
    return seconds;
}

size_t flow__fate_part(size_t n)
{
    if (n > 1 && flow__fate_is(flow__fate.f.cut))
        n = 1 + (size_t)flow__fate_below(n);
    return n;
}

/* Some worlds are calm and some are wild: what goes wrong rarely is met beside
 * nothing else, and beside all else. */
static flow_faults choose(void)
{
    static const double delays[] = { 0, 0.001, 0.1, 2 };
    static const double cuts[] = { 0, 0.2, 0.9 };
    static const double stalls[] = { 0, 0, 0.02 };
    static const double refusals[] = { 0, 0, 0.2 };
    static const double resets[] = { 0, 0, 0.005, 0.05 };
    static const size_t rooms[] = { 1, 40, 1000, ROOM };
    flow_faults f = { 0 };

#define ONE_OF(list) list[flow__fate_below(sizeof list / sizeof *list)]
    f.delay = ONE_OF(delays);
    f.cut = ONE_OF(cuts);
    f.stall = ONE_OF(stalls);
    f.refuse = ONE_OF(refusals);
    f.reset = ONE_OF(resets);
    f.room = ONE_OF(rooms);
#undef ONE_OF
    return f;
}

void flow__fate_begin(uint64_t seed, const flow_faults *f, flow_host *host)
{
    flow__fate.state = seed;
    flow__fate.host = host;
    flow__fate.trace = NULL;
    flow__fate.f = f != NULL ? *f : choose();
    if (flow__fate.f.room == 0)
        flow__fate.f.room = ROOM;
}

void flow__fate_tell(const char *format, ...)
{
    FILE *to = flow__fate.trace;
    va_list args;

    if (to == NULL)
        return;
    fprintf(to, "%11.6f  ", flow__fate.host->now(flow__fate.host));
    va_start(args, format);
    vfprintf(to, format, args);
    va_end(args);
    fputc('\n', to);
}
