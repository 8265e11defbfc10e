/* SPDX-License-Identifier: MIT */
/* Operators: stages over other stages.
 *
 * Each takes the stages it reads. What it says of values holds for results
 * only: a failure of an input passes through after the results before it, ends
 * the operator, and closes its other inputs; a settled error (see flow_settle)
 * passes untouched: no function or test sees it, take and skip do not count it,
 * and lists hold it. A function or test gets `arg`, which is borrowed; a
 * function that answers an ERROR fails the operator. Operators keep no queue
 * but where a size is named, never read further ahead than they must, and hand
 * on row sets where they get them. None of these calls suspends. */
#ifndef FLOW_FLOW_H
#include <flow/flow.h>
#endif
#ifndef FLOW_OPERATOR_H
#define FLOW_OPERATOR_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ---- One for one ------------------------------------------------------- */
flow_stage *flow_map(flow_stage *s, flow_function *f, void *arg);

/* Tuples (0, first), (1, second), ... counting from `from`. */
flow_stage *flow_enumerate(flow_stage *s, int64_t from);

/* Running values: each is f(value so far, next value), given as it is made;
 * `start` itself is not given. */
typedef flow_value flow_fold(flow_value so_far, flow_value next,
                             void *arg);                    /* takes both   */
flow_stage *flow_scan(flow_stage *s, flow_value start, flow_fold *f, void *arg);

/* ---- Some of them ------------------------------------------------------ */
/* Those that pass; test NULL keeps what is flow_true. */
flow_stage *flow_filter(flow_stage *s, flow_test *test, void *arg);

/* The first n; closes its source as soon as it has them. Skip: all but these.
 */
flow_stage *flow_take(flow_stage *s, size_t n);
flow_stage *flow_skip(flow_stage *s, size_t n);

/* Up to, from, the first that does not pass. */
flow_stage *flow_take_while(flow_stage *s, flow_test *test, void *arg);
flow_stage *flow_skip_while(flow_stage *s, flow_test *test, void *arg);

/* Leaves out what compares equal to the value before. */
flow_stage *flow_distinct(flow_stage *s);

/* ---- All into one, one into many --------------------------------------- */
/* The last of the running values of flow_scan, or start when there are none. */
flow_stage *flow_reduce(flow_stage *s, flow_value start, flow_fold *f,
                        void *arg);

/* One LIST of all values. Fails with FLOW_ELIMIT beyond `most` of them. */
flow_stage *flow_collect_most(flow_stage *s, size_t most);
#define flow_collect(s) flow_collect_most((s), UINT32_MAX)

/* Calls f with each value, drops what it answers (an ERROR fails), gives none.
 */
flow_stage *flow_for_each(flow_stage *s, flow_function *f, void *arg);

/* LISTs of n values; the last may be shorter. With seconds > 0 a list also goes
 * out, unless empty, that long after its first value came. */
flow_stage *flow_batch(flow_stage *s, size_t n, double seconds);

/* The items of each LIST or TUPLE; other values as they are. */
flow_stage *flow_unbatch(flow_stage *s);

/* For each value the stage that f makes of it, read to its end, in order. */
typedef flow_stage *flow_expand(flow_value v, void *arg);       /* takes v   */
flow_stage *flow_flat_map(flow_stage *s, flow_expand *f, void *arg);

/* Up to `width` of the stages f makes, read at the same time. The results in
 * the order of the values they come from, or as they come. Each is read to its
 * end. In order, a stage whose turn has not come may be ahead by one row set.
 */
flow_stage *flow_parallel(flow_stage *s, size_t width, flow_expand *f,
                          void *arg);
flow_stage *flow_parallel_unordered(flow_stage *s, size_t width,
                                    flow_expand *f, void *arg);

/* ---- Several stages into one ------------------------------------------------
 * Arrays of stages are copied; FLOW_STAGES(a, b, c) writes array and length.
 * NULL is an array of none; with a length it fails with FLOW_EINVAL. */

/* One after the other. */
flow_stage *flow_concat(flow_stage *const *s, size_t n);

/* TUPLEs of one value of each; a shorter stage is continued with NONE until the
 * longest ends. Shortest: ends with the first that ends. Strict: fails with
 * FLOW_EINVAL unless all end together. (Zip of the original) */
flow_stage *flow_zip(flow_stage *const *s, size_t n);
flow_stage *flow_zip_shortest(flow_stage *const *s, size_t n);
flow_stage *flow_zip_strict(flow_stage *const *s, size_t n);

