/* SPDX-License-Identifier: MIT */
/* Taking values from a flow in ordinary code: the loop is run meanwhile. */
#include "base/thread.h"
#include "base/value.h"
#include "stage/describe.h"
#include "stage/stage.h"

/* Belongs to the thread and not to a call: a stage may go on remembering it
 * when the call is over. */
struct block_waker {
    flow_waker waker;                       /* first                        */
    bool woken;
};

static void woken(flow_waker *w)
{
    ((struct block_waker *)w)->woken = true;
}

static FLOW__HERE struct block_waker here = { { woken, NULL }, false };

/* Ends a block with a failure, which flow_failure shows. Nobody has looked at
 * it yet. */
static bool fail(flow_stage *s, flow_value error)
{
    if (s == NULL || s == &flow__no_memory_stage) {
        flow_drop(error);
        return false;
    }
    flow__drop_failure(s);
    s->failure = error;
    s->failing = false;
    return false;
}

static bool is_stuck(flow_stage *s)
{
    char who[256];

    flow__describe(s, who, sizeof who);
    return fail(s, flow_error(FLOW_ESTUCK, 0, "nothing is left that could wake "
                              "%s", who));
}

/* Runs the loop until the waker is woken; false: it cannot be any more. */
static bool sleep_until_woken(flow_host *host)
{
    bool more = true;

    while (!here.woken && more) {
        flow__thread.inside++;
        more = host->turn(host, true);
        flow__thread.inside--;
    }
    return here.woken;
}

static flow_status ask(flow_stage *s, flow_value *out)
{
    flow_status st;

    here.woken = false;
    flow__thread.inside++;
    st = flow_pull(s, &here.waker, out);
    flow__thread.inside--;
    return st;
}

bool flow_block(flow_stage *s, flow_value *out)
{
    flow_host *host = flow_host_here();
    flow_value v;

    if (flow__thread.inside > 0)
        return fail(s, flow_error(FLOW_ENESTED, 0, "flow_block inside a flow "
                                  "or a task of the loop; use flow_next "
                                  "there"));
    if (host->turn == NULL)
        return fail(s, flow_error(FLOW_ENESTED, 0, "this thread's loop is run "
                                  "by others; use flow_run"));
    here.waker.host = host;
    for (;;)
        switch (ask(s, &v)) {
        case FLOW_READY:
            *out = v;
            return true;
        case FLOW_WAIT:
            if (!sleep_until_woken(host))
                return is_stuck(s);
            break;
        case FLOW_DONE:
            return false;
        case FLOW_FAILED:
            return fail(s, v);
        }
}

const flow_value *flow_failure(const flow_stage *s)
{
    if (s == &flow__no_memory_stage)
        return &flow__no_memory;
    if (s == NULL || s->failing || s->failure.kind != FLOW_ERROR)
        return NULL;
    ((flow_stage *)(uintptr_t)s)->seen = true;
    return &s->failure;
}

/* The one value of s, which is closed, or its failure. */
static flow_value only_value(flow_stage *s)
{
    flow_value v;

    if (!flow_block(s, &v))
        v = flow_share(*flow_failure(s));
    flow_close(s);
    return v;
}

flow_value flow_block_all(flow_stage *s)
{
    return only_value(flow_collect(s));
}

flow_value flow_block_on(flow_deferred *d)
{
    return only_value(flow_from_deferred(d));
}
