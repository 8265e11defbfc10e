/* SPDX-License-Identifier: MIT */
/* See input.h. */
#include "input.h"

#include "descriptor.h"
#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* A piece up to that is copied out, so that one that is kept does not keep a
 * whole block. */
enum { COPIED = 4096 };

static void discard(struct flow__work *w)
{
    struct flow__input *in = (struct flow__input *)w;

    flow_drop(in->block);
    if (in->fd >= 0)
        close(in->fd);
    flow__path_free(in->name);
    flow_free(in, sizeof *in);
}

static size_t next_size(const struct flow__input *in)
{
    return in->is_part && in->left < FLOW__BLOCK ? (size_t)in->left
                                                 : FLOW__BLOCK;
}

/* What the kernel has in memory is read at once, without a thread. False: it
 * has not, or cannot tell. */
static bool reads_cached(struct flow__input *in)
{
    struct iovec to = { in->chars, next_size(in) };

    if (!in->is_part)
        return false;
    in->n = preadv2(in->fd, &to, 1, (off_t)in->at, RWF_NOWAIT);
    return in->n > 0;
}

static void read_block(struct flow__input *in)
{
    size_t size = next_size(in);

    do
        in->n = in->is_part ? pread(in->fd, in->chars, size, (off_t)in->at)
                            : read(in->fd, in->chars, size);
    while (in->n < 0 && errno == EINTR);
    in->code = in->n < 0 ? errno : 0;
    in->tried = true;
}

/* Opening a pipe does not wait for its other end. */
static void open_and_read(struct flow__work *w)
{
    struct flow__input *in = (struct flow__input *)w;

    if (in->fd < 0) {
        in->fd = open(in->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        in->code = in->fd < 0 ? errno : 0;
        in->n = in->fd < 0 ? -1 : 0;
        in->tried = in->fd < 0;
        if (in->tried || flow__descriptor_is_stream(in->fd))
            return;
        in->looked = true;
    }
    read_block(in);
}

struct flow__input *flow__input_new(char *name, int fd, flow_value *why)
{
    struct flow__input *in = flow_alloc(sizeof *in);

    if (in == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory to read %s", name);
        flow__path_free(name);
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    memset(in, 0, sizeof *in);
    in->work.work = open_and_read;
    in->work.discard = discard;
    in->name = name;
    in->fd = fd;
    return in;
}

void flow__input_limit(struct flow__input *in, uint64_t from, uint64_t size)
{
    in->is_part = in->looked = true;
    in->at = from;
    in->left = size;
}

void flow__input_close(struct flow__input *in)
{
    if (in == NULL)
        return;
    flow__poll_close(in->watch);
    flow__work_leave(&in->work);
}

/* Which way it is read. NONE, or why it cannot be. */
static flow_value look(struct flow__input *in)
{
    flow_value why = flow_none();

    if (flow__descriptor_is_stream(in->fd))
        in->watch = flow__poll_new(in->fd, &why);
    if (flow_code(&why) == EPERM) {
        flow_drop(why);
        why = flow_none();
    }
    in->looked = !flow_is_failure(why);
    return why;
}

static void drop_block(struct flow__input *in)
{
    flow_drop(in->block);
    in->block = flow_none();
    in->chars = NULL;
}

static bool has_block(struct flow__input *in)
{
    if (in->chars == NULL)
        in->block = flow_buffer(next_size(in), &in->chars);
    if (in->chars == NULL)
        drop_block(in);
    return in->chars != NULL;
}

/* What was read; if it is much, the block goes with it. */
static flow_status give(struct flow__input *in, flow_stage *out)
{
    size_t n = (size_t)in->n;
    flow_value piece;

    if (in->is_part) {
        in->at += n;
        in->left -= n;
    }
    if (n <= COPIED && in->block.size > COPIED) {
        piece = flow_bytes(in->chars, n);
    } else {
        piece = flow_slice(&in->block, 0, n);
        drop_block(in);
    }
    if (flow_is_failure(piece))
        return flow_raise_in(out, piece);
    flow_give(out, piece);
    return FLOW_READY;
}

/* After reading. */
static flow_status tell(struct flow__input *in, flow_stage *out, flow_waker *w)
{
    in->tried = false;
    if (in->n > 0)
        return give(in, out);
    if (in->n == 0 && in->is_part)
        return flow_raise_in(out, flow_error(FLOW_EFORMAT, 0, "%s has become "
                                             "shorter", in->name));
    if (in->n == 0)
        return FLOW_DONE;
    if (in->watch == NULL || in->code != EAGAIN)
        return flow_raise_in(out, flow_system_error(in->code, "cannot read %s",
                                                    in->name));
    drop_block(in);
    flow__poll_wait(in->watch, FLOW__READABLE, w);
    flow_waits_for(out, w, "bytes to read");
    return FLOW_WAIT;
}

static flow_status read_watched(struct flow__input *in, flow_stage *out,
                                flow_waker *w)
{
    in->n = -1;
    in->code = EAGAIN;
    if (flow__poll_happened(in->watch) != 0)
        read_block(in);
    return tell(in, out, w);
}

static flow_status read_in_thread(struct flow__input *in, flow_stage *out,
                                  flow_waker *w)
{
    flow_value why;

    if (!in->work.working) {
        if (in->tried || reads_cached(in))
            return tell(in, out, w);
        why = flow__work_begin(&in->work);
        if (flow_is_failure(why))
            return flow_raise_in(out, why);
    }
    in->work.waker = w;
    flow_waits_for(out, w, "a file to be read");
    return FLOW_WAIT;
}

flow_status flow__input_read(struct flow__input *in, flow_stage *out,
                             flow_waker *w)
{
    flow_value why = flow_none();

    if (in->is_part && in->left == 0)
        return FLOW_DONE;
    if (!in->work.working && !in->tried) {
        if (in->fd >= 0 && !in->looked)
            why = look(in);
        if (!flow_is_failure(why) && !has_block(in))
            why = flow_error(FLOW_ENOMEM, 0, "no memory to read %s", in->name);
    }
    if (flow_is_failure(why))
        return flow_raise_in(out, why);
    return in->watch != NULL ? read_watched(in, out, w)
                             : read_in_thread(in, out, w);
}

/* ---- As a stage --------------------------------------------------------- */
struct reader { struct flow__input *in; flow_value why; };

static flow_status reader_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct reader *r = self;
    flow_value why = r->why;

    r->why = flow_none();
    return r->in == NULL ? flow_raise_in(out, why)
                         : flow__input_read(r->in, out, w);
}

static void reader_close(void *self)
{
    struct reader *r = self;

    flow__input_close(r->in);
    flow_drop(r->why);
}

flow_stage *flow__input_stage(struct flow__input *in, flow_value why)
{
    static const flow_type type = {
        .name = "read", .size = sizeof(struct reader), .fill = reader_fill,
        .close = reader_close
    };

    return flow_stage_new(&type, &(struct reader){ in, why });
}