/* flow_map over flow_zip: f gets the tuples. (Map of the original) */
flow_stage *flow_map_all(flow_stage *const *s, size_t n, flow_function *f,
                         void *arg);

/* All results as they come: one of each input that has some, in rotation. One
 * that waits holds up nobody, and costs nothing until it is woken; one that is
 * always ready starves nobody. Results that others have ready go before a
 * failure. (Merge of the original) */
flow_stage *flow_merge(flow_stage *const *s, size_t n);

/* As flow_merge, but gives each time the stage that has results: a BOX that
 * flow_stage_of reads; take its results before asking on. The stages stay the
 * operator's. (Concurrent of the original) */
flow_stage *flow_concurrent(flow_stage *const *s, size_t n);
flow_stage *flow_stage_of(const flow_value *v);         /* NULL: not one    */

/* All results of the first input that has any, or ends; the others are closed.
 */
flow_stage *flow_race(flow_stage *const *s, size_t n);

/* ---- One stage for several readers ------------------------------------------
 * Fills out[0..n-1], each giving all values of s (shared). The fastest may be
 * ahead of the slowest by `room` values, room >= 1; then it waits. A closed one
 * holds nobody up; when all are closed, so is s. */
void flow_tee(flow_stage *s, size_t room, flow_stage **out, size_t n);

/* ---- Time and trouble -------------------------------------------------- */
/* Reads up to n values ahead, from its first ask on, into a buffer, n >= 1:
 * the source works while the reader does. */
flow_stage *flow_prefetch(flow_stage *s, size_t n);

/* 1, 2, 3, ... each so many seconds after the one before, counted from the first
 * ask, without an end. Those that nobody asked for in time are left out. */
flow_stage *flow_ticks(double seconds);

/* At most one value in so many seconds: the others wait. */
flow_stage *flow_throttle(flow_stage *s, double seconds);

/* Fails with FLOW_ETIMEOUT, closing its source, when a value is longer than
 * that in coming; deadline: when not all have come by then, counted from the
 * first ask. Inside what flow_retry makes they hold for each try; around
 * flow_retry, for all tries together. */
flow_stage *flow_within(flow_stage *s, double seconds);
flow_stage *flow_deadline(flow_stage *s, double seconds);

/* A failure of that class, or of one derived from it, comes as one last value,
 * settled. Several classes: nest. (A list given to wrap in the original) */
flow_stage *flow_trap(flow_stage *s, const flow_error_class *c);

/* Reads the stage make(arg) gives; when it fails with class c, another one, up
 * to n more times, waiting `seconds` before the first, twice as long before
 * each further one. Values given before a failure have been given. */
typedef flow_stage *flow_source(void *arg);
flow_stage *flow_retry(flow_source *make, void *arg,
                       const flow_error_class *c, size_t n, double seconds);

/* ---- Bytes -----------------------------------------------------------------
 * Over text or bytes in pieces of any size, cut anywhere; pieces out share the
 * buffer in wherever they lie in one piece. Other kinds fail with FLOW_EINVAL.
 * All have a bound on what they gather, and fail with FLOW_ELIMIT beyond it; an
 * end in the middle of a piece fails with FLOW_EFORMAT. */

/* Lines without their delimiter. longest: bytes without it. (LineBreak of the
 * original: CR LF, 16384, false) */
typedef struct flow_line_options {
    const char *delimiter;          /* NULL: CR LF; copied                  */
    size_t longest;                 /* 0: 16384                             */
    bool trailer;                   /* the rest at the end is a line too    */
    bool keep;                      /* the delimiter stays with its line    */
} flow_line_options;
flow_stage *flow_line_break(flow_stage *s, const flow_line_options *o);
#define flow_lines(s)               /* LF, 16384, trailer: of text files */  \
    flow_line_break((s), &(flow_line_options){ "\n", 0, true, false })

/* Pieces of n bytes; the last may be shorter. */
flow_stage *flow_chunk(flow_stage *s, size_t n);

/* Strings behind their length in `width` bytes, 1, 2 or 4, big-endian unless
 * little; and netstrings, as 5:hello, . Each way: cut and add. */
flow_stage *flow_prefixed(flow_stage *s, unsigned width, bool little,
                          size_t longest);
flow_stage *flow_add_prefix(flow_stage *s, unsigned width, bool little);
flow_stage *flow_netstrings(flow_stage *s, size_t longest);
flow_stage *flow_add_netstring(flow_stage *s);

/* Each piece followed by `delimiter`, which is copied. */
flow_stage *flow_add_delimiter(flow_stage *s, const char *delimiter);

