/* SPDX-License-Identifier: MIT */
/* Random trees of operators, and what they must give.
 *
 * A node is grown with its stage and, beside it, its outcome: the values and
 * the end that a simple model makes of the outcomes of its inputs, on plain
 * arrays. The same luck grows the same tree.
 *
 * What only the stages need may be made to fail for want of memory, what the
 * model needs may not: see REAL. */
#ifndef FLOW_TEST_TREES_H
#define FLOW_TEST_TREES_H

#include "harness_inside.h"

/* ---- Memory of a tree -------------------------------------------------- */
/* Makes a stage while allocations may fail. */
#define REAL(stage) (memory_safe(false), real_made(stage))
static inline flow_stage *real_made(flow_stage *s)
{
    memory_safe(true);
    return s;
}

/* Lives until tree_forget, which calls forget(p) first if there is one. */
void *tree_alloc(size_t size, void (*forget)(void *p));
void tree_forget(void);

/* ---- Outcomes ---------------------------------------------------------- */
struct outcome {
    flow_value *v;
    size_t n, room;
    flow_value end;                         /* NONE, or the failure         */
};

void outcome_add(struct outcome *o, flow_value v);      /* takes v */
void outcome_add_all(struct outcome *o, const struct outcome *from);
void outcome_end(struct outcome *o, flow_value end);    /* takes end */
void outcome_cut(struct outcome *o, size_t n);          /* keeps the first n */
void outcome_drop(struct outcome *o);

/* ---- Saying what a tree is; nothing is said unless `describing` -------- */
extern bool describing;
__attribute__((format(printf, 1, 2))) char *says(const char *format, ...);
char *says_value(const flow_value *v);

/* ---- Growing ----------------------------------------------------------- */
struct node {
    flow_stage *s;
    struct outcome o;
    char *says;                             /* NULL unless describing       */
};

/* A source of up to 6 values; of_text: of pieces of text only. */
struct node grow_leaf(bool of_text);
struct node grow(int depth);

/* Set when what has been grown gives before a failure what it would not give
 * without, as a batch does. */
extern bool gives_parts;

/* The class of which some failures are, which traps and retries take: one of
 * our own, so that what a library's error says need not be modelled. */
extern const flow_error_class tree_error[1];

/* Functions of a user, by chance; the returned arg lives with the tree. They
 * never fail for want of memory while memory_safe. */
struct changing { unsigned what, mod; };
flow_value change(flow_value v, void *changing);
bool chosen(const flow_value *v, void *changing);
flow_stage *expand(flow_value v, void *changing);
void expand_outcome(const flow_value *v, const struct changing *c,
                    struct outcome *to);
struct changing *some_changing(void);

/* ---- Holding a tree to its model ----------------------------------------- */
/* Plainly; closed after some asks; without some of the memory. False: it was
 * said what is wrong. */
bool tree_holds(struct luck luck);

#endif
