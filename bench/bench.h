/* SPDX-License-Identifier: MIT */
/* What each benchmark does around the loop it measures, in C and in C++:
 *
 *     struct bench b = bench_begin();
 *     while (bench_round(&b)) {
 *         build what is needed;
 *         bench_start(&b);
 *         the loop;
 *         bench_stop(&b);
 *         bench_check(the answer is right);
 *     }
 *     bench_print(b.best / n * 1e9, "ns");
 *
 * A program measures one thing and prints one line: number, unit, and what it
 * was built with. A round is to last about a millisecond, and the best counts:
 * what makes one slower is somebody else's doing, and even on a busy machine
 * there are moments that are quiet. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BENCH_ROUNDS = 100 };

struct bench {
    int round;
    double start, best;             /* seconds                              */
    clockid_t clock;
};

/* Processor time of all threads, where what others take meanwhile does not
 * count, or CLOCK_MONOTONIC, for what waits for others. */
static inline double bench_clock(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline struct bench bench_begin(void)
{
    struct bench b = { 0, 0, 1e9, CLOCK_PROCESS_CPUTIME_ID };
    return b;
}

static inline bool bench_round(struct bench *b)
{
    return b->round++ < BENCH_ROUNDS;
}

static inline void bench_start(struct bench *b)
{
    b->start = bench_clock(b->clock);
}

static inline void bench_stop(struct bench *b)
{
    double seconds = bench_clock(b->clock) - b->start;

    if (seconds < b->best)
        b->best = seconds;
}

/* A wrong answer has no time. */
#define bench_check(right)                                                   \
    ((right) ? (void)0 : bench_wrong(__FILE__, __LINE__, #right))

static inline void bench_wrong(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    exit(1);
}

/* The number after the program's name, or another. */
static inline long bench_argument(int argc, char **argv, long otherwise)
{
    return argc > 1 ? atol(argv[1]) : otherwise;
}

/* Bytes of memory that this process holds now, and the page tables for them. */
static inline double bench_memory(void)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    long part, sum = 0;

    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "VmRSS: %ld", &part) == 1
            || sscanf(line, "VmPTE: %ld", &part) == 1)
            sum += part;
    bench_check(f != NULL && sum > 0);
    fclose(f);
    return (double)sum * 1024;
}

static inline void bench_print(double number, const char *unit)
{
#ifdef __clang__
    const char *compiler = __VERSION__;
#else
    const char *compiler = "gcc " __VERSION__;
#endif

    printf("%.4g %s  (%s)\n", number, unit, compiler);
}

#endif
