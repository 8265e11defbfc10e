/* SPDX-License-Identifier: MIT */
/* The program asks itself: what `web --once` shows. The server and those who
 * ask it run beside each other in one thread, as flows do. */
#include "web.h"

#include <flow/process.h>

#include <string.h>

static const char *const paths[] = {
    "/", "/style.css", "/delayed", "/joined", "/query?rows=100000",
    "/sites?url=/joined"
};
enum { PATHS = sizeof paths / sizeof *paths };

/* What a page answers to curl; a status that is an error is a failure. */
static flow_stage *ask(const char *at, const char *path)
{
    char url[128];

    snprintf(url, sizeof url, "http://%s%s", at, path);
    return flow_command(FLOW_ARGV("curl", "-sSNf", url), NULL, NULL);
}

/* Prints all that s gives. False: it failed. */
static bool print_all(flow_stage *s)
{
    bool good;

    for (flow_value line; flow_block(s, &line);)
        flow_print(stdout, line);
    good = flow_failure(s) == NULL;
    if (!good)
        flow_print_trace(stderr, flow_failure(s));
    flow_close(s);
    return good;
}

/* ---- Two clients at once ------------------------------------------------- */
static bool is_number(const flow_value *line, void *arg)
{
    size_t n;
    const char *s = flow_chars(line, &n);

    (void)arg;
    return n > 9 && memcmp(s, "<li>", 4) == 0;
}

static flow_value in_column(flow_value line, void *margin)
{
    flow_value v = flow_textf("%s%.5s", (char *)margin,
                              flow_chars(&line, NULL) + 4);

    flow_drop(line);
    return v;
}

static flow_stage *numbers(const char *at, char *margin)
{
    flow_stage *s = flow_lines(ask(at, "/random?count=4"));

    return flow_map(flow_filter(s, is_number, NULL), in_column, margin);
}

static flow_stage *two_clients(const char *at)
{
    return flow_concat(FLOW_STAGES(
        flow_once(flow_of("Two clients ask for random numbers at once:")),
        flow_merge(FLOW_STAGES(numbers(at, "    "),
                               numbers(at, "           "))),
        flow_once(flow_of("The other pages:"))));
}

/* ---- Every page ---------------------------------------------------------- */
static flow_value add_size(flow_value so_far, flow_value piece, void *arg)
{
    so_far.as.num += piece.size;
    (void)arg;
    flow_drop(piece);
    return so_far;
}

static flow_value as_line(flow_value size, void *path)
{
    return flow_textf("    %-20s %8lld bytes", (char *)path,
                      (long long)size.as.num);
}

static flow_stage *size_of(const char *at, const char *path)
{
    return flow_map(flow_reduce(ask(at, path), flow_int(0), add_size, NULL),
                    as_line, (void *)path);
}

/* 0: the two clients; n: path n - 1. */
static flow_stage *answer_of(flow_value n, void *at)
{
    return n.as.num == 0 ? two_clients(at) : size_of(at, paths[n.as.num - 1]);
}

/* All are asked at once, and shown one after the other. */
bool ask_all(const char *at)
{
    flow_value n[1 + PATHS];

    for (int i = 0; i <= PATHS; i++)
        n[i] = flow_int(i);
    return print_all(flow_parallel(flow_list(n, 1 + PATHS), 1 + PATHS,
                                   answer_of, (void *)at));
}
