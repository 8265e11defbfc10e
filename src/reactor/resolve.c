/* SPDX-License-Identifier: MIT */
/* Addresses of a name, asked for by libuv's threads. */
#include "path.h"
#include "work.h"

#include <netdb.h>
#include <string.h>

const flow_error_class FLOW_ERESOLVE[1] = {{ "ResolveError", FLOW_EANY }};

struct question {
    struct flow__work work;                 /* first                        */
    char *name;
    bool answered;
    int wrong;                              /* what libuv says of it        */
    struct addrinfo *all, *next;            /* not yet given                */
};

struct resolve { struct question *q; flow_value why; };

static void discard(struct flow__work *w)
{
    struct question *q = (struct question *)w;

    uv_freeaddrinfo(q->all);
    flow__path_free(q->name);
    flow_free(q, sizeof *q);
}

static void answered(uv_getaddrinfo_t *request, int status,
                     struct addrinfo *all)
{
    struct question *q = (struct question *)(void *)request;

    q->answered = true;
    q->wrong = status;
    q->all = q->next = all;
    flow__work_over(&q->work);
}

/* The number of <netdb.h>. */
static int code_of(int wrong)
{
    switch (wrong) {
    case UV_EAI_AGAIN:
        return EAI_AGAIN;
    case UV_EAI_NONAME: case UV_EAI_NODATA: case UV_ENOENT:
        return EAI_NONAME;
    default:
        return EAI_FAIL;
    }
}

static flow_value no_answer(const struct question *q, int wrong)
{
    if (wrong == UV_ENOMEM || wrong == UV_EAI_MEMORY)
        return flow_error(FLOW_ENOMEM, 0, "no memory to look up %s", q->name);
    return flow_error(FLOW_ERESOLVE, code_of(wrong), "cannot look up %s: %s",
                      q->name, uv_strerror(wrong));
}

/* NONE, or why not. */
static flow_value ask(struct question *q)
{
    static const struct addrinfo streams = { .ai_socktype = SOCK_STREAM };
    flow_value why = flow_none();
    uv_loop_t *loop = flow__uv_loop(&why);
    int wrong;

    if (loop == NULL)
        return why;
    wrong = uv_getaddrinfo(loop, &q->work.request.name, answered, q->name, NULL,
                           &streams);
    if (wrong != 0)
        return no_answer(q, wrong);
    flow__work_began(&q->work);
    return why;
}

static flow_status wait_for_answer(struct question *q, flow_stage *out,
                                   flow_waker *w)
{
    flow_value why = q->work.working ? flow_none() : ask(q);

    if (flow_is_failure(why))
        return flow_raise_in(out, why);
    q->work.waker = w;
    flow_waits_for(out, w, "the addresses of a name");
    return FLOW_WAIT;
}

static flow_value text_of(const struct addrinfo *a)
{
    char text[NI_MAXHOST];

    if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, NULL, 0,
                    NI_NUMERICHOST) != 0)
        return flow_error(FLOW_ERESOLVE, EAI_FAIL, "an address of no known "
                          "family");
    return flow_text(text, strlen(text));
}

static flow_status resolve_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct resolve *r = self;
    struct question *q = r->q;
    flow_value why = r->why;

    r->why = flow_none();
    if (q == NULL)
        return flow_raise_in(out, why);
    if (!q->answered)
        return wait_for_answer(q, out, w);
    if (q->wrong != 0)
        return flow_raise_in(out, no_answer(q, q->wrong));
    if (q->next == NULL)
        return FLOW_DONE;
    flow_give(out, text_of(q->next));
    q->next = q->next->ai_next;
    return FLOW_READY;
}

static void resolve_close(void *self)
{
    struct resolve *r = self;

    if (r->q != NULL)
        flow__work_leave(&r->q->work);
    flow_drop(r->why);
}

/* NULL: *why says why. */
static struct question *question_about(flow_value text, flow_value *why)
{
    char *name = flow__path_of(text, "the name of a host", why);
    struct question *q;

    if (name == NULL)
        return NULL;
    q = flow_alloc(sizeof *q);
    if (q == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory to look up %s", name);
        flow__path_free(name);
        return NULL;
    }
    memset(q, 0, sizeof *q);
    q->work.discard = discard;
    q->name = name;
    return q;
}

flow_stage *(flow_resolve)(flow_value name)
{
    static const flow_type type = {
        .name = "resolve", .size = sizeof(struct resolve),
        .fill = resolve_fill, .close = resolve_close
    };
    struct resolve r = { NULL, { .kind = FLOW_NONE } };

    r.q = question_about(name, &r.why);
    return flow_stage_new(&type, &r);
}
