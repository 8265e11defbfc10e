/* SPDX-License-Identifier: MIT */
/* Answers as stages. */
#include "request.h"

#include "reactor/path.h"

struct fetch {
    flow_stage *sent;                       /* NULL: there is no upload     */
    struct flow__transfer *t;               /* NULL: `why` there is none    */
    flow_value why;
};

static flow_status fail(struct fetch *f, flow_stage *out, flow_value error)
{
    flow__transfer_break(f->t);
    return flow_raise_in(out, error);
}

static flow_status fetch_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct fetch *f = self;
    flow_value error = f->why;
    flow_status st;

    f->why = flow_none();
    if (!flow_is_failure(error) && !f->t->begun)
        error = flow__transfer_begin(f->t);
    if (flow_is_failure(error))
        return flow_raise_in(out, error);
    st = flow__transfer_give(f->t, out);
    if (st != FLOW_WAIT)
        return st;
    if (f->sent != NULL
        && flow__transfer_feed(f->t, f->sent, w, &error) == FLOW_FAILED)
        return fail(f, out, error);
    st = flow__transfer_wait(f->t, w, &error);
    if (st == FLOW_FAILED)
        return fail(f, out, error);
    flow_waits_for(out, w, f->t->connected ? "an answer" : "a connection");
    return st;
}

static void fetch_close(void *self)
{
    struct fetch *f = self;

    flow__transfer_close(f->t);
    flow_drop(f->why);
}

static flow_stage *make(const flow_type *type, flow_value url, flow_stage *sent,
                        bool uploads, const flow_fetch_options *o)
{
    struct fetch f = { .sent = sent };
    char *copy;

    f.why = flow_none();
    copy = flow__path_of(url, "the URL to fetch", &f.why);
    if (copy != NULL)
        f.t = flow__request(copy, o, uploads, &f.why);
    flow__path_free(copy);
    return flow_stage_new(type, &f);
}

flow_stage *(flow_fetch)(flow_value url, const flow_fetch_options *o)
{
    static const flow_type type = {
        .name = "fetch", .size = sizeof(struct fetch), .fill = fetch_fill,
        .close = fetch_close
    };

    return make(&type, url, NULL, false, o);
}

flow_stage *(flow_upload)(flow_value url, flow_stage *sent,
                          const flow_fetch_options *o)
{
    static const flow_type type = {
        .name = "upload", .size = sizeof(struct fetch), .fill = fetch_fill,
        .close = fetch_close, .inputs = flow_first_input
    };

    return make(&type, url, sent, true, o);
}
