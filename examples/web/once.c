/* SPDX-License-Identifier: MIT */
/* The program asks itself: what `web --once` shows. The server and those who
 * ask it run beside each other in one thread, as flows do. */
#include "web.h"

#include <flow/process.h>

#include <string.h>

static const char *const paths[] = {
    "/", "/static/style.css", "/delayed", "/joined", "/query?rows=100000"
};

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
    flow_stage *s = flow_lines(ask(at, "/random?count=6"));

    return flow_map(flow_filter(s, is_number, NULL), in_column, margin);
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

bool ask_all(const char *at)
{
    bool good;

    printf("Two clients ask for random numbers at once:\n");
    good = print_all(flow_merge(FLOW_STAGES(numbers(at, "    "),
                                            numbers(at, "           "))));
    printf("The other pages:\n");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        good = print_all(size_of(at, paths[i])) && good;
    return good;
}
