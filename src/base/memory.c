/* SPDX-License-Identifier: MIT */
/* Settings, allocation and reports: see memory.h. */
#include "memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void *system_pages(void *ctx, void *p, size_t size)
{
    (void)ctx;
    if (p != NULL) {
        munmap(p, size);
        return NULL;
    }
    p = mmap(NULL, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static void report_to_stderr(void *ctx, const char *text)
{
    (void)ctx;
    fprintf(stderr, "flow: %s\n", text);
}

static const flow_config defaults = {
    NULL, NULL, system_pages, report_to_stderr, 65536, 256, 0
};

flow_config flow__config = {
    NULL, NULL, system_pages, report_to_stderr, 65536, 256, 0
};

void flow_configure(const flow_config *c)
{
    flow_config n = c != NULL ? *c : defaults;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (n.pages == NULL)
        n.pages = defaults.pages;
    if (n.report == NULL)
        n.report = defaults.report;
    if (n.stack_size == 0)
        n.stack_size = defaults.stack_size;
    if (n.stack_size < 4 * page)            /* a guard, and room for a body */
        n.stack_size = 4 * page;
    n.stack_size = (n.stack_size + page - 1) / page * page;
    if (n.slab == 0)
        n.slab = defaults.slab;
    flow__config = n;
}

void *flow_alloc(size_t size)
{
    if (flow__config.resize == NULL)
        return malloc(size);
    return flow__config.resize(flow__config.ctx, NULL, 0, size);
}

void *flow_resize(void *p, size_t old, size_t size)
{
    if (flow__config.resize == NULL)
        return realloc(p, size);
    return flow__config.resize(flow__config.ctx, p, old, size);
}

void flow_free(void *p, size_t size)
{
    if (flow__config.resize == NULL)
        free(p);
    else if (p != NULL)
        flow__config.resize(flow__config.ctx, p, size, 0);
}

void *flow__map(size_t size)
{
    return flow__config.pages(flow__config.ctx, NULL, size);
}

void flow__unmap(void *p, size_t size)
{
    flow__config.pages(flow__config.ctx, p, size);
}

void flow_report(const char *format, ...)
{
    char text[1024];                        /* longer reports are cut       */
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    flow__config.report(flow__config.ctx, text);
}
