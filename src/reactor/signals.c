/* SPDX-License-Identifier: MIT */
/* Signals as a stage. libuv's handle outlives the stage by a turn, so it has
 * memory of its own. It keeps the loop alive only while somebody waits. */
#include "base/memory.h"
#include "uv_host.h"

struct catcher {
    uv_signal_t handle;                     /* first                        */
    flow_waker *waker;
    bool came;
};

struct signals {
    int number;
    struct catcher *catcher;                /* NULL: not asked yet          */
};

static void signal_came(uv_signal_t *handle, int number)
{
    struct catcher *c = (struct catcher *)handle;
    flow_waker *w = c->waker;

    (void)number;
    c->came = true;
    c->waker = NULL;
    uv_unref((uv_handle_t *)handle);
    flow_wake(w);
}

static void free_catcher(uv_handle_t *handle)
{
    flow_free(handle, sizeof(struct catcher));
}

/* NULL: *why says why not. */
static struct catcher *catch_signals(int number, flow_value *why)
{
    uv_loop_t *loop = flow__uv_loop(why);
    struct catcher *c;
    int wrong;

    if (loop == NULL)
        return NULL;
    c = flow_alloc(sizeof *c);
    if (c == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory to wait for a signal");
        return NULL;
    }
    c->waker = NULL;
    c->came = false;
    wrong = uv_signal_init(loop, &c->handle);
    if (wrong != 0) {
        flow_free(c, sizeof *c);
    } else {
        wrong = uv_signal_start(&c->handle, signal_came, number);
        if (wrong != 0)
            uv_close((uv_handle_t *)&c->handle, free_catcher);
    }
    if (wrong == 0)
        return c;
    *why = flow_system_error(-wrong, "cannot wait for signal %d", number);
    return NULL;
}

static flow_status signals_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct signals *s = self;
    flow_value why;

    if (s->catcher == NULL) {
        s->catcher = catch_signals(s->number, &why);
        if (s->catcher == NULL)
            return flow_raise_in(out, why);
    }
    if (!s->catcher->came) {
        s->catcher->waker = w;
        uv_ref((uv_handle_t *)&s->catcher->handle);
        flow_waits_for(out, w, "a signal");
        return FLOW_WAIT;
    }
    s->catcher->came = false;
    flow_give(out, flow_int(s->number));
    return FLOW_READY;
}

static void signals_close(void *self)
{
    struct catcher *c = ((struct signals *)self)->catcher;

    if (c == NULL)
        return;
    c->waker = NULL;
    flow__uv_touch();
    uv_close((uv_handle_t *)&c->handle, free_catcher);
}

flow_stage *(flow_signals)(int number)
{
    static const flow_type type = {
        .name = "signals", .size = sizeof(struct signals), .fill = signals_fill,
        .close = signals_close
    };

    return flow_stage_new(&type, &(struct signals){ number, NULL });
}
