/* SPDX-License-Identifier: MIT */
/* Fetching while libcurl has no memory: each of its allocations fails in turn,
 * once, and with all that follow. */
#include "fetch_harness.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

/* ---- libcurl's memory ---------------------------------------------------- */
static struct {
    size_t asked, live;
    size_t fails;                           /* at that number; 0: never     */
    bool from_then_on;
    bool failed;
} memory;

static bool fails(void)
{
    size_t n = ++memory.asked;
    bool now = memory.fails > 0
        && (n == memory.fails || (memory.from_then_on && n > memory.fails));

    memory.failed = memory.failed || now;
    return now;
}

static void *counted(void *p)
{
    memory.live += p != NULL;
    return p;
}

static void *allocate(size_t n)
{
    return fails() ? NULL : counted(malloc(n));
}

static void *allocate_zeros(size_t n, size_t size)
{
    return fails() ? NULL : counted(calloc(n, size));
}

static char *copy(const char *s)
{
    return fails() ? NULL : counted(strdup(s));
}

static void *resize(void *p, size_t n)
{
    if (fails())
        return NULL;
    return p == NULL ? counted(malloc(n)) : realloc(p, n);
}

static void give_back(void *p)
{
    memory.live -= p != NULL;
    free(p);
}

/* ---- Runs ---------------------------------------------------------------- */
typedef flow_stage *source(const struct site *s);

/* All of it has come, or it fails and says why. */
static void is_whole_or_fails(const char *wanted, flow_stage *answer)
{
    const flow_value *failure;
    char heard[64] = "";
    size_t n = 0, len;

    for (flow_value v; flow_block(answer, &v); flow_drop(v)) {
        const char *chars = flow_chars(&v, &len);

        if (n + len < sizeof heard)
            memcpy(heard + n, chars, len);
        n += len;
    }
    failure = flow_failure(answer);
    CHECK(failure == NULL
          ? is(heard, wanted)
          : memory.failed && !flow_is(failure, FLOW_ETIMEOUT));
    flow_close(answer);
}

/* And then others are fetched as ever, and nothing is left. */
static void survives(const char *wanted, source *make, size_t fails,
                     bool from_then_on)
{
    size_t live = memory.live;
    struct site s = site();

    memory.asked = 0;
    memory.fails = fails;
    memory.from_then_on = from_then_on;
    memory.failed = false;
    is_whole_or_fails(wanted, make(&s));
    memory.fails = 0;
    hears("hello", body(&s, "/hello"));
    reports();
    leave(&s);
    CHECK(memory.live == live);
}

static void survives_all(const char *wanted, source *make)
{
    size_t n = 0;

    do {
        survives(wanted, make, ++n, false);
        survives(wanted, make, n, true);
    } while (memory.failed);
    CHECK(n > 10);
}

/* ---- What is fetched ----------------------------------------------------- */
/* The one name for which libcurl never begins a thread. */
#define LOCAL "http://localhost"

static flow_stage *page(const struct site *s)
{
    return flow_fetch_body(flow_fetch(flow_textf(LOCAL ":%d/parts", s->port),
                                      NULL));
}

TEST(a_page_without_memory_for_libcurl)
{
    survives_all("onetwothree", page);
}

static flow_stage *upload(const struct site *s)
{
    static const char *const headers[] = { "X-Empty:", "Cookie: a=b", NULL };

    return flow_fetch_body(flow_upload(flow_textf(LOCAL ":%d/count", s->port),
        script("ab.c"), &(flow_fetch_options){ .headers = headers }));
}

TEST(an_upload_without_memory_for_libcurl)
{
    survives_all("3 bytes", upload);
}

static flow_stage *secret_by_proxy(const struct site *s)
{
    char proxy[64];

    snprintf(proxy, sizeof proxy, LOCAL ":%d", s->port);
    return flow_fetch_body(flow_fetch("http://anna:secret@a.invalid/secret",
        &(flow_fetch_options){ .proxy = proxy }));
}

TEST(a_page_by_a_proxy_without_memory_for_libcurl)
{
    survives_all("welcome", secret_by_proxy);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_page_without_memory_for_libcurl),
        CASE(an_upload_without_memory_for_libcurl),
        CASE(a_page_by_a_proxy_without_memory_for_libcurl),
    };

    no_proxy();
    curl_global_init_mem(CURL_GLOBAL_DEFAULT, allocate, give_back, resize, copy,
                         allocate_zeros);
    return run_tests("fetch_memory", tests, sizeof tests / sizeof *tests);
}
