/* SPDX-License-Identifier: MIT */
/* TLS in memory, once each and at length: cut at every byte, ended at every
 * byte, and more than any buffer holds both ways. */
#include "harness_inside.h"
#include "tls_harness.h"

#include <errno.h>
#include <string.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

/* Where everything takes long, not each byte has its turn. */
static size_t step(void)
{
    return RUNNING_ON_VALGRIND ? 13 : 1;
}

/* What a client hears of "one\ntwo\n", and whether it ends well. */
static bool hears_all(flow_stage *heard)
{
    flow_value v = flow_block_all(heard), first = flow_none();
    const flow_value *items;
    size_t n;
    bool all;

    items = flow_items(&v, &n);
    if (n == 1)
        first = items[0];
    all = first.size == 10
        && memcmp(flow_chars(&first, NULL), "<one><two>", 10) == 0;
    flow_drop(v);
    return all;
}

static flow_stage *speaks(struct sides *s)
{
    return joined(speak(s, saying("one\ntwo\n"), brackets, NULL));
}

/* Bytes that go each way. */
static size_t gone[2];

static flow_value count(flow_value v, void *gone_there)
{
    *(size_t *)gone_there += v.size;
    return v;
}

static flow_stage *counted(flow_stage *s, const struct sides *sides,
                           bool to_client)
{
    (void)sides;
    return flow_map(s, count, &gone[to_client]);
}

/* The bytes of the longer way. */
static size_t length(void)
{
    struct sides s = sides();

    gone[0] = gone[1] = 0;
    s.lies_between = counted;
    MUST(hears_all(speaks(&s)));
    part(&s);
    return gone[0] > gone[1] ? gone[0] : gone[1];
}

/* Signatures are not always of one size. */
enum { MORE = 8 };

TEST(a_cut_anywhere_makes_no_difference)
{
    struct sides s = sides();
    size_t end = length() + MORE;

    s.lies_between = cut_behind;
    for (s.n = 0; s.n < end; s.n += step())
        MUST(hears_all(speaks(&s)));
    part(&s);
}

/* All that comes before it was said, and it is a failure. */
TEST(an_end_anywhere_is_a_lost_connection)
{
    struct sides s = sides();
    size_t whole = 0, end = length() + MORE;

    s.lies_between = ended_behind;
    for (s.n = 1; s.n < end; s.n += step()) {
        flow_stage *heard = speak(&s, saying("one\ntwo\n"), brackets, NULL);
        flow_value v;

        while (flow_block(heard, &v)) {
            MUST(memcmp("<one><two>", flow_chars(&v, NULL), 5) == 0
                 || memcmp("<two>", flow_chars(&v, NULL), 5) == 0);
            flow_drop(v);
        }
        if (flow_failure(heard) == NULL)
            whole++;
        else
            MUST(flow_is(flow_failure(heard), FLOW_ESYSTEM)
                 && flow_code(flow_failure(heard)) == ECONNRESET);
        flow_close(heard);
    }
    MUST(whole > 0);
    part(&s);
}

/* A byte that is wrong anywhere is never taken for what was said. */

struct changed {
    flow_stage *source;                     /* first                        */
    size_t left;                            /* bytes before the wrong one   */
};

static flow_value with_a_wrong_byte(flow_value v, size_t at)
{
    size_t n;
    const char *chars = flow_chars(&v, &n);
    char *p;
    flow_value wrong = flow_buffer(n, &p);

    memcpy(p, chars, n);
    p[at] ^= 0x10;
    flow_drop(v);
    return wrong;
}

static flow_status changed_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct changed *c = self;
    flow_value v;
    flow_status st = flow_pull(c->source, w, &v);
    size_t size;

    if (st != FLOW_READY)
        return flow_pass(out, st, v);
    size = v.size;
    flow_give(out, c->left < size ? with_a_wrong_byte(v, c->left) : v);
    c->left = c->left < size ? SIZE_MAX : c->left - size;
    return FLOW_READY;
}

