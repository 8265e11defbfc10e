/* SPDX-License-Identifier: MIT */
/* What the parts of the harness know of each other, and what the tests of trees
 * need of it. */
#ifndef FLOW_TEST_HARNESS_INSIDE_H
#define FLOW_TEST_HARNESS_INSIDE_H

#include "harness.h"

/* ---- Memory: each allocation, counted, and failing on demand ------------ */
struct memory { size_t blocks, bytes, pages; };

void *memory_resize(void *ctx, void *p, size_t old, size_t size);
void *memory_pages(void *ctx, void *p, size_t size);

struct memory memory_live(void);

/* Counts from 0 again. The at-th allocation from now fails (0: none does), and
 * if `on` all after it do. */
void memory_count(unsigned long at, bool on);
unsigned long memory_asked(void);
bool memory_failed(void);

/* While it is safe, allocations neither fail nor count. */
void memory_safe(bool safe);

/* Lets what is due now run, and gives pooled stacks back. */
void memory_settle(void);

/* Settles; whatever is allocated now and was not then has leaked. */
void memory_check(struct memory before);

/* ---- Running ----------------------------------------------------------- */
/* Tells the library where to allocate and report, and sets the virtual clock;
 * begin: and says what ran when the program dies. */
void harness_configure(void);
void harness_begin(void);

/* What runs now, for whoever complains or dies; nothing of it is wrong yet. */
void harness_at(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool harness_failed(void);

/* Says what fails where; counts against the test that runs. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Forgets the reports so far. */
void reports_forget(void);

/* ---- Programs of chance, each from a seed ------------------------------- */
/* What falls out is said by the bytes, as long as there are some, and then by
 * the seed. */
struct luck { uint64_t seed; const uint8_t *bytes; size_t n; };
void begin_chance(struct luck luck);
void seed_chance(uint64_t seed);
unsigned below(unsigned n);                 /* 0 to n - 1                   */
static inline bool one_in(unsigned n) { return below(n) == 0; }

/* The number behind that argument, or another. */
unsigned long long argument(int argc, char **argv, const char *name,
                            unsigned long long otherwise);

#endif
