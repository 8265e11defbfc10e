/* SPDX-License-Identifier: MIT */
/* Blocks keep their size before them, so that the size the library tells when
 * it gives one back is checked too. Counters are atomic: a test may have
 * threads. */
#include "harness_inside.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { MARK = 0x5eed };
union head { struct { size_t size, mark; } is; max_align_t aligned; };

static atomic_size_t blocks, bytes, pages;
static atomic_ulong asked, fail_at;
static atomic_bool fail_on, failed, safe;

static bool must_fail(void)
{
    unsigned long n, at = fail_at;

    if (safe)
        return false;
    n = ++asked;
    if (at == 0 || n < at || (n > at && !fail_on))
        return false;
    failed = true;
    return true;
}

static void given_back(union head *h, size_t old)
{
    if (h->is.mark != MARK) {
        complain("a block is given back that is none");
        abort();
    }
    if (h->is.size != old)
        complain("a block of %zu bytes is given back as one of %zu",
                 h->is.size, old);
    h->is.mark = 0;
    blocks--;
    bytes -= h->is.size;
    free(h);
}

/* A block that grows always moves, so that who kept the old address is found.
 */
void *memory_resize(void *ctx, void *p, size_t old, size_t size)
{
    union head *h;

    (void)ctx;
    if (size == 0) {
        if (p != NULL)
            given_back((union head *)p - 1, old);
        return NULL;
    }
    if (must_fail() || (h = malloc(sizeof *h + size)) == NULL)
        return NULL;
    *h = (union head){ .is = { size, MARK } };
    blocks++;
    bytes += size;
    if (p != NULL) {
        memcpy(h + 1, p, old < size ? old : size);
        given_back((union head *)p - 1, old);
    }
    return h + 1;
}

void *memory_pages(void *ctx, void *p, size_t size)
{
    (void)ctx;
    if (p != NULL) {
        pages -= size;
        munmap(p, size);
        return NULL;
    }
    if (must_fail())
        return NULL;
    p = mmap(NULL, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    pages += size;
    return p;
}

struct memory memory_live(void)
{
    return (struct memory){ blocks, bytes, pages };
}

void memory_count(unsigned long at, bool on)
{
    asked = 0;
    failed = false;
    fail_on = on;
    fail_at = at;
}

unsigned long memory_asked(void)
{
    return asked;
}

bool memory_failed(void)
{
    return failed;
}

void memory_safe(bool is_safe)
{
    safe = is_safe;
}

void memory_settle(void)
{
    enum { TURNS = 100 };       /* enough for what was posted by what ran */
    flow_host *h = flow_host_here();

    for (int n = 0; n < TURNS && h->turn(h, false); n++)
        ;
    flow_trim();
}

void memory_check(struct memory before)
{
    struct memory after;

    memory_settle();
    after = memory_live();
    if (memcmp(&before, &after, sizeof before) != 0)
        complain("leaks: %zd blocks, %zd bytes, %zd bytes of pages",
                 (ssize_t)(after.blocks - before.blocks),
                 (ssize_t)(after.bytes - before.bytes),
                 (ssize_t)(after.pages - before.pages));
}