static flow_stage *changed_behind(flow_stage *s, const struct sides *sides,
                                  bool to_client)
{
    static const flow_type type = {
        .name = "changed", .size = sizeof(struct changed),
        .fill = changed_fill, .inputs = flow_first_input
    };

    return to_client
        ? flow_stage_new(&type, &(struct changed){ s, sides->n }) : s;
}

TEST(a_wrong_byte_is_never_believed)
{
    struct sides s = sides();
    size_t whole = 0, end = length() + MORE;

    s.lies_between = changed_behind;
    for (s.n = 0; s.n < end; s.n += step()) {
        flow_stage *heard = speaks(&s);
        flow_value v;

        if (flow_block(heard, &v)) {
            MUST(memcmp("<one><two>", flow_chars(&v, NULL), 10) == 0);
            flow_drop(v);
            whole++;
        } else {
            MUST(flow_failure(heard) != NULL);
        }
        flow_close(heard);
    }
    MUST(whole > 0);                        /* the byte was never reached   */
    part(&s);
}

/* ---- Much --------------------------------------------------------------- */
enum { PIECES = 4096, PIECE = 4096 };       /* 16 MiB                       */

static size_t most_held;

static void look_at_memory(void)
{
    struct memory now = memory_live();

    if (now.bytes > most_held)
        most_held = now.bytes;
}

static void say_much(flow_gen *self, flow_stage *source, void *arg)
{
    char *p;
    bool more = true;

    (void)source;
    (void)arg;
    for (int n = 0; more && n < PIECES; n++) {
        flow_value v = flow_buffer(PIECE, &p);

        memset(p, n, PIECE);
        more = flow_yield(self, v);
        look_at_memory();
    }
}

static bool is_as_said(const flow_value *v, size_t at)
{
    size_t n;
    const char *chars = flow_chars(v, &n);

    for (size_t i = 0; i < n; i++)
        if (chars[i] != (char)((at + i) / PIECE))
            return false;
    return true;
}

static void hears_much(struct sides *s)
{
    flow_stage *heard = speak(s, flow_generate(say_much, NULL, NULL), echo,
                              NULL);
    size_t n = 0;

    most_held = 0;
    for (flow_value v; flow_block(heard, &v); flow_drop(v)) {
        MUST(is_as_said(&v, n));
        n += v.size;
        look_at_memory();
    }
    MUST(flow_failure(heard) == NULL);
    MUST(n == (size_t)PIECES * PIECE);
    MUST(most_held > 0 && most_held < 300000);
    flow_close(heard);
}

TEST(much_goes_both_ways_in_little_memory)
{
    struct sides s = sides();

    hears_much(&s);
    s.lies_between = slowly;
    hears_much(&s);
    part(&s);
}

static flow_stage *one_large(flow_stage *received, void *arg)
{
    char *p;
    flow_value v = flow_buffer((size_t)PIECES * PIECE, &p);

    (void)arg;
    flow_close(received);
    for (int n = 0; n < PIECES; n++)
        memset(p + (size_t)n * PIECE, n, PIECE);
    return flow_once(v);
}

TEST(a_value_may_be_of_any_size)
{
    struct sides s = sides();
    flow_stage *heard = speak(&s, flow_list(NULL, 0), one_large, NULL);
    size_t n = 0;

    for (flow_value v; flow_block(heard, &v); flow_drop(v)) {
        MUST(v.size <= 16384 && is_as_said(&v, n));
        n += v.size;
    }
    MUST(flow_failure(heard) == NULL && n == (size_t)PIECES * PIECE);
    flow_close(heard);
    part(&s);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_cut_anywhere_makes_no_difference),
        CASE(an_end_anywhere_is_a_lost_connection),
        CASE(a_wrong_byte_is_never_believed),
        CASE(much_goes_both_ways_in_little_memory),
        CASE(a_value_may_be_of_any_size),
    };

    int status;

    harness_begin();
    status = run_processes("tls_cuts", tests, sizeof tests / sizeof *tests);
    flow_trim();
    return status;
}
