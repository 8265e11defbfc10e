/* SPDX-License-Identifier: MIT */
/* See child.h. */
#include "child.h"

#include <signal.h>

static void free_child(uv_handle_t *process)
{
    flow_free(process, sizeof(struct flow__child));
}

static void give_back(struct flow__child *c)
{
    flow__uv_touch();
    uv_close((uv_handle_t *)&c->process, free_child);
}

static void has_ended(uv_process_t *process, int64_t status, int by_signal)
{
    struct flow__child *c = (struct flow__child *)process;
    flow_waker *w = c->waker;

    c->ended = true;
    c->status = by_signal != 0 ? -by_signal : (int)status;
    c->waker = NULL;
    if (c->left) {
        flow__uv_has_ended();
        give_back(c);
    } else {
        flow_wake(w);
    }
}

struct flow__child *flow__child_start(uv_process_options_t *o, flow_value *why)
{
    uv_loop_t *loop = flow__uv_loop(why);
    struct flow__child *c;
    int wrong;

    if (loop == NULL)
        return NULL;
    c = flow_alloc(sizeof *c);
    if (c == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory to run '%s'", o->file);
        return NULL;
    }
    c->waker = NULL;
    c->ended = c->left = false;
    o->exit_cb = has_ended;
    wrong = uv_spawn(loop, &c->process, o);
    uv_unref((uv_handle_t *)&c->process);
    if (wrong == 0)
        return c;
    give_back(c);
    *why = flow_system_error(-wrong, "cannot run '%s'", o->file);
    return NULL;
}

void flow__child_wait(struct flow__child *c, flow_waker *w)
{
    c->waker = w;
    uv_ref((uv_handle_t *)&c->process);
}

void flow__child_leave(struct flow__child *c)
{
    if (c == NULL)
        return;
    if (c->ended) {
        give_back(c);
        return;
    }
    uv_process_kill(&c->process, SIGKILL);
    c->left = true;
    flow__child_wait(c, NULL);              /* until it is dead             */
    flow__uv_leave_behind();
}
