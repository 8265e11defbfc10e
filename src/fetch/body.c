/* SPDX-License-Identifier: MIT */
/* The body of an answer alone. */
#include <flow/fetch.h>

struct body {
    flow_stage *answer;                     /* first                        */
    bool has_head;
};

/* The peer, or one behind it, has too much to do. */
static bool may_pass(int status)
{
    return status == 429 || (status >= 502 && status <= 504);
}

static flow_value is_refused(const flow_value *head)
{
    int status = flow_fetched_status(head);

    if (status == 0)
        return flow_error(FLOW_EINVAL, 0, "flow_fetch_body reads what "
                          "flow_fetch has made, from its begin");
    if (status < 400)
        return flow_none();
    return flow_error(may_pass(status) ? FLOW_EBUSY : FLOW_ESTATUS, status,
                      "%s answers with status %d", flow_fetched_url(head),
                      status);
}

static flow_status take_head(struct body *b, flow_stage *out, flow_waker *w)
{
    flow_value head, why;
    flow_status st = flow_pull(b->answer, w, &head);

    if (st != FLOW_READY)
        return flow_pass(out, st, head);
    why = is_refused(&head);
    flow_drop(head);
    b->has_head = true;
    return flow_is_failure(why) ? flow_raise_in(out, why) : FLOW_READY;
}

static flow_status body_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct body *b = self;
    flow_set set;
    flow_status st;

    if (!b->has_head)
        return take_head(b, out, w);
    st = flow_pull_set(b->answer, w, &set);
    if (st != FLOW_READY)
        return flow_pass(out, st, set.error);
    flow_lend(out, set.v, set.n);
    return FLOW_READY;
}

flow_stage *(flow_fetch_body)(flow_stage *answer)
{
    static const flow_type type = {
        .name = "fetch_body", .size = sizeof(struct body), .fill = body_fill,
        .inputs = flow_first_input
    };

    return flow_stage_new(&type, &(struct body){ answer, false });
}
