/* SPDX-License-Identifier: MIT */
/* What the servers in C have in common that load.c and asking measure, ours and
 * others: they serve at a free port of 127.0.0.1, which they print, until
 * killed. */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <signal.h>

enum { SERVER_BUFFER = 65536, SERVER_WAITING = 4096 };

static inline void server_begin(void)
{
    struct rlimit l;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    getrlimit(RLIMIT_NOFILE, &l);
    l.rlim_cur = l.rlim_max;
    setrlimit(RLIMIT_NOFILE, &l);
}

static inline void server_serves_at(int port)
{
    printf("%d\n", port);
    fflush(stdout);
}

static inline void server_check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "no server: %s\n", what);
    exit(1);
}

#endif
