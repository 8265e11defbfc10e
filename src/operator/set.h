/* SPDX-License-Identifier: MIT */
/* What operators over one source have in common: take the row set that is
 * ready, change it where it lies, lend it on. Results before a failure are
 * delivered, what comes after it is dropped, settled errors pass untouched.
 *
 * The loops are inline so that an operator's own step is compiled into them: an
 * item then costs the user's call and about a nanosecond. */
#ifndef FLOW_OPERATOR_SET_H
#define FLOW_OPERATOR_SET_H

#include <flow/flow.h>

#define FLOW__LOOP static inline __attribute__((always_inline)) flow_status

/* Makes of v, which it takes, another value or a failure. */
typedef flow_value flow__change(void *self, flow_value v);

/* Whether v stays. */
typedef bool flow__choice(void *self, const flow_value *v);

void flow__drop_all(const flow_value *v, size_t n);

/* Lends the first `kept` of a set, drops those from `rest` on, and fails. */
flow_status flow__cut(flow_stage *out, const flow_set *set, size_t kept,
                      size_t rest, flow_value error);

/* Takes a source that will not be read, gives a stage called `name` that fails
 * with `error`; misused: with FLOW_EINVAL and `advice`. */
flow_stage *flow__refused(const char *name, flow_stage *source,
                          flow_value error);
flow_stage *flow__misused(const char *name, flow_stage *source,
                          const char *advice);

/* s, which a user's function answered, read by `out` from now on; if it is
 * NULL, a stage that says so. */
flow_stage *flow__answered(flow_stage *out, flow_stage *s);

/* Hands on the whole set. */
FLOW__LOOP flow__pass_set(flow_stage *source, flow_stage *out, flow_waker *w)
{
    flow_set set;
    flow_status st = flow_pull_set(source, w, &set);

    if (st != FLOW_READY)
        return flow_pass(out, st, set.error);
    flow_lend(out, set.v, set.n);
    return FLOW_READY;
}

/* One for one. */
FLOW__LOOP flow__change_each(flow_stage *source, flow_stage *out,
                             flow_waker *w, flow__change *change, void *self)
{
    flow_set set;
    flow_status st = flow_pull_set(source, w, &set);

    if (st != FLOW_READY)
        return flow_pass(out, st, set.error);

    flow_value *v = set.v;
    size_t n = set.n;           /* the compiler need not read these again */

    for (size_t i = 0; i < n; i++) {
        if (v[i].kind == FLOW_ERROR)
            continue;
        flow_value changed = change(self, v[i]);
        if (flow_is_failure(changed))
            return flow__cut(out, &set, i, i + 1, changed);
        v[i] = changed;
    }
    flow_lend(out, v, n);
    return FLOW_READY;
}

/* Some of them; asks on until there is at least one. */
FLOW__LOOP flow__choose_each(flow_stage *source, flow_stage *out,
                             flow_waker *w, flow__choice *stays, void *self)
{
    for (;;) {
        flow_set set;
        flow_status st = flow_pull_set(source, w, &set);

        if (st != FLOW_READY)
            return flow_pass(out, st, set.error);

        flow_value *v = set.v;
        size_t n = set.n, kept = 0;

        for (size_t i = 0; i < n; i++) {
            bool stay = v[i].kind == FLOW_ERROR || stays(self, &v[i]);
            flow_value item = v[i];

            v[kept] = item;     /* so that what stays needs no jump */
            kept += stay;
            if (item.kind >= FLOW_TEXT && !stay)
                flow_drop(item);
        }
        if (kept > 0) {
            flow_lend(out, v, kept);
            return FLOW_READY;
        }
    }
}

/* All into something: absorb takes each and answers NONE or a failure. Comes
 * back with settled errors, or when the source has no more. */
FLOW__LOOP flow__absorb_each(flow_stage *source, flow_stage *out,
                             flow_waker *w, flow__change *absorb, void *self)
{
    for (;;) {
        flow_set set;
        flow_status st = flow_pull_set(source, w, &set);

        if (st != FLOW_READY)
            return flow_pass(out, st, set.error);

        flow_value *v = set.v;
        size_t n = set.n, kept = 0;

        for (size_t i = 0; i < n; i++) {
            if (v[i].kind == FLOW_ERROR) {
                v[kept++] = v[i];
                continue;
            }
            flow_value answer = absorb(self, v[i]);
            if (flow_is_failure(answer))
                return flow__cut(out, &set, kept, i + 1, answer);
        }
        if (kept > 0) {
            flow_lend(out, v, kept);
            return FLOW_READY;
        }
    }
}

#endif