/* All pieces as one; fails with FLOW_ELIMIT beyond `longest` bytes. */
flow_stage *flow_join(flow_stage *s, size_t longest);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#define flow_map(...)       flow_made(flow_map(__VA_ARGS__), FLOW_HERE)
#define flow_enumerate(...) flow_made(flow_enumerate(__VA_ARGS__), FLOW_HERE)
#define flow_scan(...)      flow_made(flow_scan(__VA_ARGS__), FLOW_HERE)
#define flow_filter(...)    flow_made(flow_filter(__VA_ARGS__), FLOW_HERE)
#define flow_take(...)      flow_made(flow_take(__VA_ARGS__), FLOW_HERE)
#define flow_skip(...)      flow_made(flow_skip(__VA_ARGS__), FLOW_HERE)
#define flow_take_while(...) flow_made(flow_take_while(__VA_ARGS__), FLOW_HERE)
#define flow_skip_while(...) flow_made(flow_skip_while(__VA_ARGS__), FLOW_HERE)
#define flow_distinct(...)  flow_made(flow_distinct(__VA_ARGS__), FLOW_HERE)
#define flow_reduce(...)    flow_made(flow_reduce(__VA_ARGS__), FLOW_HERE)
#define flow_collect_most(...)                                               \
    flow_made(flow_collect_most(__VA_ARGS__), FLOW_HERE)
#define flow_for_each(...)  flow_made(flow_for_each(__VA_ARGS__), FLOW_HERE)
#define flow_batch(...)     flow_made(flow_batch(__VA_ARGS__), FLOW_HERE)
#define flow_unbatch(...)   flow_made(flow_unbatch(__VA_ARGS__), FLOW_HERE)
#define flow_flat_map(...)  flow_made(flow_flat_map(__VA_ARGS__), FLOW_HERE)
#define flow_parallel(...)  flow_made(flow_parallel(__VA_ARGS__), FLOW_HERE)
#define flow_parallel_unordered(...)                                         \
    flow_made(flow_parallel_unordered(__VA_ARGS__), FLOW_HERE)
#define flow_concat(...)    flow_made(flow_concat(__VA_ARGS__), FLOW_HERE)
#define flow_zip(...)       flow_made(flow_zip(__VA_ARGS__), FLOW_HERE)
#define flow_zip_shortest(...)                                               \
    flow_made(flow_zip_shortest(__VA_ARGS__), FLOW_HERE)
#define flow_zip_strict(...) flow_made(flow_zip_strict(__VA_ARGS__), FLOW_HERE)
#define flow_map_all(...)   flow_made(flow_map_all(__VA_ARGS__), FLOW_HERE)
#define flow_merge(...)     flow_made(flow_merge(__VA_ARGS__), FLOW_HERE)
#define flow_concurrent(...) flow_made(flow_concurrent(__VA_ARGS__), FLOW_HERE)
#define flow_race(...)      flow_made(flow_race(__VA_ARGS__), FLOW_HERE)
#define flow_prefetch(...)  flow_made(flow_prefetch(__VA_ARGS__), FLOW_HERE)
#define flow_ticks(...)     flow_made(flow_ticks(__VA_ARGS__), FLOW_HERE)
#define flow_throttle(...)  flow_made(flow_throttle(__VA_ARGS__), FLOW_HERE)
#define flow_within(...)    flow_made(flow_within(__VA_ARGS__), FLOW_HERE)
#define flow_deadline(...)  flow_made(flow_deadline(__VA_ARGS__), FLOW_HERE)
#define flow_trap(...)      flow_made(flow_trap(__VA_ARGS__), FLOW_HERE)
#define flow_retry(...)     flow_made(flow_retry(__VA_ARGS__), FLOW_HERE)
#define flow_line_break(...) flow_made(flow_line_break(__VA_ARGS__), FLOW_HERE)
#define flow_chunk(...)     flow_made(flow_chunk(__VA_ARGS__), FLOW_HERE)
#define flow_prefixed(...)  flow_made(flow_prefixed(__VA_ARGS__), FLOW_HERE)
#define flow_add_prefix(...) flow_made(flow_add_prefix(__VA_ARGS__), FLOW_HERE)
#define flow_netstrings(...) flow_made(flow_netstrings(__VA_ARGS__), FLOW_HERE)
#define flow_add_netstring(...)                                              \
    flow_made(flow_add_netstring(__VA_ARGS__), FLOW_HERE)
#define flow_add_delimiter(...)                                              \
    flow_made(flow_add_delimiter(__VA_ARGS__), FLOW_HERE)
#define flow_join(...)      flow_made(flow_join(__VA_ARGS__), FLOW_HERE)

#endif
