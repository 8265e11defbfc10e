/* SPDX-License-Identifier: MIT */
/* What the fuzzers share.
 *
 * The first bytes of an input choose what is done and how the rest is cut into
 * blocks; the rest is what the blocks hold. A fuzzer reads the rest as a whole,
 * in the plainest way there is, and says what should come of it; then it makes
 * the stages, and what they give must be just that, however it was cut. */
#ifndef FLOW_FUZZ_H
#define FLOW_FUZZ_H

#include <flow/flow.h>

/* libFuzzer's own: called with each input; and before, where there is one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* ---- The input ----------------------------------------------------------- */
struct input { const char *at; size_t left; };

/* 0 to n - 1, n at most 256, by the next byte; 0 if there is none. */
unsigned choose(struct input *in, unsigned n);

/* How a text is cut: in the same way each time it is begun with a copy. */
struct cuts {
    uint32_t chance;
    unsigned most;                  /* bytes of a block; 0: all in one      */
    bool pauses;
};
struct cuts some_cuts(struct input *in);
size_t next_cut(struct cuts *c, size_t left);

/* The text in blocks that are cut so, of text and of bytes, some of them empty,
 * with pauses between them. */
flow_stage *blocks(const char *text, size_t len, struct cuts c);

/* ---- What should come ---------------------------------------------------- */
void wants_nothing_yet(void);
void wants(const char *p, size_t len);                  /* p is borrowed    */
void wants_failure(const flow_error_class *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* As the operators over bytes say it. */
void wants_too_long(const char *what, size_t longest);
void wants_cut_off(const char *what, size_t len);

/* Reads s, up to `most` pieces, and closes it. They must be those that should
 * come, and if there are no more, so must the end. */
void must_give(flow_stage *s, size_t most);

/* ---- Filters ------------------------------------------------------------- */
/* One that cuts, and the one that makes what it cuts. An input either is cut,
 * or is taken for pieces, which must come back when they have been there. */
struct filter {
    void (*choose_options)(struct input *in);
    void (*wants_pieces)(const char *p, size_t n);  /* of the whole         */
    bool (*fits)(const char *p, size_t n);          /* may be a piece       */
    flow_stage *(*cut)(flow_stage *s);
    flow_stage *(*add)(flow_stage *s);
};
int fuzz_filter(const struct filter *f, const uint8_t *data, size_t size);

#endif
