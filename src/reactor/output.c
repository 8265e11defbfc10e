/* SPDX-License-Identifier: MIT */
/* See output.h. */
#include "output.h"

#include "descriptor.h"
#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 16 };       /* writes in a turn: others come to theirs too  */

static void close_it(struct flow__output *o)
{
    if (o->fd >= 0 && close(o->fd) != 0 && errno != EINTR)
        o->code = errno;
    o->fd = -1;
}

static void discard(struct flow__work *w)
{
    struct flow__output *o = (struct flow__output *)w;

    close_it(o);
    flow_drop(o->rest);
    flow_drop(o->last);
    flow__path_free(o->name);
    flow_free(o, sizeof *o);
}

/* ---- In a thread -------------------------------------------------------- */
/* False: it is to be watched, or there is none. */
static bool opens(struct flow__output *o)
{
    o->fd = open(o->name, o->how | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    if (o->fd < 0)
        o->code = errno;
    o->opened = o->fd >= 0;
    o->looked = o->opened && !flow__descriptor_is_stream(o->fd);
    return o->looked;
}

static void work(struct flow__work *w)
{
    struct flow__output *o = (struct flow__output *)w;

    if (!o->opened && !opens(o))
        return;
    while (o->from < o->to && o->code == 0) {
        ssize_t n = flow__descriptor_write(o->fd, o->block + o->from,
                                           o->to - o->from);

        if (n < 0) {
            o->code = errno;
        } else {
            o->from += (size_t)n;
            o->written += n;
        }
    }
    if (o->closes)
        close_it(o);
}

/* ---- Beginning and ending ----------------------------------------------- */
struct flow__output *flow__output_new(char *name, int fd, int how,
                                      flow_value *why)
{
    struct flow__output *o = flow_alloc(sizeof *o);

    if (o == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory to write %s", name);
        flow__path_free(name);
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    memset(o, 0, offsetof(struct flow__output, block));
    o->work.work = work;
    o->work.discard = discard;
    o->name = name;
    o->fd = fd;
    o->opened = fd >= 0;
    o->how = how;
    return o;
}

/* Before its descriptor is closed. */
static void stop_watching(struct flow__output *o)
{
    flow__poll_close(o->watch);
    o->watch = NULL;
}

void flow__output_close(struct flow__output *o)
{
    if (o == NULL)
        return;
    stop_watching(o);
    flow__work_leave(&o->work);
}

/* ---- Gathering ---------------------------------------------------------- */
/* Moves as much of `rest` into the block as fits. */
static void fit(struct flow__output *o)
{
    size_t len, room = FLOW__BLOCK - o->to;
    const char *chars = flow_chars(&o->rest, &len);

    if (chars == NULL)
        return;
    if (room > len - o->cut)
        room = len - o->cut;
    memcpy(o->block + o->to, chars + o->cut, room);
    o->to += room;
    o->cut += room;
    if (o->cut < len)
        return;
    flow_drop(o->rest);
    o->rest = flow_none();
    o->cut = 0;
}

static void end_with(struct flow__output *o, flow_value error)
{
    o->over = true;
    o->last = error;
}

static void take(struct flow__output *o, flow_value v)
{
    if (v.kind == FLOW_TEXT || v.kind == FLOW_BYTES) {
        o->rest = v;
        fit(o);
        return;
    }
    flow_drop(v);
    end_with(o, flow_error(FLOW_EINVAL, 0, "what is written to %s must be text "
                           "or bytes", o->name));
}

/* Fills the block, which is all written, as far as the source has something.
 * WAIT: it has no more yet. */
static flow_status gather(struct flow__output *o, flow_stage *source,
                          flow_waker *w)
{
    flow_status st = FLOW_READY;

    o->from = o->to = 0;
    fit(o);
    while (st == FLOW_READY && !o->over && o->to < FLOW__BLOCK) {
        flow_value v;

        st = flow_pull(source, w, &v);
        if (st == FLOW_READY)
            take(o, v);
        else if (st != FLOW_WAIT)
            end_with(o, st == FLOW_FAILED ? v : flow_none());
    }
    return st;
}

/* ---- Writing ------------------------------------------------------------ */
static flow_status is_lost(struct flow__output *o, flow_value *error)
{
    o->lost = true;
    *error = flow_system_error(o->code, "cannot write %s", o->name);
    return FLOW_FAILED;
}

static flow_status is_closed(struct flow__output *o, flow_value *error)
{
    *error = o->last;
    o->last = flow_none();
    return flow_is_failure(*error) ? FLOW_FAILED : FLOW_DONE;
}

static flow_status wait_for_thread(struct flow__output *o, flow_stage *out,
                                   flow_waker *w)
{
    o->work.waker = w;
    flow_waits_for(out, w, "a file to be written");
    return FLOW_WAIT;
}

static flow_status wait_until_ready(struct flow__output *o, flow_stage *out,
                                    flow_waker *w)
{
    flow__poll_wait(o->watch, FLOW__WRITABLE, w);
    flow_waits_for(out, w, "what it writes to be read");
    return FLOW_WAIT;
}

/* READY: it got on. */
static flow_status write_watched(struct flow__output *o, flow_stage *out,
                                 flow_waker *w)
{
    ssize_t n;

    if (o->from == o->to) {
        stop_watching(o);
        close_it(o);
        return FLOW_READY;
    }
    if (flow__poll_happened(o->watch) == 0)
        return wait_until_ready(o, out, w);
    n = flow__descriptor_write(o->fd, o->block + o->from, o->to - o->from);
    if (n < 0 && errno == EAGAIN)
        return wait_until_ready(o, out, w);
    if (n < 0) {
        o->code = errno;
    } else {
        o->from += (size_t)n;
        o->written += n;
    }
    return FLOW_READY;
}

/* Which way it is written. */
static flow_status look(struct flow__output *o, flow_value *error)
{
    *error = flow_none();
    if (flow__descriptor_is_stream(o->fd))
        o->watch = flow__poll_new(o->fd, error);
    if (flow_code(error) == EPERM) {
        flow_drop(*error);
        *error = flow_none();
    }
    o->looked = !flow_is_failure(*error);
    return o->looked ? FLOW_READY : FLOW_FAILED;
}

static flow_status write_some(struct flow__output *o, flow_stage *out,
                              flow_waker *w, flow_value *error)
{
    if (o->fd >= 0 && !o->looked)
        return look(o, error);
    if (o->watch != NULL)
        return write_watched(o, out, w);
    o->closes = o->over;
    *error = flow__work_begin(&o->work);
    return flow_is_failure(*error) ? FLOW_FAILED : FLOW_READY;
}

flow_status flow__output_write(struct flow__output *o, flow_stage *source,
                               flow_stage *out, flow_waker *w,
                               flow_value *error)
{
    flow_status st;

    for (int n = 0;; n++) {
        if (o->work.working)
            return wait_for_thread(o, out, w);
        if (o->code != 0)
            return is_lost(o, error);
        if (o->opened && o->fd < 0)
            return is_closed(o, error);
        st = o->from == o->to ? gather(o, source, w) : FLOW_READY;
        if (st == FLOW_WAIT && o->from == o->to && o->opened)
            return FLOW_WAIT;
        if (n >= ROUNDS && o->watch != NULL && o->from < o->to)
            return wait_until_ready(o, out, w);
        st = write_some(o, out, w, error);
        if (st != FLOW_READY)
            return st;
    }
}
