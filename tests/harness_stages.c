/* SPDX-License-Identifier: MIT */
/* Stages whose answers are known beforehand. */
#include "harness.h"

/* ---- numbers ----------------------------------------------------------- */
static void counts_up(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    for (int n = 1; n <= (int)(intptr_t)arg && flow_yield(self, n); n++)
        ;
}

flow_stage *numbers(int n)
{
    return flow_named(flow_generate(counts_up, NULL, (void *)(intptr_t)n),
                      "numbers");
}

/* ---- script ------------------------------------------------------------ */
struct pause { flow_task task; flow_waker *waker; bool over; };

struct scripted {
    const char *text;
    int *closed;
    flow_host *host;            /* where `pause` is posted; NULL: nowhere   */
    struct pause pause;
};

static void pause_over(flow_task *t)
{
    struct pause *p = (struct pause *)(void *)t;

    p->over = true;
    flow_wake(p->waker);
}

static bool pauses(struct scripted *s, flow_waker *w)
{
    s->pause.waker = w;
    if (s->host == NULL) {
        s->pause.task.call = pause_over;
        s->pause.over = false;
        s->host = w->host;
        s->host->post(s->host, &s->pause.task, *s->text == '_' ? 1.0 : 0.0);
    }
    if (!s->pause.over)
        return true;
    s->host = NULL;
    return false;
}

static flow_status script_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct scripted *s = self;
    flow_value v;

    for (; *s->text != '\0'; s->text++)
        switch (*s->text) {
        case '.':
        case '_':
            if (flow_room(out) == 0)
                return FLOW_READY;
            if (pauses(s, w)) {
                flow_waits_for(out, w, "its script");
                return FLOW_WAIT;
            }
            break;
        case '!':
            return flow_raise_in(out, flow_error(FLOW_EINVAL, 0, "scripted"));
        default:
            if (flow_room(out) == 0)
                return FLOW_READY;
            v = flow_text(s->text, 1);
            if (flow_is_failure(v))
                return flow_raise_in(out, v);
            flow_give(out, v);
        }
    return FLOW_DONE;
}

static void script_close(void *self)
{
    struct scripted *s = self;

    if (s->host != NULL)
        s->host->cancel(s->host, &s->pause.task);
    if (s->closed != NULL)
        ++*s->closed;
}

flow_stage *watched_script(const char *text, int *closed)
{
    static const flow_type type = {
        .name = "script", .size = sizeof(struct scripted),
        .fill = script_fill, .close = script_close
    };

    return flow_stage_new(&type, &(struct scripted){ text, closed, NULL,
                                                     { .over = false } });
}

flow_stage *script(const char *text)
{
    return watched_script(text, NULL);
}

/* ---- never ------------------------------------------------------------- */
struct nothing { flow_waker *waker; };

static flow_status never_fill(void *self, flow_stage *out, flow_waker *w)
{
    ((struct nothing *)self)->waker = w;
    flow_waits_for(out, w, "what does not come");
    return FLOW_WAIT;
}

flow_stage *never(void)
{
    static const flow_type type = {
        .name = "never", .size = sizeof(struct nothing), .fill = never_fill
    };

    return flow_stage_new(&type, &(struct nothing){ NULL });
}
